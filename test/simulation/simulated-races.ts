/** Races: stories over a simulated product, told under as many schedules as wanted. */
import fc, { type Arbitrary, type IAsyncProperty } from 'fast-check';
import { noteDrawn } from '../support/drawn.ts';
import type { Sabotage, SimulatedProduct, Surroundings, Tampering } from './simulated-product.ts';
import { simulatedProduct } from './simulated-stack.ts';

/** How many schedules of each law are drawn. */
export const runs = Number(process.env.TOKENWARD_RUNS ?? (process.env.CI === 'true' ? 5000 : 1000));
/** Part of them: a law that several properties show has its schedules from all of them together. */
export const share = (part: number): number => Math.ceil(runs * part);
/** In ms; several times what the runs take on two busy cores. */
export const timeLimit = 60_000 + runs * 30;

/** Counts what happened over all runs, so that a law cannot hold because nothing that it speaks of ever happened. */
export class Tally {
  readonly counts = new Map<string, number>();

  saw(what: string): void {
    this.counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

export interface Scene<History> {
  readonly product: SimulatedProduct;
  readonly history: History;
  readonly tally: Tally;
  /** A number from 0 to n - 1. */
  readonly choose: (n: number) => number;
}

export interface Race<History> {
  readonly histories: Arbitrary<History>;
  /** What is there before; the fixture unless given. */
  readonly product?: (surroundings: Surroundings) => SimulatedProduct;
  /** Throws where the law is broken. What it gives is asked when all that was sent is done, however late. */
  readonly story: (scene: Scene<History>) => Promise<(() => void) | undefined>;
}

/** A law as a property. A bug put in on purpose must break it. */
export type Law = (telling?: {
  readonly sabotage?: Sabotage;
  readonly tamper?: Tampering;
  readonly tally?: Tally;
}) => IAsyncProperty<unknown>;

/** Makes the law that a race shows. */
export function lawOf<History>({ histories, story, product: make = simulatedProduct }: Race<History>): Law {
  return ({ sabotage, tamper, tally = new Tally() } = {}) =>
    fc.asyncProperty(fc.tuple(surroundings, histories), async ([{ scheduler, choose, chooseFor }, history]) => {
      const bug = { ...(sabotage ? { sabotage } : {}), ...(tamper ? { tamper } : {}) };
      const product = make({ scheduler, choose: chooseFor, ...bug });
      const checkAtRest = await scheduler.waitFor(story({ product, history, tally, choose }));
      await scheduler.waitIdle();
      checkAtRest?.();
    });
}

/** Shows a law under so many schedules. The error of a run that breaks it has the seed. */
export async function holds(
  law: (telling: { readonly tally: Tally }) => IAsyncProperty<unknown>,
  numRuns = runs,
): Promise<Tally> {
  const tally = new Tally();
  await fc.assert(law({ tally }), { numRuns });
  noteDrawn(numRuns);
  return tally;
}

/** Who goes first, and what else is left to chance. */
export const surroundings = fc
  .tuple(fc.scheduler(), fc.infiniteStream(fc.nat({ max: 0xffff })))
  .map(([scheduler, numbers]) => {
    const choose = (n: number) => Number(numbers.next().value) % n;
    // Most batches are answered whole; how stale a read is stays wholly open.
    const chooseFor = (n: number, what: string) => (what === 'unprocessed' && choose(16) > 0 ? 0 : choose(n));
    return { scheduler, choose, chooseFor };
  });
