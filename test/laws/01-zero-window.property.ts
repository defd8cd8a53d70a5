import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fixture, type KnownToken, type SimulatedProduct, scopes } from '../support/simulated-product.ts';
import { lawOf, type Tally } from '../support/simulated-races.ts';

const { stack } = fixture;
const edits = [
  { name: 'renamed' },
  { scope: scopes.readOnly },
  { expires_on: 'now' },
  { expires_on: null },
  { expires_on: '2027-01-01' },
];
const environments = { module: 'environment', access: 'read' } as const;

const histories = fc.record({
  token: fc.constantFrom(fixture.live, fixture.stopped),
  edits: fc.array(fc.constantFrom(...edits), { maxLength: 2 }),
  deletions: fc.integer({ min: 1, max: 2 }),
  /** How often each of some programs verifies, one after the other, with or without a need. */
  programs: fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
});

/** No verification that starts after a deletion was acknowledged answers "active". */
export const zeroWindow = lawOf({
  histories,
  story: async (product, { token, edits, deletions, programs }, tally) => {
    const watch = new Watch(product, token, tally);
    await Promise.all([
      ...edits.map((fields) => product.edit('admin', { stack, uid: token.uid, fields })),
      ...Array.from({ length: deletions }, () => watch.delete()),
      ...programs.map((needs) => watch.verify(needs)),
    ]);
  },
});

class Watch {
  readonly #product: SimulatedProduct;
  readonly #token: KnownToken;
  readonly #tally: Tally;
  /** A deletion was acknowledged, or a verification was told that there was one. */
  #isKnownDead = false;

  constructor(product: SimulatedProduct, token: KnownToken, tally: Tally) {
    this.#product = product;
    this.#token = token;
    this.#tally = tally;
  }

  /** The moment of the acknowledgement is where the next verification starts. */
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
      if (isLate) this.#tally.saw('verification after the acknowledgement');
      if (verdict.active) this.#tally.saw('active');
      assert(!(isLate && verdict.active), 'A dead token was active.');
      if (!verdict.active && verdict.reason === 'deleted') this.#isKnownDead = true;
    }
  }
}
