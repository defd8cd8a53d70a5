import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteKey } from '../../functions/http/chain/routes.ts';
import { askAsEverybody, everyRoute, type Heard } from './ask-as-everybody.ts';
import { bytesOf, expectContract, outcomeOf } from './contract.ts';
import { type CaseName, cases } from './contract-cases.ts';
import { type ContractWorld, startContractWorld } from './contract-world.ts';
import { contract, type EndpointContract } from './endpoint-contracts.ts';
import { codes, outcomesByRole, roles } from './outcomes-by-role.ts';

type Row = readonly [route: RouteKey, outcome: string, what: CaseName];

const rows = (Object.entries(contract) as [RouteKey, EndpointContract][]).flatMap(([route, { answers }]) =>
  Object.entries(answers).flatMap(([outcome, names]) => names.map((what): Row => [route, outcome, what])),
);

let world: ContractWorld;
beforeAll(async () => {
  world = await startContractWorld();
});
afterAll(() => world.stop());

describe('every endpoint answers as the contract says', () => {
  it.concurrent.for(rows)('%s → %s: %s', async ([route, outcome, what], { expect }) => {
    const good = await contract[route].good(world, what);
    const reply = await world.send(route, await cases[what](good, world));
    expect(outcomeOf(reply), reply.text).toBe(outcome);
    expectContract(reply);
  });

  it.concurrent.for([
    ['GET /v3/environments', 'a limit of one a second', '429/429'],
    ['GET /v3', 'no route', '404/141'],
    ['GET /v3/stacks/management_tokens/{uid}/nothing', 'no route', '404/141'],
    ['PATCH /v3/stacks/management_tokens/{uid}', 'another method', '405/141'],
    ['PUT /v3/environments', 'another method', '405/141'],
    ['GET /oauth2/introspect', 'another method', '405/141'],
  ] as const)('%s with %s → %s', async ([route, , outcome], { expect }) => {
    const attempt = { value: world.limited.value, uid: world.live.uid };
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => world.send(route, attempt)));
    expect(replies.map(outcomeOf)).toContain(outcome);
    for (const reply of replies) expectContract(reply);
  });
});

describe('every endpoint answers everybody by their role', () => {
  let heard: Heard;
  beforeAll(async () => {
    heard = await askAsEverybody(world);
  });

  const expected = (route: RouteKey) =>
    outcomesByRole[route].map((status, at) => `${roles[at]}: ${[status, codes[status] ?? []].flat().join('/')}`);

  it.each(everyRoute)('%s', (route) => {
    const answers = heard.answers.filter((answer) => answer.route === route);
    for (const { reply } of answers) expectContract(reply);
    const told = answers.map(({ role, reply }) => `${role}: ${outcomeOf(reply)}`);
    expect([...new Set(told)].sort()).toEqual(expected(route).sort());
    // Where services sign in, the challenge to somebody without a credential has no `error` (RFC 6750, 3.1).
    const alike = route === 'POST /oauth2/introspect' ? answers.filter(({ role }) => role !== 'nobody') : answers;
    const unknown = alike.filter(({ reply }) => reply.status === 401).map(({ reply }) => bytesOf(reply));
    expect(new Set(unknown).size).toBeLessThanOrEqual(1);
  });

  it('who is nobody, or not who they say, is refused before storage is asked anything', () => {
    expect(heard.forNobody).toEqual([]);
  });

  it('nothing is written for who is refused', () => {
    expect(heard.writtenForRefused).toEqual([]);
  });
});

describe('when several things are wrong, the first of the order answers', () => {
  const order: readonly (readonly [CaseName, string])[] = [
    ['nobody signed in', '401/105'],
    ['an outsider', '412/109'],
    ['a developer', '403/162'],
    ['an unknown uid', '404/141'],
    ['an old ETag', '412/141'],
  ];
  const last = {
    'PUT /v3/stacks/management_tokens/{uid}': 'a field that breaks a rule',
    'DELETE /v3/stacks/management_tokens/{uid}': 'another name',
  } as const;
  const pairs = (Object.keys(last) as (keyof typeof last)[]).flatMap((route) => {
    const all = [...order, [last[route], '422/141'] as const];
    return all.flatMap(([first, outcome], at) =>
      all.slice(at + 1).map(([second]) => [route, first, second, outcome] as const),
    );
  });

  it.concurrent.for(pairs)('%s: %s before %s → %s', async ([route, first, second, outcome], { expect }) => {
    const good = await contract[route].good(world, second);
    const both = await cases[first](await cases[second](good, world), world);
    const reply = await world.send(route, both);
    expect(outcomeOf(reply), reply.text).toBe(outcome);
  });
});
