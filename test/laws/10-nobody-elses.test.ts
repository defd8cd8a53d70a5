import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { personUid } from '../../functions/stacks/person.ts';
import { AUDIENCE, people } from '../../local/cast.ts';
import type { FrontRequest } from '../../local/front-gate.ts';
import type { StoredItem } from '../support/operator.ts';
import { allRights, type Call, type Reply, RunningSystem } from '../support/running-system.ts';

// Law 10. Nobody else's. Owner and admins of that stack, nobody else; a foreign uid and an unknown uid are one answer and zero writes.
// Authority to change is tested in the changing transaction itself. Refusals are audited only for an owner or admin on a token of that
// stack.
describe("law 10: nobody else's", () => {
  let running: RunningSystem;
  /** A token of the seeded stack, which nothing here changes. */
  let token: { uid: string; name: string; value: string };
  let foreign: { uid: string; name: string; stack: string };
  const unknown = `blt${randomBytes(8).toString('hex')}`;

  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
    token = await running.createToken();
    const stack = await running.createStack('outsider');
    foreign = { ...(await running.createToken({}, { stack, as: 'outsider' })), stack };
  });
  afterAll(() => running.stop());

  const tokens = '/v3/stacks/management_tokens';
  const json = { token: { name: 'x', description: 'x', scope: allRights } };
  const hygiene = '/v3/stacks/token_hygiene';
  let changes = 0;
  /** Others each time: the same again would be no change. */
  const settings = () => ({ token_hygiene: { cleanup_after_days: 100 + ++changes } });
  const described = () => ({ description: `described ${++changes}` });
  const shared = () => ({ clients: [`bot-${++changes}`] });
  const branch = () => ({ branch: { uid: `branch-${++changes}` } });
  const alias = () => ({ branch_alias: { uid: `alias-${++changes}`, target_branch: 'main' } });
  /** Every call that needs to be an owner or admin, on a token. */
  const calls: readonly [string, (uid: string, name: string, call: Call) => Promise<Reply>][] = [
    ['list', (_uid, _name, call) => running.call('GET', tokens, call)],
    ['create', (_uid, _name, call) => running.call('POST', tokens, { json, ...call })],
    ['fetch', (uid, _name, call) => running.call('GET', `${tokens}/${uid}`, call)],
    [
      'edit',
      (uid, _name, call) => running.call('PUT', `${tokens}/${uid}`, { json: { token: { description: 'x' } }, ...call }),
    ],
    ['successor', (uid, _name, call) => running.call('POST', `${tokens}/${uid}/successor`, { json: {}, ...call })],
    ['delete preview', (uid, _name, call) => running.call('GET', `${tokens}/${uid}/delete_preview`, call)],
    ['sessions', (uid, _name, call) => running.call('GET', `${tokens}/${uid}/sessions`, call)],
    ['end all sessions', (uid, _name, call) => running.call('DELETE', `${tokens}/${uid}/sessions`, call)],
    ['end one session', (uid, _name, call) => running.call('DELETE', `${tokens}/${uid}/sessions/${unknown}`, call)],
    [
      'delete',
      (uid, name, call) => running.call('DELETE', `${tokens}/${uid}?confirm_name=${encodeURIComponent(name)}`, call),
    ],
    ['delete without a name', (uid, _name, call) => running.call('DELETE', `${tokens}/${uid}`, call)],
    [
      'delete by what cannot be a name',
      (uid, _name, call) => running.call('DELETE', `${tokens}/${uid}?confirm_name=%00`, call),
    ],
    ['people', (_uid, _name, call) => running.call('GET', '/v3/stacks/users', call)],
    [
      'edit the stack',
      (_uid, _name, call) => running.call('PUT', '/v3/stacks', { json: { stack: described() }, ...call }),
    ],
    ['share', (_uid, _name, call) => running.call('POST', '/v3/stacks/share', { json: shared(), ...call })],
    [
      'unshare',
      (_uid, _name, call) => running.call('POST', '/v3/stacks/unshare', { json: { client: 'bot' }, ...call }),
    ],
    [
      'transfer',
      (_uid, _name, call) =>
        running.call('POST', '/v3/stacks/transfer_ownership', { json: { transfer_to: people.admin.email }, ...call }),
    ],
    ['add a branch', (_uid, _name, call) => running.call('POST', '/v3/stacks/branches', { json: branch(), ...call })],
    [
      'add an alias',
      (_uid, _name, call) => running.call('POST', '/v3/stacks/branch_aliases', { json: alias(), ...call }),
    ],
    [
      'move an alias',
      (_uid, _name, call) => running.call('PUT', '/v3/stacks/branch_aliases', { json: alias(), ...call }),
    ],
    [
      'move an alias by its path',
      (_uid, _name, call) =>
        running.call('PUT', '/v3/stacks/branch_aliases/deploy', {
          json: { branch_alias: { target_branch: 'main' } },
          ...call,
        }),
    ],
    ['hygiene', (_uid, _name, call) => running.call('GET', hygiene, call)],
    ['change hygiene', (_uid, _name, call) => running.call('PUT', hygiene, { json: settings(), ...call })],
    [
      'preview hygiene',
      (_uid, _name, call) => running.call('POST', `${hygiene}/preview`, { json: settings(), ...call }),
    ],
    ['audit log', (_uid, _name, call) => running.call('GET', '/v3/audit-logs', call)],
    ['audit entry', (_uid, _name, call) => running.call('GET', `/v3/audit-logs/${'0'.repeat(32)}`, call)],
  ];
  const onOneToken = calls.filter(([name]) => /fetch|edit$|delete|session|successor/.test(name));
  const onTheStack = ['list', 'people', 'hygiene', 'change hygiene', 'preview hygiene', 'audit log'];

  const isWrite = ({ operation, status }: FrontRequest) =>
    status === 200 && !/^(?:BatchGet|Get)Item|Query$/.test(operation);

  /** The answer with the writes that it took. */
  async function watched(run: () => Promise<Reply>): Promise<{ reply: Reply; writes: readonly FrontRequest[] }> {
    const replies: Reply[] = [];
    const requests = await running.requestsDuring(async () => void replies.push(await run()));
    const [reply] = replies;
    if (!reply) throw new Error('There was no answer.');
    return { reply, writes: requests.filter(isWrite) };
  }

  /** Everything that was answered, but for the ids of the request and the moment. */
  function bytesOf({ status, headers, text, body }: Reply): string {
    const ids = ['x-request-id', 'apigw-requestid', 'date'];
    const kept = [...headers].filter(([name]) => !ids.includes(name));
    const id = headers.get('x-request-id');
    expect(body.instance).toBe(`urn:uuid:${id}`);
    return JSON.stringify([status, kept, text.replaceAll(`${id}`, 'ID')]);
  }

  describe.each(calls)('%s', (_name, ask) => {
    it.each([
      ['developer', 403, 162],
      ['outsider', 412, 109],
      ['resource_server', 412, 109],
    ] as const)('a %s is refused, and nothing is written', async (as, status, error_code) => {
      const { reply, writes } = await watched(() => ask(token.uid, token.name, { as }));
      expect(reply).toMatchObject({ status, body: { error_code } });
      expect(writes).toEqual([]);
    });

    it('who is nobody, or not who they say, is refused without a request to storage, and all in one way', async () => {
      const refused: string[] = [];
      for (const credentials of await forgeries()) {
        const recorded: Reply[] = [];
        const requests = await running.requestsDuring(async () =>
          recorded.push(await ask(token.uid, token.name, { headers: credentials })),
        );
        expect([requests, recorded[0]?.status]).toEqual([[], 401]);
        refused.push(...recorded.map(bytesOf));
      }
      expect(new Set(refused).size).toBe(1);
    });

    it('a stack that is not there is like a stack of others', async () => {
      const [there, not] = await Promise.all(
        [foreign.stack, unknown].map((stack) => watched(() => ask(token.uid, token.name, { as: 'owner', stack }))),
      );
      expect(there && bytesOf(there.reply)).toBe(not && bytesOf(not.reply));
      expect([there?.reply.status, there?.writes, not?.writes]).toEqual([412, [], []]);
    });
  });

  it.each(onOneToken)(
    '%s: a token of another stack and one that is not there are the same answer, and nothing is written',
    async (_, ask) => {
      const deleted = await running.createToken();
      await running.deleteToken(deleted);
      for (const as of ['owner', 'admin', 'automation'] as const) {
        const answers = [];
        for (const [uid, name] of [
          [foreign.uid, foreign.name],
          [unknown, 'x'],
          [deleted.uid, deleted.name],
          ['blt1', 'x'],
        ] as const) {
          const { reply, writes } = await watched(() => ask(uid, name, { as }));
          expect(writes).toEqual([]);
          answers.push(bytesOf(reply));
        }
        expect(answers[0]).toContain('[404,');
        expect(new Set(answers).size).toBe(1);
      }
    },
  );

  it('an owner, an admin and a machine that is admin may do everything', async () => {
    for (const as of ['owner', 'admin', 'automation'] as const) {
      const own = await running.createToken({}, { as });
      const statuses = [];
      for (const [name, ask] of calls.filter(([name]) =>
        [
          ...onTheStack,
          'edit the stack',
          'share',
          'move an alias',
          'fetch',
          'edit',
          'delete preview',
          'sessions',
          'end all sessions',
          'delete',
        ].includes(name),
      )) {
        statuses.push([name, (await ask(own.uid, own.name, { as })).status]);
      }
      expect(statuses.filter(([, status]) => status !== 200)).toEqual([]);
    }
  });

  it('refusals are audited only for an owner or admin, on a token of that stack', async () => {
    const remove = (uid: string, as: NonNullable<Call['as']>, query: string) =>
      running.call('DELETE', `${tokens}/${uid}${query}`, { as });
    const audited = async () => (await running.operator.items(running.operator.tables.audit)).length;
    for (const query of ['', '?confirm_name=wrong', '?confirm_name=%00']) {
      for (const as of ['owner', 'admin', 'automation'] as const) {
        const before = await audited();
        await remove(token.uid, as, query);
        expect(await audited()).toBe(before + 1);
        for (const uid of [foreign.uid, unknown, 'blt1']) await remove(uid, as, query);
        expect(await audited()).toBe(before + 1);
      }
      const before = await audited();
      for (const as of ['developer', 'outsider'] as const) await remove(token.uid, as, query);
      expect(await audited()).toBe(before);
    }
  });

  it.each([
    ['removed', 412],
    ['made a developer', 403],
  ] as const)('an admin who is %s between the read and the write changes nothing', async (how, status) => {
    const changing: readonly [string, (call: Call) => Promise<Reply>][] = [
      ['create', (call) => running.call('POST', tokens, { json, ...call })],
      ['edit', (call) => running.call('PUT', `${tokens}/${token.uid}`, { json, ...call })],
      ['succeed', (call) => running.call('POST', `${tokens}/${token.uid}/successor`, { json: {}, ...call })],
      ['delete', (call) => running.deleteToken(token, call)],
      ['change hygiene', (call) => running.call('PUT', hygiene, { json: settings(), ...call })],
      ['edit the stack', (call) => running.call('PUT', '/v3/stacks', { json: { stack: described() }, ...call })],
      ['share', (call) => running.call('POST', '/v3/stacks/share', { json: shared(), ...call })],
      ['add a branch', (call) => running.call('POST', '/v3/stacks/branches', { json: branch(), ...call })],
      ['move an alias', (call) => running.call('PUT', '/v3/stacks/branch_aliases', { json: alias(), ...call })],
    ];
    const doors = ['http/change-tokens', 'http/token-hygiene', 'http/change-stacks'].map((door) =>
      running.operator.roleOf(door),
    );
    for (const [name, change] of changing) {
      const before = await stored();
      const member = await memberRow('admin');
      // Others' transactions are in the way of the change until the membership is gone: it was read before that.
      const isChange = ({ operation, caller }: { operation: string; caller: string }) =>
        operation === 'TransactWriteItems' && doors.includes(caller);
      const heal = running.system.front.inject({ when: isChange, kind: 'conflict' });
      onTestFinished(heal);
      const recording = running.system.front.record();
      const answer = change({ as: 'admin' });
      await vi.waitFor(() => expect(recording.requests.filter(isChange)).not.toEqual([]), {
        timeout: 2500,
        interval: 5,
      });
      if (how === 'removed') await member.remove();
      else await member.setRole('developer');
      heal();
      const reply = await answer;
      recording.stop();
      await member.restore();
      expect([name, reply.status]).toEqual([name, status]);
      expect(recording.requests.filter(isWrite)).toEqual([]);
      expect(changesBetween(before, await stored())).toEqual([]);
    }
  });

  const stored = async () => Object.values(await running.operator.everything()).flat();

  /** The keys of the items that came, went or changed. */
  function changesBetween(before: readonly StoredItem[], after: readonly StoredItem[]): string[] {
    const keyed = (items: readonly StoredItem[]) => new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
    const [one, other] = [keyed(before), keyed(after)];
    return [...new Set([...one.keys(), ...other.keys()])].filter(
      (key) => !isDeepStrictEqual(one.get(key), other.get(key)),
    );
  }

  async function memberRow(person: keyof typeof people) {
    const { client, tables } = running.operator;
    const uid = personUid({ issuer: running.system.issuer.endpoint, sub: people[person].sub });
    const [TableName, Key] = [tables.tokens, marshall({ pk: `STACK#${running.stack}`, sk: `MEMBER#${uid}` })];
    const before = await running.operator.item(tables.tokens, `STACK#${running.stack}`, `MEMBER#${uid}`);
    const set = (attributes: Record<string, unknown>) => {
      const names = Object.keys(attributes).filter((name) => name !== 'pk' && name !== 'sk');
      return client.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: marshall(Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]]))),
        }),
      );
    };
    return {
      remove: () => client.send(new DeleteItemCommand({ TableName, Key })),
      setRole: (role: string) => set({ role }),
      restore: () => set(before ?? {}),
    };
  }

  /** Everybody who is not who they say: the owner's name on each, where it holds one. */
  async function forgeries(): Promise<Record<string, string>[]> {
    const { issuer } = running.system;
    const { sub } = people.owner;
    const good = await issuer.mint({ sub });
    const [header = '', payload = '', signature = ''] = good.split('.');
    const unsigned = `${encoded({ ...decoded(header), alg: 'none' })}.${payload}`;
    const { keys } = (await (await fetch(issuer.jwksUrl)).json()) as { keys: JWK[] };
    const pem = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const withSecret = `${encoded({ ...decoded(header), alg: 'HS256' })}.${payload}`;
    const hmac = createHmac('sha256', pem).update(withSecret).digest('base64url');
    const jwts = [
      await issuer.mint({ sub, lifetime: -60 }),
      await issuer.mint({ sub, nbf: Math.floor(Date.now() / 1000) + 600 }),
      await issuer.mint({ sub, exp: undefined }),
      await issuer.mint({ sub, issuer: 'https://issuer.example' }),
      await issuer.mint({ sub, audience: 'another' }),
      await issuer.mint({ sub, audience: null }),
      await issuer.mint({ sub, audience: null, client_id: 'another' }),
      await issuer.mint({ sub, audience: 'another', client_id: AUDIENCE }),
      await issuer.mint({ sub: '' }),
      `${unsigned}.`,
      `${unsigned}.${signature}`,
      `${withSecret}.${hmac}`,
      `${header}.${encoded({ ...decoded(payload), sub: 'adam-admin' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      token.value,
      'x',
    ];
    return [{}, ...jwts.flatMap((jwt) => [{ authtoken: jwt }, { authorization: `Bearer ${jwt}` }])];
  }
});

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString());
