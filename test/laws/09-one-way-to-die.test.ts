import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { manySessions, sessionRows } from '../support/many-sessions.ts';
import { type Reply, RunningSystem } from '../support/running-system.ts';
import { toldOf } from '../support/told-revocations.ts';

// Law 9. One way to die. Every end of a token and every raise of its epoch goes through one use case, which puts a receipt in its
// transaction; then the stream ends the sessions and tells the world. One session is ended by its own row's conditional write.
describe('law 9: one way to die', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start();
  });
  afterAll(() => running.stop());

  type Known = Awaited<ReturnType<RunningSystem['createToken']>>;
  const pathOf = ({ uid }: Known) => `/v3/stacks/management_tokens/${uid}`;
  const edit = (token: Known, fields: object) =>
    running.call('PUT', pathOf(token), { as: 'admin', json: { token: fields } });
  const revoke = (value: string) =>
    running.call('POST', '/oauth2/revoke', { stack: null, body: new URLSearchParams({ token: value }) });
  const open = async ({ value }: Known) => (await running.call('POST', '/v3/token_sessions', { value })).body.session;

  /** A token with sessions that were opened over HTTP, and with a shard that takes more than one page. */
  async function tokenInUse(fields: Record<string, unknown> = {}) {
    const token = await running.createToken(fields);
    const opened: { uid: string; token: string }[] = [await open(token), await open(token)];
    const copies = await manySessions(running, token.uid, { count: 120, shard: '7' });
    return { token, values: opened.map((one) => one.token), uids: [...opened.map(({ uid }) => uid), ...copies] };
  }

  const ends: Record<
    string,
    { act: (token: Known) => Promise<Reply>; reason: string; event: string[]; after?: string }
  > = {
    'a confirmed deletion': { act: (token) => running.deleteToken(token), reason: 'deleted', event: ['token.deleted'] },
    'the end of all its sessions': {
      act: (token) => running.call('DELETE', `${pathOf(token)}/sessions`, { as: 'owner' }),
      reason: 'ended_all',
      event: [],
    },
    'an expiry now': {
      act: (token) => edit(token, { expires_on: 'now' }),
      reason: 'expired_now',
      event: ['token.edited'],
    },
    'a revocation by value': {
      act: ({ value }) => revoke(value),
      reason: 'revoked_by_holder',
      event: ['token.edited'],
    },
    'an extension after it expired': {
      act: (token) => edit(token, { expires_on: null }),
      reason: 'extended',
      event: ['token.edited'],
      after: 'PT1H',
    },
    'an extension in its last minute': {
      act: (token) => edit(token, { expires_on: null }),
      reason: 'extended',
      event: ['token.edited'],
      after: 'PT59M30S',
    },
  };

  it.each(Object.entries(ends))(
    '%s leaves one receipt, put by its own transaction and completed by the stream',
    async (_, { act, reason, event, after }) => {
      const inAnHour = new Date(running.system.clock.now().getTime() + 3_600_000).toISOString();
      const { token, values, uids } = await tokenInUse(after ? { expires_on: inAnHour } : {});
      if (after) running.system.clock.advance(after);
      const requests = await running.requestsDuring(async () => {
        const { status, text } = await act(token);
        expect(status, text).toBe(200);
      });
      for (const value of values) expect((await running.use(value)).status).toBe(401);
      const touch = requests.filter((request) => writesOf(request).some(({ sk }) => sk.startsWith('RECEIPT#')));
      const [put, ...others] = touch.filter(({ operation }) => operation !== 'UpdateItem');
      expect([put?.operation, others]).toEqual(['TransactWriteItems', []]);
      expect(writesOf(put).map(({ pk, sk }) => `${pk} ${sk}`)).toContain(`TOKEN#${token.uid} META`);
      const told = await toldOf(running, token.uid);
      expect(told.receipts).toHaveLength(1);
      expect(told.receipts[0]).toMatchObject({ state: 'completed', summary: { sessions: { total: 122 } } });
      const { revocation } = (await running.call('GET', `${pathOf(token)}/revocation`, { as: 'owner' })).body;
      expect(revocation).toMatchObject({
        reason,
        state: 'completed',
        sessions: { total: 122, ended: 122, remaining: 0 },
      });
      expect(told.receipts[0]).not.toHaveProperty('due_at');
      // Whether a use of before counts as one of a dead value depends on whether its row was still there.
      const types = told.types.filter((type) => type !== 'token.used_after_death');
      expect(types.filter((type) => type !== 'sessions.revoked').sort()).toEqual(
        ['token.created', ...event, 'revocation.completed'].sort(),
      );
      expect(types.at(-1)).toBe('revocation.completed');
      expect(new Set(told.sessions)).toEqual(new Set(uids));
      expect(await sessionRows(running, token.uid)).toBe(0);
    },
  );

  it('what ends no power leaves no receipt', async () => {
    const { token, values, uids } = await tokenInUse({ expires_on: '2090-01-01' });
    expect((await edit(token, { name: `${token.name.slice(0, 40)} renamed` })).status).toBe(200);
    expect((await edit(token, { expires_on: '2091-01-01' })).status).toBe(200);
    expect((await running.deleteToken({ ...token, name: 'not its name' })).status).toBe(422);
    expect((await running.deleteToken(token, { as: 'developer' })).status).toBe(403);
    const told = await toldOf(running, token.uid);
    expect(told.receipts).toEqual([]);
    expect(told.types).toEqual(['token.created', 'token.edited', 'token.edited']);
    expect((await running.use(values[0] ?? '')).status).toBe(200);
    expect(await sessionRows(running, token.uid)).toBe(uids.length);
  });

  it('a second end of the same token is no second receipt', async () => {
    const { token } = await tokenInUse();
    expect((await edit(token, { expires_on: 'now' })).status).toBe(200);
    expect((await revoke(token.value)).status).toBe(200);
    expect((await toldOf(running, token.uid)).receipts.map(({ reason }) => reason)).toEqual(['stopped']);
    expect((await running.deleteToken(token)).status).toBe(200);
    expect((await running.deleteToken(token)).status).toBe(404);
    const { receipts } = await toldOf(running, token.uid);
    expect(receipts.map(({ reason, state }) => `${reason} ${state}`)).toEqual([
      'stopped completed',
      'deleted completed',
    ]);
  });

  describe('one session', () => {
    it.each<[string, (token: Known, session: { uid: string; token: string }) => Promise<Reply>]>([
      ['by itself', (_, session) => running.call('DELETE', '/v3/token_sessions/current', { value: session.token })],
      ['by its value', (_, session) => revoke(session.token)],
      [
        'by an admin',
        (token, session) => running.call('DELETE', `${pathOf(token)}/sessions/${session.uid}`, { as: 'admin' }),
      ],
    ])("ended %s, ends by its row's conditional write, and nothing else does", async (_, end) => {
      const token = await running.createToken();
      const [ended, other] = [await open(token), await open(token)];
      const requests = await running.requestsDuring(async () => expect((await end(token, ended)).status).toBe(200));
      const deletes = requests.flatMap(writesOf).filter(({ sk }) => sk === ended.uid);
      expect(deletes).toEqual([
        { pk: `SESSION#${token.uid}#${ended.uid[3]}`, sk: ended.uid, condition: 'attribute_exists(#pk)' },
      ]);
      expect((await running.use(ended.token)).status).toBe(401);
      expect((await running.use(other.token)).status).toBe(200);
      const { receipts, types } = await toldOf(running, token.uid);
      expect(receipts).toEqual([]);
      expect(types).toEqual(['token.created']);
      expect((await running.operator.token(token.uid)).epoch).toBe(1);
    });
  });
});

interface Marshalled {
  readonly Key?: { readonly pk: { readonly S: string }; readonly sk: { readonly S: string } };
  readonly Item?: Marshalled['Key'];
  readonly ConditionExpression?: string;
}

/** The keys that a request changes (or tests within a transaction), each with its condition. */
function writesOf(request: FrontRequest | undefined): { pk: string; sk: string; condition: string | undefined }[] {
  if (request?.status !== 200 || /Get|Query|Scan|Batch/.test(request.operation)) return [];
  const { TransactItems } = request.body as { TransactItems?: Record<string, Marshalled>[] };
  const parts = TransactItems ? TransactItems.flatMap((part) => Object.values(part)) : [request.body as Marshalled];
  return parts.flatMap(({ Key, Item, ConditionExpression }) => {
    const key = Key ?? Item;
    return key ? [{ pk: key.pk.S, sk: key.sk.S, condition: ConditionExpression }] : [];
  });
}
