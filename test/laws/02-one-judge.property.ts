import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mintSessionValue, mintTokenValue } from '../../functions/values/token-value.ts';
import { type Door, doors, type Question } from '../simulation/simulated-doors.ts';
import { day, keys, type Row, type SimulatedProduct } from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture, productWithSessions, sessionFixture } from '../simulation/simulated-stack.ts';
import { type Beginning, toldBy, VerdictOracle, wordOn } from '../support/verdict-oracle.ts';
import { type ChangeKind, change, changes } from './02-changes.ts';

const { stack, otherStack, live, stopped, foreign } = fixture;
const [first, second] = sessionFixture.sessions.map(({ value }) => value);
assert(first && second);
const hour = day / 24;

/** Of another secret than the right one. */
const another = () => new Uint8Array(32).fill(7);
const sessionUid = (value: string) => `blt${value.split('_')[2]}`;
const forged = [
  mintTokenValue(live.uid, another),
  mintSessionValue(live.uid, sessionUid(first), another),
  mintSessionValue(stopped.uid, sessionUid(first), another),
  mintTokenValue('blt00000000000000ee', another),
  live.value.replace('cs_', 'css_'),
];

const questions: fc.Arbitrary<Question> = fc.record(
  {
    value: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(live.value, first, second) },
      { weight: 1, arbitrary: fc.constantFrom(stopped.value, foreign.value, ...forged) },
    ),
    stack: fc.oneof(
      { weight: 6, arbitrary: fc.constant(stack) },
      { weight: 1, arbitrary: fc.constantFrom(otherStack, null, 'no stack') },
    ),
    branch: fc.constantFrom('main', 'development', 'nowhere'),
  },
  { requiredKeys: ['value', 'stack'] },
);

const histories = fc.record({
  byOwner: fc.array(changes, { minLength: 1, maxLength: 2 }),
  byAdmin: fc.array(changes, { maxLength: 1 }),
  asked: fc.array(fc.tuple(fc.constantFrom(...doors), questions), { minLength: 2, maxLength: 2 }),
  /** Before which of these time passes, and how much. */
  passes: fc.nat({ max: 3 }),
  hours: fc.constantFrom(1, 3, 13),
  /** Before which of these everything is held still, and all doors are asked; and at which instant: the present, by a clock that is behind, or around an end. */
  stillAt: fc.nat({ max: 2 }),
  instant: fc.nat({ max: 5 }),
});

/** Each door says what the rows of one moment of its verification call for; and all doors the same of the same rows at one instant. */
export const oneJudge = lawOf({
  product: productWithSessions,
  histories,
  story: async ({ product, history, tally }) => {
    const court = new Court(product, tally);
    const doAll = async (some: readonly ChangeKind[], who: 'owner' | 'admin') => {
      for (const what of some) tally.saw(`${what} ${(await change(product, what, who)).refused ?? 'done'}`);
    };
    const askAll = async () => {
      for (const [index, [door, question]] of history.asked.entries()) {
        if (index === history.passes) product.pass(history.hours * hour);
        if (index === history.stillAt) await court.askStill(question, history.instant);
        await court.ask(door, question);
      }
    };
    await Promise.all([doAll(history.byOwner, 'owner'), doAll(history.byAdmin, 'admin'), askAll()]);
    const [[, last] = []] = history.asked;
    if (last && history.stillAt >= history.asked.length) await court.askStill(last, history.instant);
    return undefined;
  },
});

class Court {
  readonly #product: SimulatedProduct;
  readonly #oracle: VerdictOracle;
  readonly #tally: Tally;

  constructor(product: SimulatedProduct, tally: Tally) {
    this.#product = product;
    this.#tally = tally;
    this.#oracle = new VerdictOracle(product, sessionFixture.snapshot);
  }

  async ask(door: Door, asked: Question): Promise<void> {
    const question = heardBy(door, asked);
    const beginning = this.#oracle.begin();
    const { says } = await this.#product.doors.ask(door, question);
    if (says === 'unavailable') return;
    const words = this.#oracle.words(question, beginning);
    const possible = new Set([...words].map((word) => toldBy(door, question, word)));
    if (door === 'opening' && this.#mayEndTheNewOne(words, beginning)) possible.add('unauthenticated');
    assert(possible.has(says), `${door} says ${says}; it is one of ${[...possible]}.`);
    this.#tally.saw(`${door}: ${says}`);
    if (possible.size === 1) this.#tally.saw('only one answer was possible');
  }

  /** What is opened is verified as a session: of that, only that it is not good is told. */
  #mayEndTheNewOne(words: ReadonlySet<string>, { moment }: Beginning): boolean {
    const epochs = this.#oracle.states(keys.token(live.uid), moment).map((row) => row?.epoch);
    return new Set(epochs).size > 1 || [...words].some((word) => word !== 'active');
  }

  /** The same rows at one instant: the present, by a clock that is behind, or around an end that is still to come. */
  async askStill(asked: Question, nth: number): Promise<void> {
    const rows = this.#rowsOf(asked);
    const present = this.#product.now().getTime();
    const ends = [rows.token, rows.session].flatMap((row) =>
      row?.expires_at ? Date.parse(String(row.expires_at)) : [],
    );
    const around = ends.flatMap((end) => [end - 1, end]).filter((at) => at > present);
    const instants = [present, present - 10_000, ...around];
    const now = instants[nth % instants.length] ?? present;
    const still = this.#product.still(now);
    const said = doors.map(async (door) => {
      const question = heardBy(door, asked);
      const { says } = await still.doors.ask(door, question);
      const expected = toldBy(door, question, wordOn({ question, ...rows, now }));
      assert.equal(says, expected, `${door} of the same rows at the same instant`);
      return question.branch === undefined && says !== 'unauthenticated' ? [says === 'active'] : [];
    });
    assert(new Set((await Promise.all(said)).flat()).size <= 1, 'Doors differ.');
    this.#tally.saw(around.includes(now) ? 'asked still, at an end' : 'asked still');
  }

  #rowsOf({ value }: Question): { readonly token: Row | null; readonly session: Row | null | undefined } {
    const [kind, token, session] = value.split('_');
    const row = (key: ReturnType<typeof keys.token>) => this.#oracle.states(key, this.#product.moment)[0] ?? null;
    return {
      token: row(keys.token(`blt${token}`)),
      session: kind === 'css' ? row(keys.session(`blt${token}`, `blt${session}`)) : undefined,
    };
  }
}

/** One door always needs something of the scope, one may, and the others never do. */
function heardBy(door: Door, { branch, ...question }: Question): Question {
  if (door === 'environments') return { ...question, branch: branch ?? 'main' };
  return door === 'verification' && branch !== undefined ? { ...question, branch } : question;
}
