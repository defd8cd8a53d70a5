import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Repositories } from './repository-backends.ts';
import { StackOfPeople } from './stack-of-people.ts';

/** What the clean-up of expired tokens rests on. */
export function describeCleanUp(repositories: () => Repositories): void {
  const now = '2026-10-01T00:00:00.000Z';
  /** @param cleaned the clean-ups of its stack, as they were read */
  const cleanUp = (scene: StackOfPeople, seen: Token, cleaned: readonly string[] = []) => {
    const receipt = scene.receipt(seen);
    const counted = { cleanedBefore: cleaned, cleanedAfter: [...cleaned, now] };
    return repositories().cleaner.cleanUp({ receipt, audit: scene.audit(receipt.operation), seen, ...counted });
  };
  const cleaned = ({ stack }: StackOfPeople) => repositories().hygiene.cleaned(stack.api_key);
  const row = async (token: Token) =>
    (await repositories().storage.read([keysOf(repositories().tables).token(token.uid)]))[0];

  describe('cleaning up a token', () => {
    it('makes a tombstone of it, frees its name and place, and is counted', async () => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      expect(await cleanUp(scene, token)).toBe(true);
      expect(await row(token)).toMatchObject({
        state: 'deleted',
        epoch: 2,
        version: 1,
        end: { operation: expect.any(String) },
      });
      expect(Object.keys((await row(token)) ?? {}).filter((name) => /^due|^next/.test(name))).toEqual([]);
      expect(await cleaned(scene)).toEqual([now]);
      expect(await scene.create(scene.newToken())).toBeNull();
      expect(await cleanUp(scene, token, [now])).toBe(false);
    });

    it.each([
      ['extended', { expires_at: '2027-01-01T00:00:00.000Z' }],
      ['edited', { version: 2 }],
      ['stopped', { state: 'stopped' as const }],
      ['renamed', { name: 'another' }],
      ['due at another time', { next: { action: 'clean_up', at: now } as const }],
    ])('changes nothing where it was %s meanwhile', async (_, change) => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token();
      const before = await scene.stored(token);
      expect(await cleanUp(scene, { ...token, ...change })).toBe(false);
      expect(await scene.stored(token)).toEqual(before);
    });

    it('never takes one that never expires', async () => {
      const scene = await StackOfPeople.make(repositories());
      const token = await scene.token({ expires_on: null, expires_at: null, next: null });
      expect(await cleanUp(scene, { ...token, expires_at: '2026-09-01T00:00:00.000Z' })).toBe(false);
      expect(await cleanUp(scene, token)).toBe(false);
      expect((await row(token))?.state).toBe('live');
    });

    it('is not counted past another clean-up of the stack: of two at once, one is done', async () => {
      const scene = await StackOfPeople.make(repositories());
      const [first, second] = [await scene.token(), await scene.token({ name: 'second' })];
      const both = await Promise.all([cleanUp(scene, first), cleanUp(scene, second)]);
      expect(both.sort()).toEqual([false, true]);
      expect(await cleaned(scene)).toEqual([now]);
    });
  });
}
