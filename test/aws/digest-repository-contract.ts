import { describe, expect, it } from 'vitest';
import { dueAttributes, keysOf } from '../../functions/aws/keys.ts';
import type { Delivery, TakenDigest } from '../../functions/notices/digest-repository.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { noticeOf } from './notice-repository-contract.ts';
import type { Repositories } from './repository-backends.ts';
import { StackOfPeople } from './stack-of-people.ts';

const sendAt = '2026-08-02T08:00:00.000Z';
const until = new Date('2026-08-02T08:10:00.000Z');

/** What sending digests rests on. */
export function describeDigestRepository(repositories: () => Repositories): void {
  const keys = () => keysOf(repositories().tables);

  /** A stack with a digest of one token. */
  async function opened() {
    const scene = await StackOfPeople.make(repositories());
    const token = await scene.token();
    const key = { stack: scene.stack.api_key, send_at: sendAt };
    const next = { action: 'warn#7', at: '2026-08-25T00:00:00.000Z' } as const;
    await repositories().notices.claim({ token, notice: noticeOf(token), next, digest: key });
    const row = async () => (await repositories().storage.read([keys().digest(key.stack, sendAt)]))[0];
    return { scene, token, key, row, due: { ...key, due_at: sendAt } };
  }
  const delivery = (key: { stack: string; send_at: string }, person: string): Delivery => ({
    ...key,
    person,
    address: 'olivia@example.test',
    state: 'sending',
    run: 'run',
    tries: 1,
    again: false,
    at: sendAt,
    reason: null,
    next_try_at: null,
  });

  describe('taking a digest', () => {
    it('closes it with what is in it, for one of many, and leaves it due when it is held no longer', async () => {
      const { token, key, due } = await opened();
      const taken = await Promise.all([1, 2, 3].map(() => repositories().digests.take(due, until)));
      const { uid: token_uid, expires_at } = token;
      expect(taken.filter((one) => one !== null)).toEqual([
        { ...key, due_at: until.toISOString(), notices: [{ token_uid, expires_at, threshold: '30' }] },
      ]);
      const found = (await repositories().notices.due(until)).digests.filter(({ stack }) => stack === key.stack);
      expect(found).toEqual([{ ...key, due_at: until.toISOString() }]);
      expect(await repositories().digests.take(found[0] ?? due, until)).not.toBeNull();
    });

    it('gives its notices in the order in which they were claimed, and none of another digest', async () => {
      const { scene, token, key, due } = await opened();
      const second = await scene.token({ name: 'second' });
      const next = { action: 'warn#7', at: '2026-08-25T00:00:00.000Z' } as const;
      const notice = { ...noticeOf(second), claimed_at: '2026-08-01T23:45:00.000Z' };
      await repositories().notices.claim({ token: second, notice, next, digest: key });
      const other = keys().noticeInDigest({ ...key, send_at: '2026-08-02T08:00:00.001Z' }, noticeOf(second, '7'));
      await repositories().storage.write({ put: other, item: { ...noticeOf(second, '7') } });
      const taken = await repositories().digests.take(due, until);
      expect(taken?.notices.map(({ token_uid }) => token_uid)).toEqual([second.uid, token.uid]);
    });

    it('gives all notices of one that an earlier version stored, and of one that was added to since', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [before, since] = [await scene.token(), await scene.token({ name: 'since' })];
      const key = { stack: scene.stack.api_key, send_at: sendAt };
      const held = ({ uid: token_uid, expires_at }: Token) => ({ token_uid, expires_at, threshold: '30' });
      // As the version before this one stored it: the notices are a list in the row.
      const item = { ...key, state: 'open', notices: [held(before)], ...dueAttributes(sendAt, key.stack, sendAt) };
      await repositories().storage.write({ put: keys().digest(key.stack, sendAt), item });
      const next = { action: 'warn#7', at: '2026-08-25T00:00:00.000Z' } as const;
      const claim = { token: since, notice: noticeOf(since), next, digest: key };
      expect(await repositories().notices.claim(claim)).toBe('claimed');
      const taken = await repositories().digests.take({ ...key, due_at: sendAt }, until);
      expect(taken).toEqual({ ...key, due_at: until.toISOString(), notices: [held(before), held(since)] });
    });

    it('takes one that an earlier version stored, as it is', async () => {
      const scene = await StackOfPeople.make(repositories());
      const key = { stack: scene.stack.api_key, send_at: sendAt };
      const notices = [{ token_uid: 'blt00000000000000ff', expires_at: '2026-09-01T00:00:00.000Z', threshold: '30' }];
      const item = { ...key, state: 'open', notices, ...dueAttributes(sendAt, key.stack, sendAt) };
      await repositories().storage.write({ put: keys().digest(key.stack, sendAt), item });
      const taken = await repositories().digests.take({ ...key, due_at: sendAt }, until);
      expect(taken).toEqual({ ...key, due_at: until.toISOString(), notices });
    });

    it.each(['sent', 'undeliverable', 'nobody'] as const)('that is finished as %s is none', async (state) => {
      const { key, due, row } = await opened();
      await repositories().digests.take(due, until);
      const held = { ...key, due_at: until.toISOString() };
      await repositories().digests.finish({ ...key, due_at: due.due_at }, state);
      expect(await row()).toMatchObject({ state: 'closed' });
      await repositories().digests.finish(held, state);
      expect(await row()).toMatchObject({ state, ttl: expect.any(Number) });
      expect(await row()).not.toHaveProperty('due_at');
      expect(await repositories().digests.take({ ...due, due_at: until.toISOString() }, until)).toBeNull();
    });

    it('is possible again when it is postponed to', async () => {
      const { key, due } = await opened();
      await repositories().digests.take(due, until);
      const later = '2026-08-02T08:15:00.000Z';
      await repositories().digests.postpone({ ...key, due_at: due.due_at }, '2026-09-01T08:00:00.000Z');
      await repositories().digests.postpone({ ...key, due_at: until.toISOString() }, later);
      expect(await repositories().digests.take({ ...due, due_at: until.toISOString() }, until)).toBeNull();
      expect(await repositories().digests.take({ ...due, due_at: later }, until)).not.toBeNull();
    });
  });

  describe('the scene of a digest', () => {
    const taken = ({
      key,
      uids,
    }: {
      key: { stack: string; send_at: string };
      uids: readonly string[];
    }): TakenDigest => ({
      ...key,
      due_at: sendAt,
      notices: uids.map((token_uid) => ({ token_uid, expires_at: '2026-09-01T00:00:00.000Z', threshold: '30' })),
    });

    it('is the stack, its people with their addresses, the tokens with their last use, and the deliveries', async () => {
      const { scene, token, key } = await opened();
      const admin = await scene.member('admin');
      await repositories().storage.write({ put: keys().person(admin.uid), item: { email: 'adam@example.test' } });
      const sent = delivery(key, admin.uid);
      await repositories().digests.record(sent, null);
      const found = await repositories().digests.scene(taken({ key, uids: [token.uid, 'blt00000000000000ff'] }));
      expect(found?.stack).toEqual(scene.stack);
      const people = new Map(found?.people.map(({ uid, role, address }) => [uid, [role, address]]));
      expect([people.get(scene.owner.uid), people.get(admin.uid)]).toEqual([
        ['owner', null],
        ['admin', 'adam@example.test'],
      ]);
      expect(found?.tokens.map((used) => [used.token.uid, used.lastUse])).toEqual([[token.uid, null]]);
      expect(found?.deliveries).toEqual([sent]);
    });

    it('leaves out a token whose row is not as it should be', async () => {
      const { scene, token, key } = await opened();
      const bad = await scene.token({ name: 'bad' });
      const { storage } = repositories();
      await storage.write({ put: keys().token(bad.uid), item: { uid: bad.uid } });
      const found = await repositories().digests.scene(taken({ key, uids: [bad.uid, token.uid] }));
      expect(found?.tokens.map((used) => used.token.uid)).toEqual([token.uid]);
    });

    it('is none where the stack is gone', async () => {
      const key = { stack: 'blt00000000000000ff', send_at: sendAt };
      expect(await repositories().digests.scene(taken({ key, uids: [] }))).toBeNull();
    });
  });

  describe('a delivery', () => {
    it('is claimed by one of many', async () => {
      const { scene, key } = await opened();
      const record = (run: string) => ({ ...delivery(key, scene.owner.uid), run });
      const claims = ['a', 'b', 'c'].map((run) => repositories().digests.record(record(run), null));
      const claimed = await Promise.all(claims);
      expect(claimed.filter(Boolean)).toHaveLength(1);
      // Whose write was done, and its answer lost, knows it again.
      const again = ['a', 'b', 'c'].map((run) => repositories().digests.record(record(run), null));
      expect(await Promise.all(again)).toEqual(claimed);
    });

    it('changes only as it was seen, and is listed, the newest first', async () => {
      const { scene, key } = await opened();
      const claimed = delivery(key, scene.owner.uid);
      await repositories().digests.record(claimed, null);
      const sent: Delivery = { ...claimed, state: 'sent' };
      expect(await repositories().digests.record(sent, { ...claimed, tries: 2 })).toBe(false);
      expect(await repositories().digests.record(sent, { ...claimed, state: 'failed' })).toBe(false);
      expect(await repositories().digests.record(sent, claimed)).toBe(true);
      const later = delivery({ ...key, send_at: '2026-08-03T08:00:00.000Z' }, scene.owner.uid);
      await repositories().digests.record(later, null);
      expect(await repositories().hygiene.deliveries(key.stack, 50)).toEqual([later, sent]);
      expect(await repositories().hygiene.deliveries(key.stack, 1)).toEqual([later]);
    });
  });

  describe('a claimed notice', () => {
    it('is known by its token, its expiry and its threshold', async () => {
      const { token } = await opened();
      const { hygiene } = repositories();
      const claimed = noticeOf(token);
      const others = [noticeOf(token, '7'), { ...claimed, expires_at: '2026-12-24T00:00:00.000Z' }];
      expect(await hygiene.claimed([...others, claimed])).toEqual(new Set([token.uid]));
      expect(await hygiene.claimed(others)).toEqual(new Set());
      expect(await hygiene.claimed([])).toEqual(new Set());
    });
  });
}
