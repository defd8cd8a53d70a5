import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { mintUid } from '../../functions/values/token-value.ts';
import type { Repositories } from './repository-backends.ts';
import { at, random, StackOfPeople, somebody } from './stack-of-people.ts';

/** What the use cases of tokens rest on. */
export function describeTokenRepository(repositories: () => Repositories): void {
  const made = () => StackOfPeople.make(repositories());
  const see = async (scene: StackOfPeople, token: Token) =>
    (await repositories().tokens.see({ stack: scene.stack.api_key, member: scene.owner.uid, token: token.uid })).token;
  const noMember = { failed: 'member', member: null };
  const withoutRights = { failed: 'member', member: { role: 'developer' } };

  describe('creating a token', () => {
    it('stores it, and shows it as it was given', async () => {
      const scene = await made();
      const token = await scene.token({
        description: '',
        rate_limits: { read: 1, write: 2 },
        rate_limit_enabled: true,
      });
      expect(await see(scene, token)).toEqual(token);
    });

    it('keeps a token that never expires out of the due index', async () => {
      const scene = await made();
      const token = await scene.token({ expires_on: null, expires_at: null, next: null });
      const [item] = await repositories().storage.read([keysOf(repositories().tables).token(token.uid)]);
      expect(Object.keys(item ?? {}).filter((name) => name.startsWith('due'))).toEqual([]);
      expect(await see(scene, token)).toEqual(token);
    });

    it('puts one that expires into a shard of the due index, at its next action', async () => {
      const scene = await made();
      const token = await scene.token({ uid: `${mintUid(random).slice(0, -1)}b` });
      const [item] = await repositories().storage.read([keysOf(repositories().tables).token(token.uid)]);
      expect(item).toMatchObject({ due_shard: '11', due_at: `2026-08-02T00:00:00.000Z#${token.uid}` });
    });

    it.each([
      ['whose name is taken', {}, { failed: 'name' }],
      ['beyond the plan', { name: 'third' }, { failed: 'count', tokens: 2 }],
    ] as const)('refuses one %s, and changes nothing', async (_, fields, outcome) => {
      const scene = await made();
      await scene.token();
      if ('name' in fields) await scene.token({ name: 'second' });
      const before = await scene.stored();
      expect(await scene.create(scene.newToken(fields))).toEqual(outcome);
      expect(await scene.stored()).toEqual(before);
    });

    it('refuses strangers and members without token rights, and changes nothing', async () => {
      const scene = await made();
      const developer = await scene.member('developer');
      const before = await scene.stored();
      expect(await scene.create(scene.newToken(), somebody())).toEqual(noMember);
      expect(await scene.create(scene.newToken(), developer)).toMatchObject(withoutRights);
      expect(await scene.stored()).toEqual(before);
    });

    it('lets an admin create', async () => {
      const scene = await made();
      expect(await scene.create(scene.newToken(), await scene.member('admin'))).toBeNull();
    });

    it('does not let two of one name come into being at once', async () => {
      const scene = await made();
      const outcomes = await Promise.all([1, 2, 3].map(() => scene.create(scene.newToken())));
      expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(1);
    });
  });

  describe('an idempotency record', () => {
    const create = (scene: StackOfPeople, { token, id }: { token: Token; id: string }) =>
      repositories().tokens.create({
        token,
        stack: scene.stack,
        member: scene.owner.uid,
        audit: scene.audit(),
        idempotency: { id, body: `hash of ${token.name}`, token_uid: token.uid, created_at: token.created_at },
      });

    it('tells the second request which token the first one made, and nothing else is made', async () => {
      const scene = await made();
      const [first, second] = [scene.newToken(), scene.newToken()];
      const id = mintUid(random);
      expect(await create(scene, { token: first, id })).toBeNull();
      const before = await scene.stored();
      const earlier = expect.objectContaining({ id, body: 'hash of ci-deploy', token_uid: first.uid });
      expect(await create(scene, { token: second, id })).toEqual({ failed: 'idempotency', earlier });
      expect(await scene.stored()).toEqual(before);
      const seen = await repositories().tokens.see({
        stack: first.api_key,
        member: scene.owner.uid,
        idempotencyId: id,
      });
      expect(seen.earlier).toEqual(earlier);
    });

    it('is over after 24 hours, also where its row is still there', async () => {
      const scene = await made();
      const id = mintUid(random);
      const [first, tooSoon, later] = ['a', 'b', 'c'].map((name) => scene.newToken({ name }));
      const createdAfter = (ms: number) => ({ created_at: new Date(at.getTime() + ms).toISOString() });
      if (!first || !tooSoon || !later) throw new Error('Three tokens were made.');
      await create(scene, { token: first, id });
      expect(await create(scene, { token: { ...tooSoon, ...createdAfter(86_399_999) }, id })).not.toBeNull();
      expect(await create(scene, { token: { ...later, ...createdAfter(86_400_000) }, id })).toBeNull();
    });
  });

  describe('a successor', () => {
    const succeed = (scene: StackOfPeople, { before, after }: { before: Token; after?: Token }, by = scene.owner) =>
      repositories().tokens.succeed({
        before,
        ...(after ? { edit: { after, audit: scene.audit() } } : {}),
        creation: { token: scene.newToken({ name: 'next' }), stack: scene.stack, member: by.uid, audit: scene.audit() },
      });

    it('comes with the edit of what it follows, each with its entry, or not at all', async () => {
      const scene = await made();
      const before = await scene.token();
      const after = { ...before, version: 2, description: 'over' };
      const stale = { ...before, version: 9 };
      expect(await succeed(scene, { before: stale, after })).toEqual({ failed: 'before' });
      expect(await succeed(scene, { before: stale })).toEqual({ failed: 'before' });
      expect(await succeed(scene, { before, after }, await scene.member('developer'))).toMatchObject(withoutRights);
      expect(await succeed(scene, { before, after }, somebody())).toEqual(noMember);
      const entries = async () =>
        (await repositories().auditLog.all({ stack: scene.stack.api_key, limit: 100, before: null })).entries.length;
      const count = await entries();
      expect(await succeed(scene, { before, after })).toBeNull();
      expect(await entries()).toBe(count + 2);
      const seen = { stack: before.api_key, member: scene.owner.uid, token: before.uid };
      expect((await repositories().tokens.see(seen)).token).toEqual(after);
    });

    it('leaves what it follows where there is nothing to edit', async () => {
      const scene = await made();
      const before = await scene.token();
      expect(await succeed(scene, { before })).toBeNull();
      const { tokens } = await repositories().tokenReads.list(before.api_key, scene.owner.uid);
      expect(tokens.map(({ token }) => token.name).sort()).toEqual(['ci-deploy', 'next']);
      expect(tokens.map(({ token }) => token)).toContainEqual(before);
    });
  });

  describe('seeing', () => {
    it('tells of the member, the stack, and the branches and aliases that exist', async () => {
      const scene = await made();
      await scene.alias('deploy');
      const seen = await repositories().tokens.see({
        stack: scene.stack.api_key,
        member: scene.owner.uid,
        branches: ['none', 'main'],
        aliases: ['deploy', 'main'],
      });
      expect(seen).toMatchObject({
        member: { uid: scene.owner.uid, role: 'owner' },
        // The alias was a change.
        stack: { ...scene.stack, changes: 1 },
        token: null,
        earlier: null,
        branches: ['main'],
        aliases: ['deploy'],
      });
    });

    it('tells strangers nothing of their membership', async () => {
      const scene = await made();
      const seen = await repositories().tokens.see({ stack: scene.stack.api_key, member: somebody().uid });
      expect(seen.member).toBeNull();
    });

    it('lists the tokens of the stack, and no others', async () => {
      const scene = await made();
      const [first, second] = [await scene.token(), await scene.token({ name: 'second' })];
      await (await made()).token();
      const { tokens, member } = await repositories().tokenReads.list(scene.stack.api_key, scene.owner.uid);
      expect(tokens.map(({ token }) => token.uid).sort()).toEqual([first.uid, second.uid].sort());
      expect(member?.role).toBe('owner');
    });
  });

  describe('replacing a token', () => {
    it('changes what is given and leaves the rest', async () => {
      const scene = await made();
      const token = await scene.token();
      const next = { action: 'expire', at: '2027-01-01T00:00:00.000Z' } as const;
      const fields = { description: 'new', expires_on: '2027-01-01', expires_at: next.at, next };
      expect(await scene.edit(token, fields)).toBeNull();
      expect(await see(scene, token)).toEqual({ ...token, ...fields, version: 2 });
    });

    it('takes a token out of the due index when it no longer expires', async () => {
      const scene = await made();
      const token = await scene.token();
      expect(await scene.edit(token, { expires_on: null, expires_at: null, next: null })).toBeNull();
      expect((await see(scene, token))?.next).toBeNull();
    });

    it.each([
      ['version', { version: 9 }],
      ['epoch', { epoch: 9 }],
      ['state', { state: 'stopped' as const }],
    ])('does nothing when the %s is not what was read', async (_, seen) => {
      const scene = await made();
      const token = await scene.token();
      const before = await scene.stored(token);
      expect(await scene.edit({ ...token, ...seen }, { description: 'late' })).toEqual({ failed: 'token' });
      expect(await scene.stored(token)).toEqual(before);
    });

    it('renames: the new name is taken and the old one is free', async () => {
      const scene = await made();
      const token = await scene.token();
      expect(await scene.edit(token, { name: 'renamed' })).toBeNull();
      expect(await scene.create(scene.newToken({ name: 'renamed' }))).toEqual({ failed: 'name' });
      expect(await scene.create(scene.newToken())).toBeNull();
    });

    it('refuses a name that is taken, and changes nothing', async () => {
      const scene = await made();
      const [token] = [await scene.token(), await scene.token({ name: 'taken' })];
      const before = await scene.stored(token);
      expect(await scene.edit(token, { name: 'taken' })).toEqual({ failed: 'name' });
      expect(await scene.stored(token)).toEqual(before);
    });

    it('raises the epoch with a receipt in the same transaction, and never without', async () => {
      const scene = await made();
      const token = await scene.token();
      expect(await scene.edit(token, { state: 'stopped', epoch: 2 })).toBeNull();
      expect(await see(scene, token)).toMatchObject({ state: 'stopped', epoch: 2 });
      const { storage, tables } = repositories();
      const range = { table: tables.tokens, pk: `TOKEN#${token.uid}`, prefix: 'RECEIPT#', limit: 10 };
      expect(await storage.query(range)).toMatchObject([{ reason: 'stopped', epoch: 2, state: 'running' }]);
      const withoutReceipt = { before: token, after: { ...token, epoch: 2 }, by: { member: scene.owner.uid } };
      await expect(repositories().tokens.replace({ ...withoutReceipt, audit: scene.audit() })).rejects.toThrow(
        'receipt',
      );
    });

    it('lets who holds its value stop it, and nobody who holds another', async () => {
      const scene = await made();
      const token = await scene.token();
      const change = { before: token, after: { ...token, description: 'stopped' } };
      const stop = (holder: string) =>
        repositories().tokens.replace({ ...change, by: { holder }, audit: scene.audit() });
      expect(await stop('0'.repeat(64))).toEqual({ failed: 'token' });
      expect(await see(scene, token)).toEqual(token);
      expect(await stop(token.digest)).toBeNull();
      expect(await see(scene, token)).toMatchObject({ description: 'stopped' });
    });

    it('refuses who is no owner or admin any more', async () => {
      const scene = await made();
      const token = await scene.token();
      const developer = await scene.member('developer');
      expect(await scene.edit(token, { description: 'x' }, somebody())).toEqual(noMember);
      expect(await scene.edit(token, { description: 'x' }, developer)).toMatchObject(withoutRights);
    });
  });

  describe('deleting a token', () => {
    it('leaves a tombstone of a higher epoch, off the list and out of the due index, and frees its name', async () => {
      const scene = await made();
      const token = await scene.token();
      expect(await scene.delete(token)).toBeNull();
      expect(await see(scene, token)).toMatchObject({ state: 'deleted', epoch: 2, version: 1, next: null });
      const { tokens } = await repositories().tokenReads.list(scene.stack.api_key, scene.owner.uid);
      expect(tokens).toEqual([]);
      expect((await repositories().stacks.find(scene.stack.api_key, scene.owner.uid))?.tokenCount).toBe(0);
      expect(await scene.create(scene.newToken())).toBeNull();
    });

    it('puts a receipt and an audit entry in the same transaction', async () => {
      const scene = await made();
      const token = await scene.token();
      await scene.delete(token);
      const { storage, tables } = repositories();
      const range = { table: tables.tokens, pk: `TOKEN#${token.uid}`, prefix: 'RECEIPT#', limit: 10 };
      const [receipt] = await storage.query(range);
      expect(receipt).toMatchObject({ reason: 'deleted', epoch: null, state: 'running', due_at: expect.any(String) });
      const entry = await repositories().auditLog.entry(scene.stack.api_key, String(receipt?.operation));
      expect(entry?.uid).toBe(receipt?.operation);
    });

    it('tells what it found where the name or the version is another, and changes nothing', async () => {
      const scene = await made();
      const token = await scene.token();
      const before = await scene.stored(token);
      expect(await scene.delete(token, { name: 'CI-deploy' })).toEqual({ token });
      expect(await scene.delete(token, { version: 7 })).toEqual({ token });
      expect(await scene.delete(token, { name: 'x', by: somebody() })).toEqual({ member: null, token });
      expect(await scene.stored(token)).toEqual(before);
    });

    it('tells who is no member, and who has no rights', async () => {
      const scene = await made();
      const token = await scene.token();
      const developer = await scene.member('developer');
      expect(await scene.delete(token, { by: somebody() })).toEqual({ member: null });
      expect(await scene.delete(token, { by: developer })).toMatchObject({ member: { role: 'developer' } });
    });

    it('finds a deleted token deleted, an unknown one absent, and a foreign one of another stack', async () => {
      const scene = await made();
      const [token, unknown] = [await scene.token(), scene.newToken()];
      const foreign = await (await made()).token();
      await scene.delete(token);
      expect(await scene.delete(token)).toMatchObject({ token: { state: 'deleted' } });
      expect(await scene.delete(unknown)).toEqual({ token: null });
      expect(await scene.delete({ ...foreign, api_key: scene.stack.api_key })).toEqual({ token: foreign });
    });

    it('happens once, however many ask', async () => {
      const scene = await made();
      const token = await scene.token();
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => scene.delete(token)));
      expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(1);
    });
  });

  it('keeps a refusal once, however often it is recorded', async () => {
    const scene = await made();
    const entry = { ...scene.audit(), outcome: 'refused' as const, reason: 'invalid' };
    await repositories().tokens.recordRefusal(entry);
    await repositories().tokens.recordRefusal({ ...entry, reason: 'again' });
    expect(await repositories().auditLog.entry(scene.stack.api_key, entry.uid)).toEqual(entry);
  });
}
