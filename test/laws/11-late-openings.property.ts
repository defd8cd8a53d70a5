import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lawOf } from '../simulation/simulated-races.ts';
import { productWithSessions } from '../simulation/simulated-stack.ts';
import { Programs } from './01-programs.ts';

const ends = fc.constantFrom('own', 'admin', 'value', 'never');

/**
 * Storage is slow to take the rows of new sessions: it takes some when their sessions have been ended, or were given up. No session
 * that is over is good again, and none has a row again.
 */
export const lateOpenings = lawOf({
  product: productWithSessions,
  histories: fc.record({
    programs: fc.array(fc.array(ends, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
    /** One put in so many is late. */
    rarity: fc.constantFrom(1, 2, 2, 3),
  }),
  story: async ({ product, history: { programs, rarity }, tally, choose }) => {
    const here = new Programs(product, tally);
    const isLate = (operation: string) => operation === 'PutItem' && choose(rarity) === 0;
    product.dynamo.inject({ kind: 'late', when: isLate });
    const work = async (some: readonly string[]) => {
      for (const end of some) {
        const { done } = await here.open();
        if (!done) continue;
        const nth = here.uids.length - 1;
        if (end === 'own') await here.endOwn(nth);
        else if (end === 'admin') await here.endOne('admin', nth);
        else if (end === 'value') await here.revokeOne(nth);
        await here.verify(nth);
      }
    };
    await Promise.all(programs.map(work));
    return () => {
      const rows = product.rows().sessions.map(({ uid }) => String(uid));
      assert.deepEqual(
        rows.filter((uid) => here.over.includes(uid)),
        [],
        'A session that was over has a row again.',
      );
      // What was put late, or was given up and could not be taken away, is nobody's.
      if (rows.some((uid) => !here.uids.includes(uid))) tally.saw('row of nobody');
    };
  },
});
