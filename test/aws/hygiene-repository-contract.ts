import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Stack } from '../../functions/stacks/stack.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Repositories } from './repository-backends.ts';
import { at, StackOfPeople, somebody } from './stack-of-people.ts';

const next = { action: 'warn#7', at: '2026-08-25T00:00:00.000Z' } as const;

/** What changing hygiene settings rests on. */
export function describeHygieneRepository(repositories: () => Repositories): void {
  const changed = (stack: Stack): Stack => ({
    ...stack,
    hygiene: { ...stack.hygiene, warn_days: [7], cleanup_after_days: null },
    hygiene_version: stack.hygiene_version + 1,
    updated_at: new Date(at.getTime() + 1000).toISOString(),
  });
  const change = (scene: StackOfPeople, tokens: readonly Token[], by = scene.owner, before = scene.stack) =>
    repositories().hygiene.change({
      before,
      after: changed(before),
      member: by.uid,
      audit: scene.audit(),
      tokens: tokens.map((token) => ({ token, next: token.next && next })),
    });
  const seen = async (scene: StackOfPeople) => await repositories().notices.stack(scene.stack.api_key);
  const tokenNow = async ({ uid }: Token) => (await repositories().notices.tokens([uid])).found[0]?.token;

  describe('changing hygiene settings', () => {
    it('changes them with every token, in one transaction, by an owner or admin', async () => {
      const scene = await StackOfPeople.make(repositories());
      const tokens = [
        await scene.token(),
        await scene.token({ name: 'for ever', expires_on: null, expires_at: null, next: null }),
      ];
      expect(await change(scene, tokens, await scene.member('admin'))).toBeNull();
      expect((await seen(scene))?.stack).toEqual(changed(scene.stack));
      const [expiring, forEver] = tokens;
      if (!expiring || !forEver) throw new Error('Two tokens were made.');
      expect(await tokenNow(expiring)).toEqual({ ...expiring, next, armed_under: 2 });
      expect(await tokenNow(forEver)).toEqual({ ...forEver, armed_under: 2 });
    });

    it('takes a token out of the due index where nothing is left to do', async () => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      const after = changed(scene.stack);
      const given = { before: scene.stack, after, member: scene.owner.uid, audit: scene.audit() };
      expect(await repositories().hygiene.change({ ...given, tokens: [{ token, next: null }] })).toBeNull();
      const { uid } = token;
      const [row] = await repositories().storage.read([keysOf(repositories().tables).token(uid)]);
      expect(Object.keys(row ?? {}).filter((name) => /^due|^next/.test(name))).toEqual([]);
    });

    it('holds all the tokens that a plan allows', async () => {
      const scene = await StackOfPeople.make(repositories());
      const tokens = [];
      const { tables, storage } = repositories();
      const count = keysOf(tables).count(scene.stack.api_key);
      for (let made = 0; made < 45; made += 1) {
        const token = scene.newToken({ name: `token ${made}` });
        const big = { ...scene.stack, plan: { ...scene.stack.plan, max_tokens: 45 } };
        await repositories().tokens.create({ token, stack: big, member: scene.owner.uid, audit: scene.audit() });
        tokens.push(token);
      }
      expect(await change(scene, tokens)).toBeNull();
      expect((await storage.read([count]))[0]).toMatchObject({ tokens: 45, hygiene_version: 2 });
    });

    it.each<[string, (scene: StackOfPeople, token: Token) => Promise<unknown>]>([
      ['a token was edited', (scene, token) => scene.edit(token, { description: 'new' })],
      ['a token came', (scene) => scene.token({ name: 'second' })],
      ['a token went', (scene, token) => scene.delete(token)],
      ['the sweep moved a token on', (_, token) => repositories().notices.advance(token, next)],
      ['the settings were changed', (scene, token) => change(scene, [token])],
    ])('changes nothing where %s meanwhile', async (_, meanwhile) => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      await meanwhile(scene, token);
      const before = await scene.stored(token);
      expect(await change(scene, [token])).toEqual({ failed: 'stale' });
      expect(await scene.stored(token)).toEqual(before);
    });

    it('refuses strangers and members without token rights, and changes nothing', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [token, developer] = [await scene.token(), await scene.member('developer')];
      const before = await scene.stored(token);
      expect(await change(scene, [token], somebody())).toEqual({ failed: 'member', member: null });
      const withoutRights = { failed: 'member', member: { role: 'developer' } };
      expect(await change(scene, [token], developer)).toMatchObject(withoutRights);
      expect(await scene.stored(token)).toEqual(before);
    });

    it('keeps tokens from being armed by the settings of before', async () => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      await change(scene, [token]);
      expect(await scene.create(scene.newToken({ name: 'late' }))).toEqual({ failed: 'count', tokens: 1 });
      expect(await scene.edit(token, { description: 'late' })).toEqual({ failed: 'token' });
    });
  });

  it('clean-ups of a stack are told, as many as are kept', async () => {
    const scene = await StackOfPeople.make(repositories());
    const key = scene.stack.api_key;
    expect(await repositories().hygiene.cleaned(key)).toEqual([]);
    const cleaned = ['2026-08-01T00:00:00.000Z', '2026-08-01T06:00:00.000Z'];
    const { tables, storage } = repositories();
    await storage.write({ update: keysOf(tables).count(key), set: 'SET #cleaned = :cleaned', values: { cleaned } });
    expect(await repositories().hygiene.cleaned(key)).toEqual(cleaned);
  });
}
