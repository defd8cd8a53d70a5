import { expect, it } from 'vitest';
import { changesBetween } from '../../functions/tokens/changes.ts';
import { tokenLike } from './token-like.ts';

const before = tokenLike({ rate_limit_enabled: true, rate_limits: { read: 1, write: 2 } });

it('what is the same data is no change, however it is written', () => {
  const [all, branches] = before.scope;
  const same = { ...before, scope: [{ acl: { write: true, read: true }, module: '$all' as const }, { ...branches }] };
  expect(all).toBeDefined();
  expect(changesBetween(before, { ...before, ...same, rate_limits: { write: 2, read: 1 } } as typeof before)).toEqual(
    [],
  );
});

it('each field that differs is told with what it was and what it became, and nothing that is no setting', () => {
  const after = { ...before, name: 'new', rate_limits: null, version: 9, digest: 'x' };
  expect(changesBetween(before, after)).toEqual([
    { field: 'name', from: 'ci-deploy', to: 'new' },
    { field: 'rate_limits', from: { read: 1, write: 2 }, to: null },
  ]);
});
