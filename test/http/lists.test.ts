import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '../../local/people/accounts.ts';
import { type Call, type Reply, RunningSystem } from '../support/running-system.ts';
import { expectContract } from './contract.ts';

const tokensPath = '/v3/stacks/management_tokens';

let tokenward: RunningSystem;
let live: { uid: string; name: string; value: string };
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  live = await tokenward.createToken();
  await tokenward.createToken();
  await tokenward.createStack();
  await tokenward.createStack();
  for (const name of ['a', 'b', 'c']) {
    const made = [
      await call('POST', '/v3/stacks/branches', { as: 'owner', json: { branch: { uid: `branch-${name}` } } }),
      await call('PUT', `/v3/stacks/branch_aliases/alias-${name}`, {
        as: 'owner',
        json: { branch_alias: { target_branch: 'main' } },
      }),
      await call('POST', '/v3/environments', { value: live.value, json: { environment: { name } } }),
      await call('POST', '/v3/token_sessions', { value: live.value }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 200, 201, 201]);
  }
});
afterAll(() => tokenward.stop());

const call = (method: string, path: string, given: Call) => tokenward.call(method, path, given);
const asOwner = (): Call => ({ as: 'owner' });

/** Every list of the API: where it is, and the name of its array. */
const lists: readonly { readonly path: string; readonly name: string; readonly given: () => Call }[] = [
  { path: tokensPath, name: 'tokens', given: asOwner },
  { path: '/v3/stacks', name: 'stacks', given: () => ({ as: 'owner', stack: null }) },
  { path: '/v3/stacks/users', name: 'users', given: asOwner },
  { path: '/v3/stacks/branches', name: 'branches', given: asOwner },
  { path: '/v3/stacks/branch_aliases', name: 'branch_aliases', given: asOwner },
  { path: '/v3/environments', name: 'environments', given: () => ({ value: live.value }) },
  { path: '/v3/audit-logs', name: 'logs', given: asOwner },
  { path: `${tokensPath}/{live}/sessions`, name: 'sessions', given: asOwner },
];
/** Sessions are gone through by a cursor. */
const withSkip = lists.filter(({ name }) => name !== 'sessions');

type List = (typeof lists)[number];

async function ask({ path, given }: List, query: string): Promise<Reply> {
  const reply = await call('GET', `${path.replace('{live}', live.uid)}${query && `?${query}`}`, given());
  expectContract(reply);
  return reply;
}

const odd = ['-1', '1.5', '1e1', '0x1', 'x', '', ' 1', '+1', '١', '1,2', 'null', 'true', '9'.repeat(30)];

describe.each(lists)('the list of $name', (list) => {
  it.each(['0', '00', '101', '1000', ...odd])(
    'with limit=%j is refused under the name of the parameter',
    async (text) => {
      const { status, body } = await ask(list, `limit=${encodeURIComponent(text)}`);
      expect([status, body.errors]).toEqual([422, { limit: ['must be a whole number from 1 to 100.'] }]);
    },
  );

  it('with a limit that is given twice is malformed', async () => {
    const { status, body } = await ask(list, 'limit=1&limit=2');
    expect([status, body.errors]).toEqual([400, { limit: ['is given twice.'] }]);
  });

  it('has as many as the limit says, from 1 to 100, and the same ones first', async () => {
    const all = (await ask(list, '')).body[list.name];
    expect(all.length).toBeGreaterThan(2);
    for (const limit of [1, 2])
      expect((await ask(list, `limit=${limit}`)).body[list.name]).toEqual(all.slice(0, limit));
    expect((await ask(list, 'limit=100')).body[list.name]).toEqual(all);
  });

  it('minds no parameter that it does not know', async () => {
    const { status, body } = await ask(list, 'page=-1&offset=x&per_page=0&sort=%ff&Limit=0&limit%5B%5D=0');
    expect(status).toBe(200);
    expect(body[list.name]).toEqual((await ask(list, '')).body[list.name]);
  });
});

describe.each(withSkip)('the list of $name', (list) => {
  it.each(odd)('with skip=%j is refused under the name of the parameter', async (text) => {
    const { status, body } = await ask(list, `skip=${encodeURIComponent(text)}`);
    expect([status, body.errors]).toEqual(
      // What is skipped of the audit log is read: its limit is lower, and a cursor goes on.
      list.name === 'logs'
        ? [
            400,
            { skip: ['must be a whole number from 0 to 1000. To go on, send the cursor of an answer as "cursor".'] },
          ]
        : [422, { skip: ['must be a whole number from 0 to 10000.'] }],
    );
  });

  it('begins after those that are skipped', async () => {
    const all = (await ask(list, 'skip=0')).body[list.name];
    expect((await ask(list, 'skip=1')).body[list.name]).toEqual(all.slice(1));
    expect((await ask(list, 'skip=1&limit=1')).body[list.name]).toEqual(all.slice(1, 2));
    expect((await ask(list, 'skip=1000')).body[list.name]).toEqual([]);
  });

  it('tells how many there are where that is asked, whatever the page', async () => {
    const all = (await ask(list, '')).body;
    expect(all).not.toHaveProperty('count');
    for (const query of ['include_count=true', 'include_count=true&limit=1', 'include_count=true&skip=1&limit=1'])
      expect((await ask(list, query)).body.count).toBe(all[list.name].length);
    expect((await ask(list, 'include_count=false')).body).not.toHaveProperty('count');
    const twice = await ask(list, 'include_count=true&include_count=true');
    expect([twice.status, twice.body.errors]).toEqual([400, { include_count: ['is given twice.'] }]);
  });
});

it('environments are listed by one request for the credential and one for the list, counted or not', async () => {
  for (const query of ['limit=1', 'include_count=true', 'skip=1&limit=1', '']) {
    const requests = await tokenward.requestsDuring(() =>
      call('GET', `/v3/environments?${query}`, { value: live.value }),
    );
    expect(requests.map(({ operation }) => operation)).toEqual(['BatchGetItem', 'Query']);
  }
  const refused = await tokenward.requestsDuring(() => call('GET', '/v3/environments?limit=0', { value: live.value }));
  expect(refused.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
});

it('the probe of the command line client, GET /v3/environments?limit=1, is answered', async () => {
  const { status, body } = await call('GET', '/v3/environments?limit=1', { value: live.value });
  expect([status, body.environments.length, body.error_message]).toEqual([200, 1, undefined]);
});

it('a list of stacks that is refused takes up no invitation', async () => {
  const stack = await tokenward.createStack();
  const { email } = people.outsider;
  await call('POST', '/v3/stacks/share', { as: 'owner', stack, json: { emails: [email] } });
  const waiting = async () => (await call('GET', '/v3/stacks/users', { as: 'owner', stack })).body.invitations.length;
  for (const query of ['limit=0', 'limit=1&limit=1', 'skip=x']) {
    expect((await call('GET', `/v3/stacks?${query}`, { as: 'outsider', stack: null })).status).toBeGreaterThanOrEqual(
      400,
    );
    expect(await waiting()).toBe(1);
  }
  await call('GET', '/v3/stacks', { as: 'outsider', stack: null });
  expect(await waiting()).toBe(0);
});
