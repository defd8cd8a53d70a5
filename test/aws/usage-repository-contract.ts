import { describe, expect, it } from 'vitest';
import { DynamoUsageRepository } from '../../functions/aws/dynamo-usage-repository.ts';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Use } from '../../functions/verification/usage.ts';
import type { Repositories } from './repository-backends.ts';
import { StackOfPeople } from './stack-of-people.ts';

const at = (time: string) => new Date(`2026-03-01T${time}Z`);
const call = (token: Token, time: string): Use => ({ token, at: at(time), client: 'c', remote_addr: '192.0.2.1' });

/** What is known of a token's calls: its last use and its last refusal, in one row. */
export function describeUsageRepository(repositories: () => Repositories): void {
  const made = async () => {
    const scene = await StackOfPeople.make(repositories());
    const token = await scene.token();
    const { storage, tables, tokenReads } = repositories();
    const usage = new DynamoUsageRepository(storage, tables);
    const known = async () => {
      const { lastUse, lastRefusedAt } = await tokenReads.see({
        stack: scene.stack.api_key,
        member: scene.owner.uid,
        token: token.uid,
        lastUse: true,
      });
      const minutes = [...(lastUse?.hours.values() ?? [])].reduce((sum, one) => sum + one, 0);
      return { used: lastUse?.at ?? null, refused: lastRefusedAt, minutes };
    };
    return { token, usage, known };
  };

  describe('calls of a token', () => {
    it('that were only refused are no use', async () => {
      const { token, usage, known } = await made();
      expect(await known()).toEqual({ used: null, refused: null, minutes: 0 });
      await usage.recordRefusal(call(token, '08:00:30'));
      expect(await known()).toEqual({ used: null, refused: at('08:00:30').toISOString(), minutes: 0 });
    });

    it('that were only refused leave a row that earlier versions read', async () => {
      const { token, usage } = await made();
      await usage.recordRefusal(call(token, '08:00:30'));
      const { storage, tables } = repositories();
      const [row] = await storage.read([keysOf(tables).lastUse(token.uid)]);
      // A use without any of these was malformed, and the whole list of tokens with it.
      expect(row).toMatchObject({
        at: expect.any(String),
        client: expect.any(String),
        remote_addr: expect.any(String),
      });
    });

    it('that came to a use and to a refusal stand beside each other, whichever was noted first', async () => {
      for (const isUsedFirst of [true, false]) {
        const { token, usage, known } = await made();
        const note = [
          () => usage.recordUse(call(token, '08:00:10')),
          () => usage.recordRefusal(call(token, '08:00:20')),
        ] as const;
        for (const one of isUsedFirst ? note : note.toReversed()) await one();
        const [used, refused] = [at('08:00:10').toISOString(), at('08:00:20').toISOString()];
        expect(await known()).toEqual({ used, refused, minutes: 1 });
      }
    });

    it('are noted forward only, once a minute', async () => {
      const { token, usage, known } = await made();
      for (const time of ['08:05:10', '08:05:50', '08:04:59']) {
        await usage.recordUse(call(token, time));
        await usage.recordRefusal(call(token, time));
      }
      const first = at('08:05:10').toISOString();
      expect(await known()).toEqual({ used: first, refused: first, minutes: 1 });
      await usage.recordRefusal(call(token, '08:06:00'));
      expect(await known()).toEqual({ used: first, refused: at('08:06:00').toISOString(), minutes: 1 });
    });
  });
}
