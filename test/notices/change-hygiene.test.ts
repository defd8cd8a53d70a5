import { describe, expect, it } from 'vitest';
import { defaultHygiene } from '../../functions/hygiene/settings.ts';
import {
  changeHygiene,
  type HygieneDependencies,
  previewRun,
  readHygiene,
} from '../../functions/notices/change-hygiene.ts';
import type { NotChanged } from '../../functions/stacks/not-changed.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { actorOf } from './notice-people.ts';
import { NoticeWorld } from './notice-world.ts';

const reasons = async (world: NoticeWorld, fields: Readonly<Record<string, unknown>> | null = null) =>
  (await world.preview(fields)).tokens.map(({ decision, why }) => [decision.does, why]);

describe('the preview says why', () => {
  it('nothing is done about a token that never expires, or before its time', async () => {
    const world = await NoticeWorld.make();
    await world.token({ name: 'lasting', expires: null });
    await world.token({ name: 'later', expires: 40 });
    expect((await reasons(world)).sort()).toEqual([
      ['nothing', 'It never expires.'],
      ['nothing', `Nothing is due before ${world.at(10)}.`],
    ]);
  });

  it.for([
    [7, 'It expires at DAY 10: the warning 7 days before is due.'],
    [1, 'It expires at DAY 10: the warning 1 day before is due.'],
    [0, 'It expired at DAY 10.'],
  ] as const)('people are told %i days before', async ([before, why]) => {
    const world = await NoticeWorld.make();
    await world.token({ expires: 10 });
    world.downUntil(10 - before);
    expect(await reasons(world)).toEqual([['notify', why.replace('DAY 10', world.at(10))]]);
  });

  it('what is too old to be told is not', async () => {
    const world = await NoticeWorld.make();
    await world.token({ expires: 10 });
    world.downUntil(18);
    expect(await reasons(world)).toEqual([
      ['skip', `It expires or expired at ${world.at(10)}: what was to be told is older than 7 days.`],
    ]);
  });

  it('a token is deleted, and another waits for room', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ max_cleanup_per_day: 1 });
    for (const name of ['one', 'two']) await world.token({ name, expires: 10 });
    world.downUntil(40);
    expect(await reasons(world)).toEqual([
      ['clean_up', `It expired at ${world.at(10)}, 30 days ago or more.`],
      [
        'hold_back',
        `It is to be deleted, and the limit of 1 in 24 hours is used up until ${new Date(world.now.getTime() + 86_400_000).toISOString()}.`,
      ],
    ]);
  });

  it('a token is deleted after a single day', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ cleanup_after_days: 1 });
    await world.token({ expires: 10 });
    world.downUntil(11);
    expect(await reasons(world)).toEqual([['clean_up', `It expired at ${world.at(10)}, 1 day ago or more.`]]);
  });

  it('a token waits for room that another has taken before', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ max_cleanup_per_day: 1 });
    await world.token({ name: 'one', expires: 10 });
    await world.token({ name: 'two', expires: 10.5 });
    world.downUntil(40);
    await world.tick();
    world.downUntil(40.5);
    expect(await reasons(world)).toEqual([
      ['hold_back', `It is to be deleted, and the limit of 1 in 24 hours is used up until ${world.at(41)}.`],
    ]);
  });

  it('nothing more is done where a stack wants no clean-up', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ cleanup_after_days: null });
    await world.token({ expires: 1 });
    world.downUntil(1);
    await world.tick();
    expect(await reasons(world)).toEqual([['nothing', 'Everything has been done about it.']]);
  });

  it('by other settings, as if they were there', async () => {
    const world = await NoticeWorld.make();
    await world.token({ expires: 10 });
    world.downUntil(5);
    await world.tick();
    expect(await reasons(world)).toEqual([['nothing', `Nothing is due before ${world.at(9)}.`]]);
    expect(await reasons(world, { warn_days: [2] })).toEqual([['nothing', `Nothing is due before ${world.at(8)}.`]]);
  });
});

describe('when people would be mailed', () => {
  const mailedAt = async (world: NoticeWorld) => (await world.preview()).tokens.map(({ mailed_at }) => mailed_at);
  const hour = 1 / 24;

  it('is the hour of the stack for what is told or held back, and never for what is not', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ max_cleanup_per_day: 1 });
    for (const name of ['one', 'two', 'never']) await world.token({ name, expires: name === 'never' ? null : 10 });
    world.downUntil(10);
    expect(await mailedAt(world)).toEqual([null, world.at(10 + hour), world.at(10 + hour)]);
    world.downUntil(40);
    expect(await mailedAt(world)).toEqual([null, null, world.at(40 + hour)]);
  });

  it('is not for what has been told before', async () => {
    const world = await NoticeWorld.make();
    await world.settings({ max_cleanup_per_day: 1 });
    for (const name of ['one', 'two', 'three']) await world.token({ name, expires: 10 });
    world.downUntil(40);
    await world.tick();
    world.downUntil(41);
    const before = await world.preview();
    expect(before.tokens.map(({ decision, mailed_at }) => [decision.does, mailed_at])).toEqual([
      ['clean_up', null],
      ['hold_back', null],
    ]);
  });
});

it('what people have been told before is looked for by token, expiry and threshold', async () => {
  const world = await NoticeWorld.make();
  await world.token({ name: 'never', expires: null });
  const uid = await world.token({ name: 'warned', expires: 7 });
  world.downUntil(0);
  await world.edit(uid, { expires_on: world.at(7.5) });
  world.downUntil(0.5);
  const { tokens, hygiene, now, random } = world.given();
  const asked: unknown[] = [];
  const looked: HygieneDependencies['hygiene'] = {
    change: (change) => hygiene.change(change),
    cleaned: (stack) => hygiene.cleaned(stack),
    claimed: async (notices) => {
      asked.push(...notices);
      return await hygiene.claimed(notices);
    },
    deliveries: (stack, limit) => hygiene.deliveries(stack, limit),
  };
  const deps = { tokens, hygiene: looked, now, random };
  await previewRun(deps, { caller: actorOf('olivia').uid, stack: world.stack, fields: null });
  expect(asked).toEqual([{ token_uid: uid, expires_at: world.at(7.5), threshold: '7' }]);
});

describe('changing the settings', () => {
  it('is audited with what changed, and counts', async () => {
    const world = await NoticeWorld.make();
    world.downUntil(1);
    await world.settings({ send_hour: 9, warn_days: [1, 7, 30] });
    const rows = world.rows(`STACK#${world.stack}`);
    expect(rows.filter(({ event_type }) => event_type === 'update')).toMatchObject([
      {
        module: 'stack',
        outcome: 'done',
        metadata: { uid: world.stack, title: 'Acme' },
        changes: [{ field: 'token_hygiene.send_hour', from: 8, to: 9 }],
      },
    ]);
    expect(rows.find(({ sk }) => sk === 'META')).toMatchObject({ hygiene_version: 2, updated_at: world.at(1) });
  });

  it('to what they are changes nothing', async () => {
    const world = await NoticeWorld.make();
    const before = JSON.stringify(world.dynamo.snapshot());
    await world.settings({ warn_days: [1, 7, 30] });
    expect(JSON.stringify(world.dynamo.snapshot())).toBe(before);
  });

  /** The change meets others so often, or whatever else is given. */
  async function meeting(others: number, met?: NotChanged) {
    const world = await NoticeWorld.make();
    const { tokens, hygiene, now, random } = world.given();
    let tries = 0;
    const meets: HygieneDependencies['hygiene'] = {
      change: async (change) => {
        tries += 1;
        return tries > others ? await hygiene.change(change) : (met ?? { failed: 'stale' });
      },
      cleaned: (stack) => hygiene.cleaned(stack),
      claimed: (notices) => hygiene.claimed(notices),
      deliveries: (stack, limit) => hygiene.deliveries(stack, limit),
    };
    const command = { actor: actorOf('olivia'), stack: world.stack, fields: { send_hour: 9 } };
    const changed = changeHygiene({ tokens, hygiene: meets, now, random }, command);
    return { changed: await changed.catch((error: unknown) => error), tries };
  }

  it.for([0, 1, 2])('is tried again where others were faster (%i times)', async (others) => {
    expect(await meeting(others)).toEqual({ changed: settingsLike({ send_hour: 9 }), tries: others + 1 });
  });

  it('is given up when others were faster three times', async () => {
    const { changed, tries } = await meeting(3);
    expect(tries).toBe(3);
    expect(changed).toBeInstanceOf(Refusal);
    expect(changed).toMatchObject({
      kind: 'conflict',
      detail: 'Others are changing the tokens of this stack at the same time. Try again.',
    });
  });

  it.for([
    [null, 'stack-not-found'],
    [{ uid: 'x', role: 'developer', issuer: '', sub: '' }, 'not-allowed'],
  ] as const)('is refused to whoever has lost the right to it meanwhile (%j)', async ([member, kind]) => {
    expect(await meeting(1, { failed: 'member', member })).toMatchObject({ changed: { kind }, tries: 1 });
  });
});

it('the settings are read with what became of the last 50 mails', async () => {
  const world = await NoticeWorld.make();
  const { tokens, hygiene, now, random } = world.given();
  const asked: unknown[] = [];
  const read: HygieneDependencies['hygiene'] = {
    change: (change) => hygiene.change(change),
    cleaned: (stack) => hygiene.cleaned(stack),
    claimed: (notices) => hygiene.claimed(notices),
    deliveries: async (...all) => {
      asked.push(all);
      return [];
    },
  };
  const caller = actorOf('olivia').uid;
  const found = await readHygiene({ tokens, hygiene: read, now, random }, { caller, stack: world.stack });
  expect(found).toEqual({ settings: defaultHygiene, deliveries: [] });
  expect(asked).toEqual([[world.stack, 50]]);
});
