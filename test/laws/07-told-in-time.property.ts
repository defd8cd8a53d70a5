/** One token, its thresholds and its expiry, in every time zone: when people are mailed, and what the mails say. */
import assert from 'node:assert/strict';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import type { Threshold } from '../../functions/hygiene/decide.ts';
import { keys, tables } from '../simulation/simulated-dependencies.ts';
import { scopes } from '../simulation/simulated-scopes.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { beginning, emptyFixture, type HygieneScene, hygieneLawOf } from '../support/hygiene-races.ts';
import { goesAt, quarter } from './07-when-it-goes.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Nobody is told of what is older. */
const oldestMs = 7 * day;

export interface History {
  readonly time_zone: string;
  readonly send_hour: number;
  readonly warn_days: readonly number[];
  /** ISO instant, at a quarter hour. */
  readonly expires_at: string;
  /** The token is created so long before its expiry. */
  readonly lifetimeMs: number;
  readonly isInUse: boolean;
  /** By how many minutes the runs are late, one after the other, again and again. */
  readonly minutesLate: readonly number[];
  /** Whether a run that is late is told the time for which it was planned, or the present. */
  readonly isToldItsTime: boolean;
  /** No run comes for so long, from so many ms before or after a threshold (or, at the end, the expiry) on. */
  readonly outages: readonly { readonly threshold: number; readonly off: number; readonly ms: number }[];
}

const zones = [
  ...['UTC', 'Asia/Singapore', 'Asia/Tokyo', 'America/Los_Angeles', 'Australia/Lord_Howe', 'Asia/Kathmandu'],
  ...['Africa/Casablanca', 'America/Santiago', 'America/St_Johns', 'Pacific/Kiritimati', 'Europe/Berlin'],
  ...['Pacific/Chatham', 'America/Havana', 'Antarctica/Troll'],
];
const quarters = (most: number, least = 0) => fc.integer({ min: least, max: most }).map((count) => count * quarter);

/** A year and a half has every change of clocks three times. */
const histories: fc.Arbitrary<History> = fc.record({
  time_zone: fc.constantFrom(...zones),
  send_hour: fc.nat({ max: 23 }),
  warn_days: fc.oneof(
    fc.constantFrom([1], [30, 7, 1]),
    fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { maxLength: 3 }).map((days) => days.sort((a, b) => b - a)),
  ),
  expires_at: quarters(550 * 96, 96).map((ms) => new Date(beginning + 91 * day + ms).toISOString()),
  lifetimeMs: fc.oneof(fc.constant(91 * day), quarters(91 * 96, 1)),
  isInUse: fc.boolean(),
  minutesLate: fc.array(fc.nat({ max: 14 }), { minLength: 1, maxLength: 5 }),
  isToldItsTime: fc.boolean(),
  outages: fc.array(
    fc.record({
      threshold: fc.nat({ max: 3 }),
      off: quarters(100, -100),
      ms: fc.oneof(fc.constant(quarter), quarters(120, 1), quarters(12 * 96, 1)),
    }),
    { maxLength: 2 },
  ),
});

const { snapshot } = emptyFixture;

/** Every recipient is told once per threshold, in time, and in words that are true; and once that the token has expired. */
export const toldInTime = hygieneLawOf<History>({
  histories,
  story: async (scene) => void (await mailsOf(scene)),
  snapshot,
});

/** The mails of one history to each recipient: when each is sent, and what it says. They are what they ought to be. */
export async function told(history: History): Promise<readonly (readonly [at: string, says: string])[]> {
  let mails: readonly Mailed[] = [];
  const story = async (scene: HygieneScene<History>) => {
    mails = await mailsOf(scene);
  };
  await fc.assert(hygieneLawOf({ histories: fc.constant(history), story, snapshot })(), { numRuns: 1 });
  return mails.map(({ at, says }) => [at, says]);
}

/** What a mail says of the token, and when it was sent. */
interface Mailed {
  readonly at: string;
  readonly says: string;
}

/** A run of the sweep: the time for which it acts, and the time that it is. */
interface Run {
  readonly believed: number;
  readonly clock: number;
}

async function mailsOf({ product, hygiene, history, tally }: HygieneScene<History>): Promise<readonly Mailed[]> {
  const { time_zone, send_hour, warn_days, expires_at, isInUse } = history;
  const created = Date.parse(expires_at) - history.lifetimeMs;
  hygiene.to(created);
  assert.equal(await hygiene.change('owner', { time_zone, send_hour, warn_days }), 'done');
  const fields = { name: 'nightly', scope: scopes.everything, expires_on: expires_at };
  const { done } = await product.create('owner', { stack: fixture.stack, fields });
  assert(done);
  if (isInUse) {
    const { pk, sk } = keys.lastUse(done.token.uid);
    const used = { pk, sk, at: expires_at, client: 'ci', remote_addr: '192.0.2.9' };
    product.dynamo.put(tables.usage, marshall(used));
  }
  const expected = expectedMails(history);
  await runWhatIsDue(hygiene, history);
  for (const to of ['owner@example.test', 'admin@example.test']) {
    const mailed = hygiene.mailer.tries.filter(({ mail }) => mail.to === to);
    const found = mailed.map(({ at, mail: { subject, text } }): Mailed => {
      const [, label] = /^ {2}(Expires|Expired): /m.exec(text) ?? [];
      return { at: new Date(at).toISOString(), says: `${label}: ${subject}` };
    });
    assert.deepEqual(found.sort(inOrder), expected, `${to} is told something else.`);
  }
  checkPromises(expected, history);
  tally.saw(isInUse ? 'in use' : 'idle');
  for (const { says } of expected) tally.saw(says.slice(0, 'Expire'.length + 1));
  return expected;
}

/** Every run that the clock plans is a quarter of an hour after the one before. Those that find nothing due are passed over. */
async function runWhatIsDue(hygiene: HygieneScene<History>['hygiene'], history: History): Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  for (let [due] = hygiene.due(); due !== undefined; [due] = hygiene.due()) {
    const run = runFrom(Math.max(due, last + 1), history);
    hygiene.to(run.clock);
    const report = await hygiene.sweep({ event: run.believed - run.clock });
    assert.deepEqual([report?.failed, report?.complete], [[], true]);
    last = run.believed;
  }
}

/** The first run that acts for an instant or a later one. */
function runFrom(instant: number, history: History): Run {
  const { minutesLate, isToldItsTime } = history;
  for (let planned = Math.floor(instant / quarter) * quarter; ; planned += quarter) {
    const late = (minutesLate[(planned / quarter) % minutesLate.length] ?? 0) * minute;
    const run = { believed: isToldItsTime ? planned : planned + late, clock: planned + late };
    if (run.believed >= instant && !isMissed(planned, history)) return run;
  }
}

function isMissed(planned: number, { outages, warn_days, expires_at }: History): boolean {
  return outages.some(({ threshold, off, ms }) => {
    const from = Date.parse(expires_at) - (warn_days[threshold] ?? 0) * day + off;
    return planned >= from && planned < from + ms;
  });
}

/** What each recipient ought to be told, as DESIGN says: reckoned from the history alone. */
function expectedMails(history: History): readonly Mailed[] {
  const { expires_at, warn_days, lifetimeMs } = history;
  const expiry = Date.parse(expires_at);
  const thresholds: (readonly [Threshold, number])[] = warn_days.map((days) => [`${days}`, expiry - days * day]);
  // What is past when the expiry is set is skipped.
  let left = [...thresholds, ['expired', expiry] as const].filter(([, at]) => at > expiry - lifetimeMs);
  const mails = new Map<number, Mailed>();
  while (left[0]) {
    const claim = runFrom(left[0][1], history);
    const [threshold, at] = left.findLast((one) => one[1] <= claim.believed) ?? left[0];
    left = left.filter((one) => one[1] > claim.believed);
    if (claim.believed - at > oldestMs) continue;
    const goes = goesAt({ ...history, threshold }, history, claim.believed);
    const sent = runFrom(Math.max(goes, claim.believed), history).clock;
    if (threshold !== 'expired' && sent >= expiry) continue;
    // What goes at one instant goes in one mail.
    mails.set(goes, {
      at: new Date(sent).toISOString(),
      says: wordsOf(threshold, { left: expiry - sent, ...history }),
    });
  }
  return [...mails.values()].sort(inOrder);
}

function wordsOf(threshold: Threshold, { left, isInUse }: { left: number; isInUse: boolean }): string {
  const token = 'Token “nightly” of Web';
  if (threshold === 'expired')
    return `Expired: ${token} ${isInUse && -left < 7 * day ? 'expired while in use' : 'has expired'}`;
  const days = Math.ceil(left / day);
  return `Expires: ${token} expires within ${days === 1 ? 'a day' : `${days} days`}`;
}

/** What the law promises, whatever instant is reckoned for a mail. */
function checkPromises(mails: readonly Mailed[], history: History): void {
  const { expires_at, warn_days, lifetimeMs, outages } = history;
  const expiry = Date.parse(expires_at);
  const instantsOf = (label: string) => mails.flatMap(({ at, says }) => (says.startsWith(label) ? Date.parse(at) : []));
  const [warned, expired] = [instantsOf('Expires:'), instantsOf('Expired:')];
  assert(expired.length <= 1, 'That it has expired is told twice.');
  assert(warned.every((at) => at < expiry) && expired.every((at) => at >= expiry), 'A mail does not tell the truth.');
  if (outages.length > 0) return;
  assert.equal(expired.length, 1, 'That it has expired is not told.');
  for (const days of warn_days.filter((one) => one * day < lifetimeMs)) {
    const from = expiry - days * day;
    // The longest day has 25 hours, and a run is late by less than a quarter of an hour; the threshold may be just past one run.
    const until = Math.min(from + 25 * hour, expiry - (days * day) / 2) + 2 * quarter;
    assert(
      warned.some((at) => at >= from && at < until),
      `The warning ${days} days before is not told in time.`,
    );
  }
}

const inOrder = (one: Mailed, other: Mailed) => (one.at + one.says < other.at + other.says ? -1 : 1);
