import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type SimulatedProduct, scopes } from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture, type KnownToken } from '../simulation/simulated-stack.ts';

const { stack } = fixture;
const environments = { module: 'environment', access: 'read' } as const;
const edits = [
  { name: 'renamed' },
  { scope: scopes.readOnly },
  { expires_on: 'now' },
  { expires_on: null },
  { expires_on: '2027-01-01' },
];

const histories = fc.record({
  token: fc.constantFrom(fixture.live, fixture.stopped),
  edits: fc.array(fc.constantFrom(...edits), { maxLength: 2 }),
  deletions: fc.constantFrom(1, 1, 2),
  /** Verifications of a program, one after the other, with or without a need. */
  program: fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }),
});

/** No verification that starts after a deletion was acknowledged, or after another was told of it, answers "active". */
export const zeroWindow = lawOf({
  histories,
  story: async ({ product, history: { token, edits: given, deletions, program }, tally }) => {
    const watch = new Watch(product, token, tally);
    await Promise.all([
      ...given.map((fields) => product.edit('admin', { stack, uid: token.uid, fields })),
      ...Array.from({ length: deletions }, () => watch.delete()),
      watch.verify(program),
    ]);
    return undefined;
  },
});

class Watch {
  readonly #product: SimulatedProduct;
  readonly #token: KnownToken;
  readonly #tally: Tally;
  #isKnownDead = false;

  constructor(product: SimulatedProduct, token: KnownToken, tally: Tally) {
    this.#product = product;
    this.#token = token;
    this.#tally = tally;
  }

  async delete(): Promise<void> {
    const { uid, name } = this.#token;
    const { done } = await this.#product.delete('owner', { stack, uid, confirmName: name });
    if (!done) return;
    this.#isKnownDead = true;
    await this.verify([false, true]);
  }

  async verify(needs: readonly boolean[]): Promise<void> {
    for (const isNeeded of needs) {
      const isLate = this.#isKnownDead;
      const need = isNeeded ? { need: environments } : {};
      const verdict = await this.#product.verify({ value: this.#token.value, stack, ...need });
      this.#tally.saw(isLate ? 'late verification' : verdict.active ? 'active' : 'refused');
      assert(!(isLate && verdict.active), 'A dead token was active.');
      if (!verdict.active && verdict.reason === 'deleted') this.#isKnownDead = true;
    }
  }
}
