import { isDeepStrictEqual } from 'node:util';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RouteKey } from '../../functions/http/chain/routes.ts';
import { personUid } from '../../functions/stacks/person.ts';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { people } from '../../local/people/accounts.ts';
import { everyRoute, isWrite } from '../http/ask-as-everybody.ts';
import { bytesOf } from '../http/contract.ts';
import { type CaseName, cases } from '../http/contract-cases.ts';
import { type ContractWorld, startContractWorld } from '../http/contract-world.ts';
import { contract } from '../http/endpoint-contracts.ts';
import { forgedJwts } from '../support/forged-jwts.ts';
import type { StoredItem } from '../support/operator.ts';
import { allRights, type Call, type Reply, type RunningSystem } from '../support/running-system.ts';

// Law 10. Nobody else's. Owner and admins of that stack, nobody else; a foreign uid and an unknown uid are one answer and zero writes.
// Authority to change is tested in the changing transaction itself. Refusals are audited only for an owner or admin on a token of that
// stack.

/** What is somebody else's, and what it is like: the cases of the contract that are answered alike wherever a route has them. */
const theirs: readonly (readonly [CaseName, readonly CaseName[]])[] = [
  ['another stack', ['an unknown stack', 'what cannot be a stack']],
  ['a uid of another stack', ['an unknown uid', 'a deleted uid', 'what cannot be a uid']],
  ['a deleted uid of another stack', ['an unknown uid']],
  ['a session of another token', ['an unknown session']],
  ['an entry of another stack', ['an unknown entry', 'what cannot be a uid']],
];

interface Likeness {
  readonly route: RouteKey;
  readonly foreign: CaseName;
  readonly unknown: readonly CaseName[];
  /** What is wrong with the request beside. */
  readonly besides: CaseName;
}

/** Every route that is about a stack, a token, a session or an entry. */
const likeUnknown: readonly Likeness[] = everyRoute.flatMap((route) => {
  const { '400/141': malformed = [], ...others } = contract[route].answers;
  // What is malformed is refused for its form: the answer tells nothing about any stack.
  const has = new Set(Object.values(others).flat());
  // A deletion is judged by its name only where there is a token.
  const besides = (['as it should be', 'no name', 'what is no name'] as const).filter((what) => has.has(what));
  const alike = theirs.map(([foreign, some]) => ({ route, foreign, unknown: some.filter((what) => has.has(what)) }));
  const found = alike.filter(({ foreign, unknown }) => has.has(foreign) && unknown.length > 0);
  return found.flatMap((one) => besides.map((what) => ({ ...one, besides: what })));
});

describe("law 10: nobody else's", () => {
  let world: ContractWorld;
  let running: RunningSystem;
  /** A token of the seeded stack, which nothing here changes. */
  let token: { uid: string; name: string; value: string };
  beforeAll(async () => {
    world = await startContractWorld();
    running = world.system;
    token = await running.createToken();
  });
  afterAll(() => world.stop());

  const tokens = '/v3/stacks/management_tokens';
  const json = { token: { name: 'x', description: 'x', scope: allRights } };
  const hygiene = '/v3/stacks/token_hygiene';
  let changes = 0;
  /** Others each time: the same again would be no change. */
  const settings = () => ({ token_hygiene: { cleanup_after_days: 100 + ++changes } });
  const described = () => ({ description: `described ${++changes}` });
  const shared = () => ({ clients: [`bot-${++changes}`] });
  const branch = () => ({ branch: { uid: `branch-${++changes}` } });
  const aliases = '/v3/stacks/branch_aliases';
  const toMain = { branch_alias: { target_branch: 'main' } };

  /** The answer with the writes that it took. */
  async function watched(run: () => Promise<Reply>): Promise<{ reply: Reply; writes: readonly FrontRequest[] }> {
    const replies: Reply[] = [];
    const requests = await running.requestsDuring(async () => void replies.push(await run()));
    const [reply] = replies;
    if (!reply) throw new Error('There was no answer.');
    return { reply, writes: requests.filter(isWrite) };
  }

  // Who may do what at which route is the table in `test/http/outcomes-by-role.ts`; here is every way not to be who one says.
  it.each([
    ['read', (call: Call) => running.call('GET', `${tokens}/${token.uid}`, call)],
    [
      'delete',
      (call: Call) =>
        running.call('DELETE', `${tokens}/${token.uid}?confirm_name=${encodeURIComponent(token.name)}`, call),
    ],
  ])(
    'to %s: who is nobody, or not who they say, is refused without a request to storage, and all in one way',
    async (_, ask) => {
      const refused: string[] = [];
      for (const headers of await notWhoTheySay()) {
        const replies: Reply[] = [];
        const requests = await running.requestsDuring(async () => replies.push(await ask({ headers })));
        expect([requests, replies[0]?.status]).toEqual([[], 401]);
        refused.push(...replies.map(bytesOf));
      }
      expect(new Set(refused).size).toBe(1);
    },
  );

  it.each(likeUnknown)(
    '$route, $besides: $foreign is like $unknown, to the byte, and nothing is written',
    async ({ route, foreign, unknown, besides }) => {
      const signsIn = (await contract[route].good(world, foreign)).as !== undefined;
      for (const as of signsIn ? (['owner', 'admin', 'automation'] as const) : [null]) {
        const answers: string[] = [];
        for (const what of [foreign, ...unknown]) {
          const good = { ...(await contract[route].good(world, what)), ...(as ? { as } : {}) };
          const attempt = await cases[besides](await cases[what](good, world), world);
          const { reply, writes } = await watched(() => world.send(route, attempt));
          expect(writes).toEqual([]);
          answers.push(bytesOf(reply));
        }
        expect(answers).toEqual(answers.map(() => answers[0]));
      }
    },
  );

  it('refusals are audited only for an owner or admin, on a token of that stack', async () => {
    const remove = (uid: string, as: NonNullable<Call['as']>, query: string) =>
      running.call('DELETE', `${tokens}/${uid}${query}`, { as });
    const audited = async () => (await running.operator.items(running.operator.tables.audit)).length;
    for (const query of ['', '?confirm_name=wrong', '?confirm_name=%00']) {
      for (const as of ['owner', 'admin', 'automation'] as const) {
        const before = await audited();
        await remove(token.uid, as, query);
        expect(await audited()).toBe(before + 1);
        for (const uid of [world.foreign.uid, 'blt00000000000000ff', 'blt1']) await remove(uid, as, query);
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
      ['make an alias', (call) => running.call('PUT', `${aliases}/alias-${++changes}`, { json: toMain, ...call })],
      ['delete an alias', (call) => running.call('DELETE', `${aliases}/deploy?force=true`, call)],
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
  async function notWhoTheySay(): Promise<Record<string, string>[]> {
    const forged = Object.values(await forgedJwts(running.system.issuer, people.owner.sub)).flat();
    const held = [...forged, token.value].flatMap((jwt): Record<string, string>[] => [
      { authtoken: jwt },
      { authorization: `Bearer ${jwt}` },
    ]);
    return [{}, ...held];
  }
});
