import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Mishap } from '../simulation/simulated-bus.ts';
import { lawOf, type Scene } from '../simulation/simulated-races.ts';
import { fixture, productWithSessions } from '../simulation/simulated-stack.ts';
import { Programs } from './01-programs.ts';
import { checkRevocations } from './12-what-was-ended.ts';

const { stack, live } = fixture;
const longerThanARound = 6000;
const mishaps: readonly Mishap[] = ['refuse', 'reset', 'lose-answer'];
const momentsOfARound = 90;

type End = 'all' | 'stop' | 'extend' | 'value' | 'delete';
const ends = fc.constantFrom<End[]>('all', 'all', 'stop', 'extend', 'value', 'delete');

/**
 * Revocations in each other's way, with records that come twice, late and in any order, and rounds that are cut short: at rest each has
 * ended what it had to, and nothing else, and has counted it once.
 */
export const twiceLateOutOfOrder = lawOf({
  product: productWithSessions,
  histories: fc.record({
    ends: fc.array(ends, { minLength: 1, maxLength: 1 }),
    otherEnd: fc.option(ends, { nil: undefined, freq: 2 }),
    /** A program opens a session meanwhile, or as soon as the token has been changed. */
    opening: fc.constantFrom('beside', 'after', 'never'),
    endedAlone: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 }),
    pauses: fc.array(fc.nat({ max: 40 }), { maxLength: 1 }),
  }),
  story: async (scene) => {
    const { product, history, tally, choose } = scene;
    const here = new Programs(product, tally);
    product.stream.begin({ copies: () => (choose(4) === 0 ? 2 : 1), death: () => undefined });
    const others = [
      ...(history.opening === 'beside' ? [here.open()] : []),
      ...(history.endedAlone === undefined ? [] : [here.endOwn(history.endedAlone)]),
    ];
    const other = history.otherEnd ? [endAll({ ...scene, history: { ends: [history.otherEnd] } }, here)] : [];
    const endAndOpen = async () => {
      await endAll(scene, here);
      if (history.opening === 'after') await here.open();
    };
    await Promise.all([endAndOpen(), ...other, ...others, passTime(scene)]);
    return await atRest(scene, here);
  },
});

/** Instances that die at any moment, and a bus that refuses or answers nobody: the record comes again, and it is the same in the end. */
export const diesAtAnyMoment = lawOf({
  product: productWithSessions,
  histories: fc.record({
    ends: fc.array(ends, { minLength: 1, maxLength: 1 }),
    pauses: fc.array(fc.nat({ max: 40 }), { maxLength: 1 }),
    isBusIll: fc.boolean(),
  }),
  story: async (scene) => {
    const { product, history, tally, choose } = scene;
    const here = new Programs(product, tally);
    product.stream.begin({
      copies: () => (choose(8) === 0 ? 2 : 1),
      death: () => (choose(4) === 0 ? undefined : 1 + choose(momentsOfARound)),
    });
    if (history.isBusIll) product.bus.options.mishap = () => mishaps[choose(4 * mishaps.length)];
    await Promise.all([endAll(scene, here), passTime(scene)]);
    return await atRest(scene, here);
  },
});

async function endAll({ product, history }: Scene<{ ends: readonly End[] }>, here: Programs): Promise<void> {
  const edit = (fields: Record<string, unknown>) => product.edit('admin', { stack, uid: live.uid, fields });
  for (const end of history.ends) {
    if (end === 'all') await here.endAll('owner');
    else if (end === 'stop') await here.stop('admin');
    else if (end === 'value') await here.revoke();
    else if (end === 'delete') await here.delete('owner');
    else {
      await here.stop('admin');
      await edit({ expires_on: null });
    }
  }
}

/** A round that lasts too long gives way to another. */
async function passTime({ product, history }: Scene<{ pauses: readonly number[] }>): Promise<void> {
  for (const pause of history.pauses) {
    for (let moments = 0; moments < pause; moments += 1) await product.pause();
    product.pass(longerThanARound);
  }
}

/** Until every record was read, and the due index has brought back what got stuck. */
async function atRest({ product, tally }: Scene<unknown>, here: Programs): Promise<() => void> {
  await product.stream.drained();
  product.bus.options.mishap = undefined;
  while (product.stream.isUnfinished()) {
    tally.saw('brought back');
    assert((await product.reconcile()) > 0, 'What is not completed is due.');
    await product.stream.drained();
  }
  for (const outcome of product.stream.outcomes) tally.saw(outcome);
  if (product.stream.deaths > 0) tally.saw('died');
  return () => checkRevocations(product, here, tally);
}
