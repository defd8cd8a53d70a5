import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteKey } from '../../functions/http/chain/routes.ts';
import { personUid } from '../../functions/stacks/person.ts';
import { people } from '../../local/people/accounts.ts';
import { changesDuring, keyOf, mayBeLeftByRefusals, reasonFor } from '../support/stored-changes.ts';
import { everyRoute } from './ask-as-everybody.ts';
import { outcomeOf } from './contract.ts';
import { type CaseName, cases } from './contract-cases.ts';
import { type ContractWorld, startContractWorld } from './contract-world.ts';
import { contract } from './endpoint-contracts.ts';

/**
 * Everything that can be refused is refused before anything is changed, on every route. Whoever asks here is invited to a stack, and
 * two of them have another address at the issuer than the stored one: a visit that is not refused would change both.
 */
const renamed = ['developer', 'outsider'] as const;
let world: ContractWorld;
beforeAll(async () => {
  world = await startContractWorld();
  await world.system.operator.leaveNothingDue();
  for (const as of renamed) await forgetAddress(as);
});
afterAll(() => world.stop());

const uidOf = (as: (typeof renamed)[number]) =>
  personUid({ issuer: world.system.system.issuer.endpoint, sub: people[as].sub });

/** As if another address were stored, from before JWTs were looked at. */
async function forgetAddress(as: (typeof renamed)[number]): Promise<void> {
  const { client, tables } = world.system.operator;
  await client.send(
    new UpdateItemCommand({
      TableName: tables.tokens,
      Key: { pk: { S: `PERSON#${uidOf(as)}` }, sk: { S: 'META' } },
      UpdateExpression: 'SET email = :email REMOVE vouched',
      ExpressionAttributeValues: { ':email': { S: `formerly-${people[as].email}` } },
    }),
  );
}

/** Every case of the contract in which the route refuses, sent all at once; they are made first, which may change something. */
async function refusalsOf(route: RouteKey): Promise<readonly (() => Promise<[CaseName, string, string]>)[]> {
  const refusals = Object.entries(contract[route].answers).filter(([outcome]) => !outcome.startsWith('2'));
  const all = refusals.flatMap(([outcome, names]) => names.map((what) => [what, outcome] as const));
  const made: (() => Promise<[CaseName, string, string]>)[] = [];
  for (const [what, outcome] of all) {
    const attempt = await cases[what](await contract[route].good(world, what), world);
    made.push(async () => [what, outcome, outcomeOf(await world.send(route, attempt))]);
  }
  return made;
}

describe('a request that is refused leaves every table as it was', () => {
  it.each(everyRoute)('%s', async (route) => {
    const refusals = await refusalsOf(route);
    const answers: [CaseName, string, string][] = [];
    const changes = await changesDuring(world.system.operator, async () => {
      answers.push(...(await Promise.all(refusals.map((send) => send()))));
    });
    expect(answers.map(([what, , given]) => [what, given])).toEqual(answers.map(([what, wanted]) => [what, wanted]));
    expect(changes.filter((change) => reasonFor(change) === undefined).map(keyOf)).toEqual([]);
  });

  it('but for what is listed, each of which there is', async () => {
    const { system } = world;
    // New ones: some of it is noted once a minute, or once an hour.
    const limited = await system.createToken({ rate_limits: { read: 9, write: 9 } });
    const deleted = await system.createToken();
    await system.deleteToken(deleted);
    const json = { environment: { name: '' } };
    const changes = await changesDuring(system.operator, async () => {
      const replies = [
        await system.call('DELETE', `/v3/stacks/management_tokens/${limited.uid}?confirm_name=x`, { as: 'owner' }),
        await system.call('POST', '/v3/environments', { value: limited.value, json }),
        await system.use(deleted.value),
      ];
      expect(replies.map(({ status }) => status)).toEqual([422, 422, 401]);
    });
    expect(new Set(changes.map(reasonFor))).toEqual(new Set(Object.keys(mayBeLeftByRefusals)));
  });

  it.each(renamed)('because it is refused: the visit of %s changes something once it is a good one', async (as) => {
    const changes = await changesDuring(world.system.operator, async () => {
      const { body } = await world.system.call('GET', '/v3/stacks', { as, stack: null });
      expect(body.stacks).toContainEqual(expect.objectContaining({ api_key: world.inviting, role: 'developer' }));
    });
    expect(changes.map(keyOf)).toContain(`STACK#${world.inviting} MEMBER#${uidOf(as)}`);
    expect(changes.map(keyOf)).toContain(`PERSON#${uidOf(as)} META`);
    // The next test may be one of the above, which are to find all of it waiting again.
    await waitAgain(as);
  });

  async function waitAgain(as: (typeof renamed)[number]): Promise<void> {
    const { system, inviting } = world;
    const { email } = people[as];
    const authtoken = await system.system.issuer.mint({ sub: 'hanna-host' });
    const share = (path: string, json: object) =>
      system.call('POST', `/v3/stacks/${path}`, { stack: inviting, headers: { authtoken }, json });
    expect((await share('unshare', { email })).status).toBe(200);
    expect((await share('share', { emails: [email] })).status).toBe(200);
    await forgetAddress(as);
  }
});
