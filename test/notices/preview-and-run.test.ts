import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PreviewedToken } from '../../functions/notices/change-hygiene.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { runs } from '../simulation/simulated-races.ts';
import { NoticeWorld } from './notice-world.ts';

type Settings = Readonly<Record<string, unknown>>;
/** `of` chooses one of the tokens. */
type StepOfToken =
  | { readonly does: 'expire'; readonly of: number; readonly days: number | 'now' | null }
  | { readonly does: 'use'; readonly of: number }
  | { readonly does: 'fail'; readonly of: number };
/** Something that happens to a stack. */
type Step =
  | { readonly does: 'create' | 'down' | 'up'; readonly days: number }
  | { readonly does: 'settings'; readonly fields: Settings }
  | StepOfToken;

const days = fc.integer({ min: 1, max: 800 }).map((twentieths) => twentieths / 20);
const settings = fc.record(
  {
    warn_days: fc.uniqueArray(fc.constantFrom(1, 2, 3, 7, 14, 30), { maxLength: 4 }),
    send_hour: fc.integer({ min: 0, max: 23 }),
    time_zone: fc.constantFrom('UTC', 'Asia/Tokyo', 'America/St_Johns'),
    cleanup_after_days: fc.constantFrom(null, 1, 5, 30),
    max_cleanup_per_day: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: [] },
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('create' as const), days }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('down' as const, 'up' as const), days }) },
  fc.record({
    does: fc.constant('expire' as const),
    of: fc.nat(),
    days: fc.oneof(days, fc.constantFrom('now' as const, null)),
  }),
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({ does: fc.constant('use' as const), of: fc.nat() }),
      fc.record({ does: fc.constant('fail' as const), of: fc.nat() }),
    ),
  },
  fc.record({ does: fc.constant('settings' as const), fields: settings }),
);
const history = fc.record({
  steps: fc.array(steps, { minLength: 8, maxLength: 25 }),
  passing: days,
  asked: fc.option(settings),
});

async function take(world: NoticeWorld, step: Step, uids: string[]): Promise<void> {
  switch (step.does) {
    case 'create':
      return void uids.push(await world.token({ name: `token ${uids.length}`, expires: world.day + step.days }));
    case 'down':
    case 'up':
      world.downUntil(world.day + step.days / 2);
      return step.does === 'up' ? void (await world.tick()) : undefined;
    case 'settings':
      return await world.settings(step.fields);
    default:
      return await takeOf(world, step, uids);
  }
}

async function takeOf(world: NoticeWorld, step: StepOfToken, uids: readonly string[]): Promise<void> {
  const alive = uids.filter((uid) => world.see(uid).state !== 'deleted');
  const uid = alive[step.of % alive.length];
  if (uid === undefined) return;
  if (step.does === 'use') return world.use(uid);
  if (step.does === 'fail') return await failFor(world, uid);
  await world.expire(uid, typeof step.days === 'number' ? world.day + step.days : step.days);
}

/** Storage fails for a token, so that what is due about it is put off. */
async function failFor(world: NoticeWorld, uid: string): Promise<void> {
  const heal = world.dynamo.inject({
    kind: 'internal-error',
    when: (operation, input) => operation === 'TransactWriteItems' && JSON.stringify(input).includes(uid),
  });
  await world.tick(0, { onFailure: () => {} });
  heal();
}

/** What a run did about a token, in the words of a decision. */
function done(world: NoticeWorld, { before, told }: { before: Token; told: number }): Settings {
  const after = world.see(before.uid);
  const [notice] = world.notices(before.uid).slice(told);
  if (after.state === 'deleted') return { does: 'clean_up' };
  const held = world.told(before.uid).includes('held_back');
  const { next } = after;
  const { expires_at } = before;
  if (notice?.threshold === 'held_back') return { does: 'hold_back', expires_at, until: next?.at };
  if (notice) return { does: 'notify', threshold: notice.threshold, expires_at, next };
  if (next?.at === before.next?.at && next?.action === before.next?.action) return { does: 'nothing', next };
  return held && next?.action === 'clean_up' && before.next?.action === 'clean_up'
    ? { does: 'hold_back', expires_at, until: next.at }
    : { does: 'skip', next };
}

/** When the mail goes that a run has put a token into. */
function mailedAt(world: NoticeWorld, { token, told }: { token: string; told: number }): unknown {
  const [notice] = world.notices(token).slice(told);
  const isIt = ({ token_uid, threshold, expires_at }: Record<string, unknown>) =>
    token_uid === token && threshold === notice?.threshold && expires_at === notice?.expires_at;
  const sendAt = (row: Record<string, unknown> | undefined) => String(row?.sk).split('#')[0];
  return notice ? sendAt(world.rows(`DIGEST#${world.stack}`).find(isIt)) : null;
}

/** Decisions that were come to in all histories, so that none is missing. */
const seen = new Map<string, number>();

async function expectSame({ steps: all, passing, asked }: { steps: Step[]; passing: number; asked: Settings | null }) {
  const world = await NoticeWorld.make();
  const uids: string[] = [];
  for (const step of all) await take(world, step, uids);
  world.downUntil(world.day + passing);
  const rows = () => Object.values(world.dynamo.snapshot()).flat(2);
  const stored = JSON.stringify(rows());
  const { tokens } = await world.preview(asked);
  expect(JSON.stringify(rows())).toBe(stored);
  if (asked) await world.settings(asked);
  const armed = tokens.map((previewed) => ({ ...previewed, told: world.told(previewed.used.token.uid).length }));
  expect((await world.tick()).failed).toEqual([]);
  const did = armed.map(({ used, told }) => done(world, { before: used.token, told }));
  expect(did).toEqual(tokens.map(({ decision }) => decision));
  for (const previewed of armed) expectMail(world, previewed);
}

function expectMail(world: NoticeWorld, { used, decision, mailed_at, told }: PreviewedToken & { told: number }): void {
  seen.set(decision.does, (seen.get(decision.does) ?? 0) + 1);
  const mailed = mailedAt(world, { token: used.token.uid, told });
  expect([decision, mailed]).toEqual([decision, mailed_at]);
}

type Given = [Parameters<typeof expectSame>[0]];

/** Fields that change nothing arm nothing anew: each keeps its place in the order, and the limit meets the same token. */
const nothingNew: Given = [
  {
    steps: [
      { does: 'create', days: 0.05 },
      { does: 'create', days: 0.05 },
      { does: 'fail', of: 0 },
      { does: 'fail', of: 0 },
      { does: 'settings', fields: { cleanup_after_days: 1, max_cleanup_per_day: 1 } },
      { does: 'up', days: 2.1 },
      { does: 'create', days: 0.05 },
      { does: 'use', of: 0 },
      { does: 'down', days: 0.05 },
      { does: 'down', days: 0.05 },
    ],
    passing: 1,
    asked: {},
  },
];

/** A clean-up that the settings have put off by a day is held back after it: nobody has been told of that yet. */
const putOffAndHeldBack: Given = [
  {
    steps: [
      { does: 'create', days: 0.05 },
      { does: 'create', days: 0.05 },
      { does: 'down', days: 4.2 },
      { does: 'settings', fields: { cleanup_after_days: 1, max_cleanup_per_day: 1 } },
    ],
    passing: 1,
    asked: null,
  },
];

describe('the preview', () => {
  it('tells of every token what the next run does, with the settings as they are or as they would be', async () => {
    await fc.assert(fc.asyncProperty(history, expectSame), {
      numRuns: Math.min(80, runs),
      examples: [nothingNew, putOffAndHeldBack],
    });
    expect([...seen.keys()].sort()).toEqual(['clean_up', 'hold_back', 'nothing', 'notify', 'skip']);
  }, 60_000);
});
