/** Races: stories over a simulated product, told under as many schedules as wanted. */
import fc, { type Arbitrary, type IAsyncProperty } from 'fast-check';
import { type Sabotage, type SimulatedProduct, simulatedProduct } from './simulated-product.ts';

/** How many interleavings of each law are tried. */
export const runs = Number(process.env.TOKENWARD_RUNS ?? 5000);
/** In ms; several times what the runs take on two busy cores. */
export const timeLimit = 60_000 + runs * 10;

/** Counts what happened over all runs, so that a law cannot hold because nothing that it speaks of ever happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  saw(what: string): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }
}

export interface Telling {
  readonly sabotage?: Sabotage;
  readonly tally?: Tally;
}

/** A law as a property: a bug put in on purpose must break it. */
export type Law = (telling?: Telling) => IAsyncProperty<[unknown, unknown]>;

export interface Race<History> {
  readonly histories: Arbitrary<History>;
  /** Throws where the law is broken. */
  readonly story: (product: SimulatedProduct, history: History, tally: Tally) => Promise<void>;
}

/** Makes the law that a race shows. All that was sent is done, late or not, before the run is over. */
export function lawOf<History>({ histories, story }: Race<History>): Law {
  return ({ sabotage, tally = new Tally() } = {}) =>
    fc.asyncProperty(surroundings, histories, async ({ scheduler, choose }, history) => {
      const product = simulatedProduct({ scheduler, choose, ...(sabotage ? { sabotage } : {}) });
      await scheduler.waitFor(story(product, history as History, tally));
    }) as IAsyncProperty<[unknown, unknown]>;
}

/** Shows a law under `runs` schedules. The seed of a run that breaks it is in the error. */
export async function holds(law: Law): Promise<Tally> {
  const tally = new Tally();
  await fc.assert(law({ tally }), { numRuns: runs });
  return tally;
}

const surroundings = fc.tuple(fc.scheduler(), fc.infiniteStream(fc.nat({ max: 9999 }))).map(([scheduler, numbers]) => ({
  scheduler,
  choose: (n: number, what: string) => {
    const number = Number(numbers.next().value);
    // Most batches are answered whole; how stale a read is stays wholly open.
    return what === 'unprocessed' && number % 16 !== 0 ? 0 : (number >> 4) % n;
  },
}));
