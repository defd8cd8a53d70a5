/** Faults of storage that come and go. */
import fc from 'fast-check';
import type { Fault, Operation } from '../simulation/simulated-dynamo.ts';
import type { SimulatedProduct } from '../simulation/simulated-product.ts';
import type { Tally } from '../simulation/simulated-races.ts';

export const faultKinds = [
  'lose-answer',
  'reset',
  'late',
  'throttle',
  'conflict',
  'unprocessed',
  'internal-error',
] as const satisfies readonly Fault['kind'][];

const operations: readonly Operation[] = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'TransactWriteItems',
];

/** One way in which storage fails: always, or one attempt in so many; one operation, or any. */
export interface Trouble {
  readonly kind: Fault['kind'];
  readonly operation: Operation | undefined;
  readonly oneIn: number;
}

export const troubles = (oneIn: readonly number[]): fc.Arbitrary<Trouble> =>
  fc.record({
    kind: fc.constantFrom(...faultKinds),
    operation: fc.option(fc.constantFrom(...operations), { nil: undefined, freq: 2 }),
    oneIn: fc.constantFrom(...oneIn),
  });

/** Lets storage fail from now on. @returns what ends it */
export function storm(
  troubles: readonly Trouble[],
  { product: { dynamo }, choose, tally }: { product: SimulatedProduct; choose: (n: number) => number; tally: Tally },
): () => void {
  const ends = troubles.map(({ kind, operation, oneIn }) =>
    dynamo.inject({
      kind,
      when: (asked) => {
        const isFaulty = (operation === undefined || operation === asked) && choose(oneIn) === 0;
        if (isFaulty) tally.saw(kind);
        return isFaulty;
      },
    }),
  );
  return () => {
    for (const end of ends) end();
  };
}
