import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../functions/tokens/changes.ts';
import { canonicalJson } from '../../functions/values/canonical-json.ts';
import { tokenLike } from '../tokens/token-like.ts';

describe('canonical JSON', () => {
  it('is the same for the same data, in whatever order its keys are', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, part]) => [key, reversed(part)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('holds all of the data', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme-ascii' }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('has texts in NFC, and the order of lists', () => {
    expect(canonicalJson({ b: 'cafe\u0301', a: [2, 1] })).toBe('{"a":[2,1],"b":"caf\u00e9"}');
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  it('tells nothing, null and empty apart', () => {
    expect(new Set([undefined, null, '', {}, [], 0, false].map(canonicalJson)).size).toBe(7);
  });
});

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
