import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recording } from '../../local/front/front-gate.ts';
import { type Call, type Reply, RunningSystem } from '../support/running-system.ts';
import { expectContract } from './contract.ts';

const path = '/v3/stacks/token_hygiene';
const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];
const defaults = {
  warn_days: [30, 7, 1],
  mail_to: ['owner', 'admins'],
  mail_about: 'all',
  send_hour: 8,
  time_zone: 'UTC',
  cleanup_after_days: 30,
  max_cleanup_per_day: 10,
};

let tokenward: RunningSystem;
let stack: string;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  stack = await tokenward.createStack();
});
afterAll(() => tokenward.stop());

const put = (call: Call, on = stack) => tokenward.call('PUT', path, { as: 'owner', stack: on, ...call });
const change = (token_hygiene: unknown, on = stack) => put({ json: { token_hygiene } }, on);
const settings = async (on = stack) =>
  (await tokenward.call('GET', path, { as: 'owner', stack: on })).body.token_hygiene;
const audited = async (on: string) =>
  (await tokenward.call('GET', '/v3/audit-logs', { as: 'owner', stack: on })).body.logs;
/** As it is written: `JSON.stringify` knows no number beyond all bounds. */
const asText = (body: string): Call => ({ body, headers: { 'content-type': 'application/json' } });

/** What an answer was, and how many writes it took. */
async function watched(run: () => Promise<Reply>): Promise<{ reply: Reply; written: number }> {
  const recording = tokenward.system.front.record();
  const reply = await run();
  recording.stop();
  return { reply, written: recording.requests.filter(({ operation }) => writes.includes(operation)).length };
}

function expectRefused(reply: Reply, errors: Readonly<Record<string, readonly string[]>>): void {
  expectContract(reply);
  expect([reply.status, reply.body.errors], reply.text).toEqual([422, errors]);
}

const whole = (least: number, most: number) => `must be a whole number from ${least} to ${most}.`;
const zone = 'must be the name of a time zone, such as Europe/Berlin.';
const people = 'must be "owner" or "admins".';

/** The value as JSON text, the field that is named, and the message. */
type Rule = readonly [field: string, value: string, message: string, named?: string];

const wholeNumbers = (field: string, least: number, most: number, named = field): readonly Rule[] => {
  const wrong = [
    `${least - 1}`,
    `${most + 1}`,
    '-1',
    '1.5',
    '1e309',
    '-1e309',
    '"10"',
    `${2 ** 53}`,
    'true',
    '[1]',
    '{}',
  ];
  const asGiven = (value: string) => (named === field ? value : `[${value}]`);
  return wrong.map((value) => [field, asGiven(value), whole(least, most), named]);
};
const days = Array.from({ length: 400 }, (_, at) => at + 1);

const rules: readonly Rule[] = [
  ...wholeNumbers('warn_days', 1, 365, 'warn_days.0'),
  ['warn_days', '[null]', whole(1, 365), 'warn_days.0'],
  ['warn_days', '[30,7,0]', whole(1, 365), 'warn_days.2'],
  ['warn_days', '7', 'must be a list of whole numbers of days.'],
  ['warn_days', 'null', 'must be a list of whole numbers of days.'],
  ['warn_days', '"30,7,1"', 'must be a list of whole numbers of days.'],
  ['warn_days', '{"0":7}', 'must be a list of whole numbers of days.'],
  ['warn_days', '[7,7]', 'cannot name a number twice.'],
  ['warn_days', '[1,2,3,4,5,6,7,8,9,10,11]', 'can have at most 10 entries.'],
  ['warn_days', JSON.stringify(days), 'can have at most 10 entries.'],
  ['mail_to', 'null', 'must be a list of "owner" and "admins".'],
  ['mail_to', '"owner"', 'must be a list of "owner" and "admins".'],
  ['mail_to', '["developers"]', people, 'mail_to.0'],
  ['mail_to', '["owner","Admins"]', people, 'mail_to.1'],
  ['mail_to', '[null]', people, 'mail_to.0'],
  ['mail_to', '["owner","owner"]', 'cannot name anybody twice.'],
  ...['null', '"none"', '"ALL"', '5', '["all"]'].map(
    (value): Rule => ['mail_about', value, 'must be "all" or "flagged".'],
  ),
  ...wholeNumbers('send_hour', 0, 23),
  ['send_hour', 'null', whole(0, 23)],
  ...[
    '""',
    '" "',
    '"+02:00"',
    '"-05:00"',
    '"Mars/X"',
    '"Europe/Berlin "',
    '"UTC+2"',
    '"Europe/Berlin\\u0000"',
    'null',
    '5',
  ].map((value): Rule => ['time_zone', value, zone]),
  ...wholeNumbers('cleanup_after_days', 1, 3650),
  ...wholeNumbers('max_cleanup_per_day', 1, 45),
  ['max_cleanup_per_day', 'null', whole(1, 45)],
];

describe('a setting that breaks a rule is refused under its name, and nothing is written', () => {
  let recording: Recording;
  beforeAll(() => {
    recording = tokenward.system.front.record();
  });
  afterAll(() => {
    recording.stop();
    expect(recording.requests.filter(({ operation }) => writes.includes(operation))).toEqual([]);
  });

  it.concurrent.for(rules)('%s: %s', async ([field, value, message, named = field]) => {
    const body = `{"token_hygiene":{"mail_about":"flagged","${field}":${value}}}`;
    const errors = { [named]: [message] };
    expectRefused(await put(asText(body)), errors);
    expectRefused(await tokenward.call('POST', `${path}/preview`, { as: 'owner', stack, ...asText(body) }), errors);
  });

  it('and all that are wrong are told at once', async () => {
    const wrong = { warn_days: [0, 'x'], send_hour: 24, time_zone: 'Mars/X', max_cleanup_per_day: 0 };
    const { body } = await change(wrong);
    const named = ['max_cleanup_per_day', 'send_hour', 'time_zone', 'warn_days.0', 'warn_days.1'];
    expect(Object.keys(body.errors).sort()).toEqual(named);
  });

  it.each([
    '{}',
    '{"token_hygiene":null}',
    '{"token_hygiene":[]}',
    '{"token_hygiene":"all"}',
    '{"hygiene":{"send_hour":9}}',
  ])('without the object that it is about: %s', async (body) => {
    expectRefused(await put(asText(body)), { token_hygiene: ['is a required field'] });
  });
});

describe('a change of settings', () => {
  it('leaves what is not given, and sorts the days', async () => {
    const own = await tokenward.createStack();
    const token_hygiene = { warn_days: [1, 14, 60], cleanup_after_days: null };
    const { status, body } = await change(token_hygiene, own);
    const after = { ...defaults, warn_days: [60, 14, 1], cleanup_after_days: null };
    expect([status, body]).toEqual([
      200,
      { notice: 'Token hygiene settings updated successfully.', token_hygiene: after },
    ]);
    expect(await settings(own)).toEqual(after);
  });

  it.each([
    ['the same', defaults],
    ['the same in another order', { warn_days: [1, 30, 7], mail_to: ['admins', 'owner'] }],
    ['none', {}],
  ])('to %s is no change: nothing is written, and nothing is audited', async (_, token_hygiene) => {
    const own = await tokenward.createStack();
    const before = await audited(own);
    const { reply, written } = await watched(() => change(token_hygiene, own));
    expect([reply.status, reply.body.token_hygiene, written]).toEqual([200, defaults, 0]);
    expect(await audited(own)).toEqual(before);
  });

  it('that is misspelt is refused and named, and nothing is changed', async () => {
    const own = await tokenward.createStack();
    const { reply, written } = await watched(() => change({ warndays: [7], send_hour: 9 }, own));
    expect([reply.status, written]).toEqual([422, 0]);
    const message = expect.stringContaining('has no setting warndays. Settings are warn_days,');
    expect(reply.body.errors).toEqual({ token_hygiene: [message] });
    const odd = await change({ [`cs_${'0'.repeat(16)}_${'a'.repeat(49)}`]: 1, ['x'.repeat(999)]: 2 }, own);
    expect([odd.status, odd.body.errors.token_hygiene[0].slice(0, 20)]).toEqual([422, 'has no setting …, ….']);
    expect(await settings(own)).toEqual(defaults);
  });

  it('is in the audit log: who, and what from and to', async () => {
    const own = await tokenward.createStack('owner', 'Audited');
    const before = await audited(own);
    const reply = await change({ warn_days: [14], send_hour: 0, cleanup_after_days: null }, own);
    const [entry, ...rest] = await audited(own);
    expect(rest).toEqual(before);
    expect(entry).toMatchObject({
      module: 'stack',
      event_type: 'update',
      metadata: { uid: own, title: 'Audited' },
      created_by: before[0].created_by,
      request_id: reply.headers.get('x-request-id'),
      changes: [
        { field: 'token_hygiene.warn_days', from: [30, 7, 1], to: [14] },
        { field: 'token_hygiene.send_hour', from: 8, to: 0 },
        { field: 'token_hygiene.cleanup_after_days', from: 30, to: null },
      ],
    });
  });

  it.each([
    { warn_days: [] },
    { warn_days: [365, 364, 9, 8, 7, 6, 5, 4, 3, 1] },
    { mail_to: [] },
    { mail_to: ['admins'] },
    { mail_about: 'flagged' },
    { send_hour: 0 },
    { send_hour: 23 },
    ...['Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'europe/berlin', 'utc', 'EST5EDT', 'Etc/GMT+12'].map(
      (time_zone) => ({ time_zone }),
    ),
    { cleanup_after_days: 1 },
    { cleanup_after_days: 3650 },
    { max_cleanup_per_day: 1 },
    { max_cleanup_per_day: 45 },
  ])('may be to %j', async (token_hygiene) => {
    const own = await tokenward.createStack();
    expect((await change(token_hygiene, own)).body.token_hygiene).toEqual({ ...defaults, ...token_hygiene });
  });

  it('of two at once loses neither', async () => {
    const own = await tokenward.createStack();
    const both = await Promise.all([change({ send_hour: 9 }, own), change({ max_cleanup_per_day: 3 }, own)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await settings(own)).toEqual({ ...defaults, send_hour: 9, max_cleanup_per_day: 3 });
  });
});
