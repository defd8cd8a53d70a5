import { afterAll, beforeAll, describe, it } from 'vitest';
import { everyRoute } from './ask-as-everybody.ts';
import { contractFault } from './contract.ts';
import { type CaseName, cases } from './contract-cases.ts';
import { type ContractWorld, startContractWorld } from './contract-world.ts';
import { contract } from './endpoint-contracts.ts';

/**
 * The table of the contract has the cases that somebody thought of for a route, and the document was held to that table: what both had
 * forgotten was in neither. Here every route gets every case that its row does not have (`statuses.test.ts` sends those), and every kind of
 * credential for every stack. `RunningSystem.call` throws where an answer is not in `openapi.json`.
 */
let world: ContractWorld;
beforeAll(async () => {
  world = await startContractWorld();
});
afterAll(() => world.stop());

const described = everyRoute.filter((route) => route !== '$default');
const allCases = Object.keys(cases) as CaseName[];
const aboutStacks: readonly CaseName[] = [
  'as it should be',
  'no api_key',
  'an unknown stack',
  'another stack',
  'what cannot be a stack',
  'two stacks',
];

/** A stack holds 30 tokens: those that were made on the way go again. */
async function tidy(route: string): Promise<void> {
  if (!/^(POST|DELETE) .*(management_tokens|revoke)/.test(route)) return;
  const { system, live, stopped, readOnly, limited } = world;
  const kept = new Set([live, stopped, readOnly, limited].map(({ uid }) => uid));
  const { body } = await system.call('GET', '/v3/stacks/management_tokens', { as: 'owner' });
  for (const token of body.tokens.filter(({ uid }: { uid: string }) => !kept.has(uid))) await system.deleteToken(token);
}

describe('every answer is in openapi.json', () => {
  it.concurrent.for(described)(
    '%s, whatever is wrong with the request',
    { timeout: 120_000 },
    async (route, { expect }) => {
      const ofItsRow = Object.values(contract[route].answers).flat();
      for (const what of allCases.filter((one) => !ofItsRow.includes(one))) {
        const good = await contract[route].good(world, 'as it should be');
        const reply = await world.send(route, await cases[what](good, world));
        expect(contractFault(reply), reply.text).toBeNull();
        await tidy(route);
      }
    },
  );

  it.concurrent.for(described)(
    '%s, whoever asks for whichever stack',
    { timeout: 120_000 },
    async (route, { expect }) => {
      const { system, live, stopped, openSession } = world;
      const jwts = ['owner', 'developer', 'resource_server'] as const;
      const credentials = [
        ...(await Promise.all(jwts.map(async (who) => `Bearer ${await system.jwt(who)}`))),
        ...[live, stopped].map(({ value }) => value),
        (await openSession(live)).token,
      ];
      for (const authorization of credentials) {
        for (const what of aboutStacks) {
          const { as, value, ...good } = await contract[route].good(world, 'as it should be');
          const attempt = { ...good, headers: { ...good.headers, authorization } };
          const reply = await world.send(route, await cases[what](attempt, world));
          expect(contractFault(reply), reply.text).toBeNull();
          await tidy(route);
        }
      }
    },
  );
});
