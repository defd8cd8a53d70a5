import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { tokenFrom } from '../../functions/aws/token-item.ts';
import { problemOf } from '../../functions/http/chain/problem.ts';
import { eventsOf } from '../../functions/stream/token-changes.ts';
import { day, SimulatedProduct, type Surroundings, tables } from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { storm, troubles } from '../support/weather.ts';
import { Caller, calls, type Heard } from './04-callers.ts';

const { live, stopped } = fixture;

const histories = fc.record({
  troubles: fc.array(troubles([3, 6, 12]), { maxLength: 2 }),
  byOwner: fc.array(calls, { minLength: 1, maxLength: 2 }),
  byAdmin: fc.array(calls, { minLength: 1, maxLength: 2 }),
  /** Whether sessions are ended by the stream meanwhile. */
  streams: fc.constantFrom(false, false, true),
});

/** A value is in the one answer that shows it, at most; and in nothing else that is answered, asked of storage, kept, told or thrown. */
export const shownOnce = lawOf({
  product: (surroundings) => new ProductWithSecrets(surroundings),
  histories,
  story: async (scene) => {
    const { product, history, tally } = scene;
    assert(product instanceof ProductWithSecrets);
    const clearUp = storm(history.troubles, scene);
    if (history.streams) product.stream.begin({ copies: () => 1, death: () => undefined });
    const [owner, admin] = [new Caller(scene, 'owner'), new Caller(scene, 'admin')];
    await Promise.all([owner.callAll(history.byOwner), admin.callAll(history.byAdmin)]);
    clearUp();
    await Promise.all([owner.askAgain(), admin.askAgain()]);
    await product.stream.drained();
    return () => {
      const answers = [...owner.answers, ...admin.answers];
      for (const secret of product.secrets) checkShown(secret, answers, tally);
      const texts = everythingElse(product);
      for (const secret of [...product.secrets, ...known])
        for (const [where, text] of texts) assert(!holds(text, secret), `A value is in ${where}.`);
      tally.saw(product.bus.events.length > 0 ? 'events on the bus' : 'no events');
    };
  },
});

/** The 43 characters of it that are in the value, and its 256 bits in hex where they are known. */
type Secret = readonly [text: string, hex?: string];

/** The values of the fixture were shown before. */
const known: readonly Secret[] = [live, stopped].map(({ value }) => [value.slice(-49, -6)]);

/** Whatever is stored in the end was stored before, or was committed meanwhile. */
const rowsOfBefore = JSON.stringify(fixture.snapshot);

/** Knows every secret that was drawn; they look like the real ones, so that none is anywhere by chance. */
class ProductWithSecrets extends SimulatedProduct {
  readonly secrets: Secret[] = [];

  constructor(surroundings: Surroundings) {
    super(surroundings, 4000);
    this.dynamo.load(fixture.snapshot);
    this.pass(day);
  }

  override random(bytes: number): Uint8Array {
    const drawn = super.random(bytes);
    if (bytes !== 32) return drawn;
    const secret = createHash('sha256').update(drawn).digest();
    const hex = secret.toString('hex');
    this.secrets.push([base62(BigInt(`0x${hex}`)), hex]);
    return secret;
  }
}

function base62(number: bigint): string {
  const digit = Number(number % 62n);
  const sign = digit < 36 ? digit.toString(36).toUpperCase() : String.fromCharCode(digit - 36 + 'a'.charCodeAt(0));
  return number < 62n ? sign.padStart(1) : base62(number / 62n) + sign;
}

const holds = (text: string, secret: Secret): boolean =>
  secret.some((form) => form !== undefined && text.includes(form));

function checkShown(secret: Secret, answers: readonly Heard[], tally: Tally): void {
  const holding = answers.filter(({ text }) => holds(text, secret));
  assert(holding.length <= 1, `A value was answered ${holding.length} times.`);
  for (const { text, shown } of holding)
    assert(
      shown?.includes(secret[0]) && !holds(text.replace(shown, ''), secret),
      'A value is where none is to be shown.',
    );
  tally.saw(holding.length === 1 ? 'shown once' : 'never shown');
}

/** All that is not an answer, each piece with what it is. */
function everythingElse(product: SimulatedProduct): [where: string, text: string][] {
  const commits = Object.values(tables).flatMap((table) => product.commits(table));
  const images = product
    .commits(tables.tokens)
    .filter(({ after }) => after?.digest_algorithm !== undefined)
    .flatMap(({ before, after }) => eventsOf({ before: tokenFrom(before), after: tokenFrom(after) }));
  const documents = product.refusals.map((error) =>
    problemOf(error, { requestId: '', types: '/', failed: null, isOAuth: false }),
  );
  return [
    ['a row', rowsOfBefore],
    ['a row', JSON.stringify(commits)],
    ['a request to storage', JSON.stringify(product.dynamo.requests)],
    ['an event', JSON.stringify([images, product.bus.events])],
    ['a problem document', JSON.stringify(documents)],
    [
      'an error',
      inspect(product.refusals, { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null }),
    ],
  ];
}
