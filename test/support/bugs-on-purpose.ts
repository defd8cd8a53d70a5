import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sabotage, Tampering } from '../simulation/simulated-product.ts';
import type { Law } from '../simulation/simulated-races.ts';

/** A bug, and the law that has to see it. */
export type Bug = { readonly bug: string; readonly law: string; readonly broken: Law } & (
  | { readonly sabotage: Sabotage }
  | { readonly tamper: Tampering }
);

/** A law is believed when it has been seen to fail: with each of these bugs. */
export function describeBugs(title: string, bugs: readonly Bug[]): void {
  describe(title, () => {
    it.for([...bugs])(
      'law $law is seen to fail when $bug',
      { timeout: 60_000 },
      async ({ bug, law, broken, ...by }) => {
        const { failed } = await fc.check(broken(by), { numRuns: 2000, endOnFailure: true });
        expect(failed).toBe(true);
      },
    );
  });
}
