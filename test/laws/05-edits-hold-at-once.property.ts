import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../functions/values/canonical-json.ts';

import { day, type Row, type SimulatedProduct, scopes, tables } from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture } from '../simulation/simulated-stack.ts';

const { stack, live } = fixture;
type ScopeName = keyof typeof scopes;

/** What each scope lets a program do with environments, by the branch: read, write, or nothing. Not asked of the product. */
const allowed: Record<ScopeName, Record<string, string>> = {
  everything: { main: 'rw', development: 'rw' },
  readOnly: { main: 'r', development: 'r' },
  otherBranch: { main: '', development: 'rw' },
  otherModule: { main: '', development: '' },
};

const editFields = fc.oneof(
  fc.constantFrom<ScopeName[]>('everything', 'readOnly', 'otherBranch', 'otherModule').map((name) => ({
    scope: scopes[name],
  })),
  fc.constantFrom('now', null, 'soon', 'later').map((when) => ({ expires_on: when })),
);
const needs = fc.record({
  module: fc.constant('environment' as const),
  access: fc.constantFrom('read' as const, 'write' as const),
  branch: fc.constantFrom('main', 'development'),
});
type Need = ReturnType<typeof needs.generate>['value'];

const histories = fc.record({
  edits: fc.array(editFields, { minLength: 1, maxLength: 2 }),
  editBySomebodyElse: fc.option(editFields, { nil: undefined, freq: 2 }),
  /** After how many of the verifications a day passes. */
  dayPasses: fc.integer({ min: 0, max: 2 }),
  verifications: fc.array(needs, { minLength: 2, maxLength: 2 }),
  afterwards: needs,
});

/** A verification uses the settings of one moment between its start and its end; an acknowledged edit is before that. */
export const editsHoldAtOnce = lawOf({
  histories,
  story: async ({ product, history, tally }) => {
    const ledger = new Ledger(product, tally);
    const edit = async (fields: { expires_on?: string | null; scope?: readonly object[] }) => {
      const { done } = await product.edit('admin', { stack, uid: live.uid, fields: withDates(product, fields) });
      if (done) ledger.acknowledge(done.token.version);
    };
    const editAll = async () => {
      for (const fields of history.edits) await edit(fields);
    };
    const verifyAll = async () => {
      for (const [index, need] of history.verifications.entries()) {
        if (index === history.dayPasses) product.pass(day);
        await ledger.verify(need);
      }
    };
    await Promise.all([
      editAll(),
      ...(history.editBySomebodyElse ? [edit(history.editBySomebodyElse)] : []),
      verifyAll(),
    ]);
    await ledger.verify(history.afterwards);
    return undefined;
  },
});

function withDates(product: SimulatedProduct, fields: { expires_on?: string | null }): Record<string, unknown> {
  const now = product.now().getTime();
  if (fields.expires_on === 'soon') return { expires_on: new Date(now + day / 2).toISOString() };
  if (fields.expires_on === 'later') return { expires_on: new Date(now + 90 * day).toISOString() };
  return fields;
}

/** Knows what the token was and when, from what was committed. */
class Ledger {
  readonly #product: SimulatedProduct;
  readonly #tally: Tally;
  #acknowledged = 1;

  constructor(product: SimulatedProduct, tally: Tally) {
    this.#product = product;
    this.#tally = tally;
  }

  acknowledge(version: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, version);
  }

  async verify(need: Need): Promise<void> {
    const oldest = this.#acknowledged;
    const from = this.#product.now();
    const verdict = await this.#product.verify({ value: live.value, stack, need });
    if (!verdict.active && verdict.reason === 'unavailable') return;
    const states = this.#states().filter(({ version }) => Number(version) >= oldest);
    const possible = states.flatMap((state) => [from, this.#product.now()].map((now) => isGood(state, need, now)));
    assert(possible.includes(verdict.active), 'The verdict is not of any moment of the verification.');
    this.#tally.saw(verdict.active ? 'active' : 'refused');
    if (oldest > 1 && new Set(possible).size === 1) this.#tally.saw('decided by an acknowledged edit');
  }

  #states(): Row[] {
    const changes = this.#product.commits(tables.tokens).map(({ after }) => after);
    return [original, ...changes.filter((after) => after !== null).filter(({ uid }) => uid === live.uid)];
  }
}

const original: Row = {
  version: 1,
  state: 'live',
  scope: scopes.everything,
  expires_at: null,
};

function isGood(state: Row, { access, branch }: Need, now: Date): boolean {
  const expiry = state.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(String(state.expires_at));
  const scope = Object.entries(scopes).find(([, some]) => canonicalJson(some) === canonicalJson(state.scope))?.[0];
  assert(scope !== undefined && scope in allowed);
  const may = allowed[scope as ScopeName][branch] ?? '';
  return state.state === 'live' && now.getTime() < expiry && may.includes(access === 'read' ? 'r' : 'w');
}
