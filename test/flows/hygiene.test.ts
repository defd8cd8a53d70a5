import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunningSystem } from '../support/running-system.ts';

const day = 86_400_000;
let tokenward: RunningSystem;
/** A stack of its own: the seeded one has tokens that are due. */
let stack: string;

beforeEach(async () => {
  tokenward = await RunningSystem.start();
  stack = await tokenward.createStack('owner', 'Acme Mail');
});
afterEach(() => tokenward.stop());

const now = () => tokenward.system.clock.now().getTime();
const inDays = (days: number) => new Date(now() + days * day).toISOString();
const advance = (days: number) => tokenward.system.clock.advance(`PT${Math.round(days * 24 * 60)}M`);
const run = async () => {
  const done = await tokenward.system.schedules.run('sweep');
  expect(done).not.toHaveProperty('error');
  return done?.result as Record<string, unknown>;
};
const mails = () => tokenward.system.mails.list().filter(({ subject }) => subject.includes('Acme Mail'));
const hygiene = (method: string, json?: unknown, path = '') =>
  tokenward.call(method, `/v3/stacks/token_hygiene${path}`, { as: 'owner', stack, ...(json ? { json } : {}) });

describe('a token that is about to expire', () => {
  test('is told of at each threshold, in one mail at the hour of its stack', async () => {
    await tokenward.createToken({ name: 'first', expires_on: inDays(10) }, { stack });
    await tokenward.createToken({ name: 'second', expires_on: inDays(10) }, { stack });
    await run();
    advance(3.01);
    expect(await run()).toMatchObject({ notices: expect.any(Number) });
    expect(mails()).toEqual([]);
    advance(1);
    await run();
    const [mail, ...more] = mails();
    expect(more).toEqual([]);
    expect(mail?.text).toContain('first');
    expect(mail?.text).toContain('second');
    expect(mail?.to).toEqual(['olivia@example.test']);
    expect(await run()).toMatchObject({ notices: 0, mails: { sent: 0 } });
    const { deliveries } = (await hygiene('GET')).body;
    expect(deliveries).toMatchObject([{ state: 'sent', tries: 1, again: false }]);
  });
});
