import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, type Reply, RunningSystem } from '../support/running-system.ts';
import { changesDuring, reasonFor } from '../support/stored-changes.ts';
import { expectContract, outcomeOf } from './contract.ts';

const tokensPath = '/v3/stacks/management_tokens';
const json = { 'content-type': 'application/json' };

let tokenward: RunningSystem;
let live: { uid: string; name: string; value: string };
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  live = await tokenward.createToken();
  await tokenward.operator.leaveNothingDue();
});
afterAll(() => tokenward.stop());

describe('what is odd', () => {
  const odd: readonly (readonly [what: string, outcome: string, method: string, path: string, call: () => Call])[] = [
    ['a name to confirm that cannot be one', '422/141', 'DELETE', '{live}?confirm_name=%00', () => ({ as: 'owner' })],
    ['a name to confirm that is not UTF-8', '400/141', 'DELETE', '{live}?confirm_name=%ff', () => ({ as: 'owner' })],
    [
      'a name to confirm that is too long',
      '422/141',
      'DELETE',
      `{live}?confirm_name=${'x'.repeat(4000)}`,
      () => ({ as: 'owner' }),
    ],
    [
      'a header with half an escape',
      '400/141',
      'DELETE',
      '{live}',
      () => ({ as: 'owner', headers: { 'x-confirm-name': '%f' } }),
    ],
    ['a uid of 2,000 characters', '404/141', 'GET', `${tokensPath}/${'b'.repeat(2000)}`, () => ({ as: 'owner' })],
    ['a uid with a slash', '404/141', 'GET', `${tokensPath}/a%2Fb`, () => ({ as: 'owner' })],
    ['an audit entry that cannot be one', '404/141', 'GET', '/v3/audit-logs/..', () => ({ as: 'owner' })],
    ['a limit that is no number', '422/141', 'GET', '/v3/audit-logs?limit=1e2', () => ({ as: 'owner' })],
    ['a limit of nothing', '422/141', 'GET', '/v3/audit-logs?limit=0', () => ({ as: 'owner' })],
    ['a skip beyond the end', '200', 'GET', '/v3/audit-logs?skip=1000', () => ({ as: 'owner' })],
    ['a skip that reads too far', '400/141', 'GET', '/v3/audit-logs?skip=1001', () => ({ as: 'owner' })],
    ['a skip of 40 digits', '400/141', 'GET', `/v3/audit-logs?skip=${'9'.repeat(40)}`, () => ({ as: 'owner' })],
    ['a skip that is no number', '400/141', 'GET', '/v3/audit-logs?skip=-1', () => ({ as: 'owner' })],
    ['a cursor twice', '400/141', 'GET', '/v3/audit-logs?cursor=a&cursor=a', () => ({ as: 'owner' })],
    ['unknown parameters', '200', 'GET', `${tokensPath}?page=x&branch=-1&locale=%7B&sort=%ff`, () => ({ as: 'owner' })],
    ['an order that is no UTF-8', '422/141', 'GET', `${tokensPath}?asc=%ff`, () => ({ as: 'owner' })],
    ['a query that is no JSON', '422/141', 'GET', `${tokensPath}?query=%7B`, () => ({ as: 'owner' })],
    [
      'a branch of 3,000 characters',
      '403/162',
      'GET',
      '/v3/environments',
      () => ({ value: live.value, headers: { branch: 'b'.repeat(3000) } }),
    ],
    [
      'an idempotency key of 256 characters',
      '400/141',
      'POST',
      tokensPath,
      () => ({ as: 'owner', json: { token: {} }, headers: { 'idempotency-key': 'k'.repeat(256) } }),
    ],
    [
      'a stack whose description is half a character',
      '422/141',
      'POST',
      '/v3/stacks',
      () => ({ as: 'owner', json: { stack: { name: 'x', description: '\ud800' } } }),
    ],
    [
      'a stack of another locale',
      '422/141',
      'POST',
      '/v3/stacks',
      () => ({ as: 'owner', json: { stack: { name: 'x', master_locale: '../x' } } }),
    ],
    [
      'an environment whose name is half a character',
      '422/141',
      'POST',
      '/v3/environments',
      () => ({ value: live.value, json: { environment: { name: '\udc00' } } }),
    ],
    ...(
      [
        ['a stack', 'POST', '/v3/stacks', { stack: { name: 'a\u2028b' } }],
        ['a stack that is renamed', 'PUT', '/v3/stacks', { stack: { name: 'a\u2029b' } }],
        ['a branch', 'POST', '/v3/stacks/branches', { branch: { uid: 'a\u2028b' } }],
        ['an alias', 'PUT', '/v3/stacks/branch_aliases/a%E2%80%A9', { branch_alias: { target_branch: 'main' } }],
        ['an address', 'POST', '/v3/stacks/share', { emails: ['a\u2028b@example.test'] }],
        ['a client', 'POST', '/v3/stacks/share', { clients: ['a\u2029b'] }],
      ] as const
    ).map(
      ([what, method, path, body]) =>
        [
          `${what} with a line separator`,
          '422/141',
          method,
          path,
          (): Call => ({
            as: 'owner',
            json: body,
            ...(path === '/v3/stacks' && method === 'POST' ? { stack: null } : {}),
          }),
        ] as const,
    ),
    [
      'an environment with a line separator',
      '422/141',
      'POST',
      '/v3/environments',
      () => ({ value: live.value, json: { environment: { name: 'a\u2028b' } } }),
    ],
    [
      'a session whose client has a line separator',
      '422/141',
      'POST',
      '/v3/token_sessions',
      () => ({ value: live.value, json: { session: { client: 'a\u2029b' } } }),
    ],
    [
      'fields that objects have by themselves',
      '422/141',
      'POST',
      tokensPath,
      () => ({
        as: 'owner',
        body: '{"token":{"__proto__":{"name":"x"},"constructor":1,"toString":2,"hasOwnProperty":3}}',
        headers: json,
      }),
    ],
    [
      'a role for what objects have by themselves',
      '422/141',
      'POST',
      '/v3/stacks/share',
      () => ({
        as: 'owner',
        body: '{"emails":["proto@example.test"],"roles":{"__proto__":["admin"]}}',
        headers: json,
      }),
    ],
    [
      'an introspection of nothing',
      '400/141',
      'POST',
      '/oauth2/introspect',
      () => ({ as: 'resource_server', body: new URLSearchParams({ token: '' }) }),
    ],
  ];

  it.each(odd)('%s → %s', async (_what, outcome, method, path, call) => {
    const given = call();
    const bearer = given.as === 'resource_server' ? { authorization: `Bearer ${await tokenward.jwt(given.as)}` } : {};
    const { as, ...rest } = given;
    const target = path.replace('{live}', `${tokensPath}/${live.uid}`);
    const sent = {
      ...(as && !bearer.authorization ? { as } : {}),
      ...rest,
      headers: { ...bearer, ...rest.headers },
    };
    const replies: Reply[] = [];
    const changes = await changesDuring(tokenward.operator, async () => {
      replies.push(await tokenward.call(method, target, sent));
    });
    for (const reply of replies) expectContract(reply);
    expect(replies.map(outcomeOf)).toEqual([outcome]);
    // None of it asks for a change that is made.
    expect(changes.filter((change) => reasonFor(change) === undefined)).toEqual([]);
  });
});

describe('a name is kept as it is', () => {
  it.each([
    ['with spaces around it', ' two  words '],
    ['of 50 astral characters', '🔑'.repeat(50)],
    ['with a joiner in it', 'a\u200db'],
    ['in another script', 'مفتاح'],
    ['with markup in it', '<b>"\'&%#/\\\u0060'],
  ])('%s', async (_, name) => {
    const token = await tokenward.createToken({ name });
    expect(token.name).toBe(name);
    expect((await tokenward.deleteToken(token)).status).toBe(200);
  });

  it('but for its form: NFC, so that one name is one name', async () => {
    const token = await tokenward.createToken({ name: 'Cafe\u0301' });
    expect(token.name).toBe('Caf\u00e9');
    const again = {
      as: 'owner',
      json: {
        token: {
          name: 'Caf\u00e9',
          scope: [
            { module: '$all', acl: { read: true } },
            { module: 'branch', branches: ['main'] },
          ],
        },
      },
    } as const;
    expect((await refusedName(again)).body.errors).toEqual({ name: ['is not unique.'] });
    expect((await tokenward.deleteToken({ ...token, name: 'Cafe\u0301' })).status).toBe(200);
  });

  /** A name that is taken is found out by the transaction, which then changes nothing. */
  const refusedName = (call: Call) => tokenward.call('POST', tokensPath, call);
});
