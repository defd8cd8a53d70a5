import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Notice } from '../../functions/notices/notice-repository.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Repositories } from './repository-backends.ts';
import { StackOfPeople } from './stack-of-people.ts';

/** When the first warning of a `newToken` is due. */
const dueAt = new Date('2026-08-02T00:00:00.000Z');
const sendAt = '2026-08-02T08:00:00.000Z';
const next = { action: 'warn#7', at: '2026-08-25T00:00:00.000Z' } as const;

export function noticeOf(token: Token, threshold: Notice['threshold'] = '30'): Notice {
  const { uid: token_uid, api_key, name, version: token_version, epoch, expires_at } = token;
  if (expires_at === null) throw new Error('Nothing is told of a token that never expires.');
  const facts = { token_uid, api_key, name, token_version, epoch, expires_at, threshold };
  return { ...facts, claimed_at: dueAt.toISOString(), last_used_at: null };
}

/** What the sweep rests on. */
export function describeNoticeRepository(repositories: () => Repositories): void {
  const row = async (key: { table: string; pk: string; sk: string }) =>
    (await repositories().storage.read([key]))[0] ?? null;
  const keys = () => keysOf(repositories().tables);
  const claimOf = (token: Token) => ({
    token,
    notice: noticeOf(token),
    next,
    digest: { stack: token.api_key, send_at: sendAt },
  });
  const due = async (at: Date, token: Token) => (await repositories().notices.due(at)).tokens.includes(token.uid);
  const seen = async (token: Token) => (await repositories().notices.tokens([token.uid])).found[0]?.token;

  describe('what is due', () => {
    it('is a token from the instant of its next action on, and not before', async () => {
      const token = await (await StackOfPeople.make(repositories())).token();
      expect(await due(new Date(dueAt.getTime() - 1), token)).toBe(false);
      expect(await due(dueAt, token)).toBe(true);
    });

    it('is no revocation: another schedule asks for those, and finds nothing else', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [token, other] = [await scene.token(), await scene.token({ name: 'other' })];
      await scene.delete(token);
      const { notices, dueRevocations } = repositories();
      const { tokens } = await notices.due(dueAt);
      expect(tokens.filter((uid) => [token.uid, other.uid].includes(uid))).toEqual([other.uid]);
      const found = await dueRevocations.find(dueAt, () => true);
      expect(found.filter((one) => [token.uid, other.uid].includes(one.token))).toEqual([
        { token: token.uid, operation: expect.stringMatching(/^[0-9a-f]{32}$/) },
      ]);
    });

    it('is read with its last use and its stack, strongly; what is gone is left out', async () => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      const lastUse = { at: '2026-03-01T08:00:00.000Z', client: 'deployer/1.2', remote_addr: '192.0.2.1' };
      await repositories().storage.write({ put: keys().lastUse(token.uid), item: { ...lastUse, h491000: 3 } });
      expect(await repositories().notices.tokens([token.uid, 'blt00000000000000ff'])).toEqual({
        found: [{ token, lastUse: { ...lastUse, hours: new Map([[491000, 3]]) } }],
        unreadable: [],
      });
      expect(await repositories().notices.stack(scene.stack.api_key)).toEqual({ stack: scene.stack, cleaned: [] });
      expect(await repositories().notices.stack('blt00000000000000ff')).toBeNull();
    });

    it('holds up nothing where its row is not as it should be', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [bad, good] = [await scene.token(), await scene.token({ name: 'good' })];
      const item = (await row(keys().token(bad.uid))) ?? {};
      await repositories().storage.write({ put: keys().token(bad.uid), item: { ...item, version: 'one' } });
      const { found, unreadable } = await repositories().notices.tokens([bad.uid, good.uid]);
      expect([found.map(({ token }) => token.uid), unreadable.map(({ uid }) => uid)]).toEqual([[good.uid], [bad.uid]]);
      const postpone = async (now: Date, was = unreadable[0]) =>
        was && (await repositories().notices.postponeUnreadable(was, { now, until: new Date(next.at) }));
      expect(await postpone(new Date(dueAt.getTime() - 1))).toBe(false);
      expect(await postpone(dueAt, { uid: bad.uid, due_at: `${next.at}#${bad.uid}`, error: null })).toBe(false);
      expect(await postpone(dueAt)).toBe(true);
      expect(await postpone(dueAt)).toBe(false);
      expect(await row(keys().token(bad.uid))).toMatchObject({ sweep_failures: 1, due_at: `${next.at}#${bad.uid}` });
    });
  });

  describe('claiming a notice', () => {
    it('keeps it, arms the token and puts it into a digest, which is due then', async () => {
      const token = await (await StackOfPeople.make(repositories())).token({ sweep_failures: 2 });
      expect(await repositories().notices.claim(claimOf(token))).toBe('claimed');
      const { sweep_failures, ...armed } = token;
      expect(await seen(token)).toEqual({ ...armed, next });
      const key = keys().notice(token.uid, token.expires_at ?? '', '30');
      expect(await row(key)).toMatchObject({ ...noticeOf(token), send_at: sendAt, ttl: expect.any(Number) });
      const { digests } = await repositories().notices.due(new Date(sendAt));
      expect(digests).toContainEqual({ stack: token.api_key, send_at: sendAt, due_at: sendAt });
    });

    it('tells one from another of the same digest, in their order', async () => {
      const scene = await StackOfPeople.make(repositories());
      const tokens = [await scene.token(), await scene.token({ name: 'second' })];
      for (const token of tokens) await repositories().notices.claim(claimOf(token));
      const digest = await row(keys().digest(scene.stack.api_key, sendAt));
      const told = tokens.map(({ uid, expires_at }) => ({ token_uid: uid, expires_at, threshold: '30' }));
      expect(digest).toMatchObject({ state: 'open', notices: told });
    });

    it('happens once, also at once', async () => {
      const token = await (await StackOfPeople.make(repositories())).token();
      const claims = await Promise.all([1, 2, 3].map(() => repositories().notices.claim(claimOf(token))));
      expect(claims.sort()).toEqual(['changed', 'changed', 'claimed']);
      const again = { ...token, next };
      expect(await repositories().notices.claim({ ...claimOf(again), token: again })).toBe('claimed-before');
    });

    it.each([
      ['edited', { version: 9 }],
      ['armed by other settings', { armed_under: 9 }],
      ['not due then', { next: { action: 'warn#30', at: '2026-08-03T00:00:00.000Z' } as const }],
    ])('changes nothing where the token is %s', async (_, other) => {
      const token = await (await StackOfPeople.make(repositories())).token();
      const outdated = { ...token, ...other };
      expect(await repositories().notices.claim({ ...claimOf(token), token: outdated })).toBe('changed');
      expect(await repositories().notices.advance(outdated, next)).toBe(false);
      expect(await repositories().notices.postpone(outdated, dueAt)).toBe(false);
      expect([await seen(token), await row(keys().digest(token.api_key, sendAt))]).toEqual([token, null]);
    });

    it('changes nothing where the digest is closed', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [first, late] = [await scene.token(), await scene.token({ name: 'late' })];
      await repositories().notices.claim(claimOf(first));
      const digest = { stack: scene.stack.api_key, send_at: sendAt, due_at: sendAt };
      await repositories().digests.take(digest, new Date(next.at));
      expect(await repositories().notices.claim(claimOf(late))).toBe('digest-closed');
      expect(await seen(late)).toEqual(late);
    });
  });

  describe('what is not told', () => {
    it('is armed for what comes next, or for nothing', async () => {
      const token = await (await StackOfPeople.make(repositories())).token();
      expect(await repositories().notices.advance(token, next)).toBe(true);
      const armed = { ...token, next };
      expect(await seen(token)).toEqual(armed);
      expect(await repositories().notices.advance(armed, null)).toBe(true);
      expect(await seen(token)).toEqual({ ...token, next: null });
    });

    it('is tried again later, and counted', async () => {
      const token = await (await StackOfPeople.make(repositories())).token();
      const at = '2026-08-02T00:15:00.000Z';
      expect(await repositories().notices.postpone(token, new Date(at))).toBe(true);
      const postponed = { ...token, next: { action: 'warn#30', at } as const, sweep_failures: 1 };
      expect(await seen(token)).toEqual(postponed);
      expect(await repositories().notices.postpone(postponed, new Date(next.at))).toBe(true);
      expect((await seen(token))?.sweep_failures).toBe(2);
    });
  });
}
