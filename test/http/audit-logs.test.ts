import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, RunningSystem } from '../support/running-system.ts';

let tokenward: RunningSystem;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
});
afterAll(() => tokenward.stop());

const ask = async (query: Record<string, string>, call: Call = {}) =>
  await tokenward.call('GET', `/v3/audit-logs?${new URLSearchParams(query)}`, { as: 'owner', ...call });
const about = (uid: string) => JSON.stringify({ 'metadata.uid': uid });
type Entry = {
  readonly uid: string;
  readonly event_type: string;
  readonly outcome: string;
  readonly created_at: string;
};

/** Follows the cursor to the end. */
async function pagesOf(query: Record<string, string>, call: Call = {}) {
  const pages = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { status, body, text } = await ask({ ...query, ...(cursor === '' ? {} : { cursor }) }, call);
    expect(status, text).toBe(200);
    pages.push(body);
    cursor = body.cursor;
  }
  return pages as { logs: Entry[]; count?: number; incomplete?: true }[];
}

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
let made = 0;
/** An entry as versions stored it that had no index, an hour or more ago; the later ones are made the newer. */
function entryOf(stack: string, { uid, ...facts }: { uid: string; event_type?: string; title?: string }) {
  const at = Date.now() - 3_600_000 + ++made;
  const id = `${at.toString(16).padStart(12, '0')}${made.toString(16).padStart(20, '0')}`;
  const { event_type = 'update', title = 'x' } = facts;
  return {
    pk: `STACK#${stack}`,
    sk: id,
    uid: id,
    stack,
    created_at: new Date(at).toISOString(),
    created_by: 'blt00000000000000b1',
    module: 'management_token',
    event_type,
    outcome: 'done',
    metadata: { uid, title },
    changes: [],
    request_id: 'r',
    remote_addr: '',
  };
}

async function store(entries: readonly ReturnType<typeof entryOf>[]): Promise<void> {
  const { client, tables } = tokenward.operator;
  for (let from = 0; from < entries.length; from += 25) {
    const some = entries.slice(from, from + 25).map((entry) => ({ PutRequest: { Item: marshall(entry) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tables.audit]: some } }));
  }
}

describe('a query by metadata.uid', () => {
  it('finds every entry about a token behind 2,000 others, also those that no index has', async () => {
    const stack = await tokenward.createStack();
    const token = await tokenward.createToken({}, { stack });
    // Of the real entries and of those of before, some are older and some newer than the others.
    await store([
      ...times(3).map(() => entryOf(stack, { uid: token.uid })),
      ...times(2100).map(() => entryOf(stack, { uid: 'blt00000000000000f1' })),
      entryOf(stack, { uid: token.uid, event_type: 'delete' }),
    ]);
    await tokenward.deleteToken({ ...token, name: 'another' }, { stack });
    const { body } = await ask({ query: about(token.uid), include_count: 'true' }, { stack });
    const expected = ['delete refused', 'create done', 'delete done', ...times(3).map(() => 'update done')];
    expect(body.logs.map(({ event_type, outcome }: Entry) => `${event_type} ${outcome}`)).toEqual(expected);
    expect([body.count, body.incomplete, body.cursor]).toEqual([6, undefined, undefined]);
    const narrowed = JSON.stringify({ 'metadata.uid': token.uid, outcome: 'refused' });
    expect((await ask({ query: narrowed, include_count: 'true' }, { stack })).body).toMatchObject({ count: 1 });
  });

  it('finds what the product itself put, by the index, when 2,000 others have come', async () => {
    const stack = await tokenward.createStack();
    const token = await tokenward.createToken({}, { stack });
    await tokenward.deleteToken(token, { stack });
    const newer = times(2100).map(() => entryOf(stack, { uid: 'blt00000000000000f1' }));
    const later = (Date.now() + 3_600_000).toString(16).padStart(12, '0');
    await store(newer.map((entry) => ({ ...entry, sk: later + entry.sk.slice(12), uid: later + entry.uid.slice(12) })));
    const recording = tokenward.system.front.record();
    const pages = await pagesOf({ query: about(token.uid), limit: '1' }, { stack });
    recording.stop();
    expect(pages.flatMap(({ logs }) => logs).map(({ event_type }) => event_type)).toEqual(['delete', 'create']);
    expect(pages.at(-1)).not.toHaveProperty('incomplete');
    const indexed = recording.requests.filter(({ body }) => body.IndexName === 'by_subject');
    expect(indexed.length).toBeGreaterThan(0);
    expect(recording.requests.filter(({ refused }) => refused)).toEqual([]);
  });

  it("finds the same of another stack's token as of one that there is not: nothing", async () => {
    const theirs = await tokenward.createStack('outsider');
    const token = await tokenward.createToken({}, { as: 'outsider', stack: theirs });
    const [foreign, unknown] = [token.uid, 'blt00000000000000ff'].map((uid) => ask({ query: about(uid) }));
    expect((await foreign)?.text).toBe((await unknown)?.text);
    expect((await foreign)?.body).toEqual({ logs: [] });
  });
});

describe('another query', () => {
  it('that stopped before the end of the log says so, and its cursor goes on', async () => {
    const stack = await tokenward.createStack();
    await store([
      ...times(2).map(() => entryOf(stack, { uid: 'blt00000000000000f2', title: 'wanted' })),
      ...times(2100).map(() => entryOf(stack, { uid: 'blt00000000000000f1' })),
    ]);
    const query = JSON.stringify({ 'metadata.title': 'wanted' });
    const pages = await pagesOf({ query, include_count: 'true' }, { stack });
    expect(pages.map(({ logs, count, incomplete }) => [logs.length, count, incomplete])).toEqual([
      [0, 0, true],
      [2, 2, undefined],
    ]);
  });
});

describe('a listing', () => {
  it('goes on by cursor, and shows every entry once', async () => {
    const stack = await tokenward.createStack();
    await store(times(1205).map(() => entryOf(stack, { uid: 'blt00000000000000f1' })));
    const pages = await pagesOf({ limit: '100' }, { stack });
    const uids = pages.flatMap(({ logs }) => logs).map(({ uid }) => uid);
    expect(uids).toHaveLength(1206);
    expect(uids).toEqual(uids.toSorted().reverse());
    expect(new Set(uids).size).toBe(1206);
    expect(pages.some((page) => 'incomplete' in page)).toBe(false);
    const skipped = (await ask({ limit: '100', skip: '1000' }, { stack })).body;
    expect(skipped.logs.map(({ uid }: Entry) => uid)).toEqual(uids.slice(1000, 1100));
    expect(skipped.cursor).toEqual(expect.any(String));
  });

  it('is not skipped beyond 1,000 entries: the refusal names the cursor', async () => {
    const { status, body } = await ask({ skip: '1001' });
    expect([status, body.type.split('/').at(-1)]).toEqual([400, 'malformed']);
    expect(body.errors.skip[0]).toMatch(/from 0 to 1000\..*cursor/);
    expect((await ask({ skip: '1000' })).status).toBe(200);
  });

  it('takes no cursor of another stack or query, nor one that was changed', async () => {
    const [stack, another] = [await tokenward.createStack(), await tokenward.createStack()];
    for (const one of [stack, another]) await store(times(3).map(() => entryOf(one, { uid: 'blt00000000000000f1' })));
    const query = about('blt00000000000000f1');
    const cursor = String((await ask({ limit: '1', query }, { stack })).body.cursor);
    expect((await ask({ limit: '3', query, cursor }, { stack })).body.logs).toHaveLength(2);
    const refusals = [
      await ask({ cursor, query }, { stack: another }),
      await ask({ cursor }, { stack }),
      await ask({ cursor: cursor.replace(/^./, 'o'), query }, { stack }),
      await ask({ cursor: `${cursor}0`, query }, { stack }),
      await ask({ cursor: `${cursor}.`, query }, { stack }),
    ];
    for (const { status, body } of refusals)
      expect([status, body.errors]).toEqual([
        400,
        { cursor: ['is not one that was given for this stack and this query. Start again without it.'] },
      ]);
  });
});
