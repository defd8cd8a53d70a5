import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningSystem } from '../support/running-system.ts';
import { expectContract } from './contract.ts';
import { DoorsInProcess, type InProcessReply } from './doors-in-process.ts';
import { type OddRequest, oddRequests } from './odd-requests.ts';

/** What the owner of a stack, or a program, can be answered when storage answers. */
const possible = [200, 201, 400, 401, 403, 404, 409, 412, 413, 415, 422];

/** Fields and parameters that a refusal can be about. */
const namable =
  /^(token|token_hygiene|warn_days|mail_to|mail_about|send_hour|time_zone|cleanup_after_days|max_cleanup_per_day|stack|environment|session|name|description|scope|expires_on|is_email_notification_enabled|rate_limit_enabled|rate_limits|master_locale|confirm_name|uid|api_key|If-Match|Idempotency-Key|x-confirm-name)(\.|$)/;

function expectPossible(reply: InProcessReply): void {
  expectContract(reply);
  expect(possible, reply.text).toContain(reply.status);
  const named = reply.status < 400 ? [] : Object.keys(reply.body.errors);
  expect(named.filter((name) => !namable.test(name))).toEqual([]);
  if (reply.status === 422) expect(named, reply.text).not.toEqual([]);
}

const runs = { verbose: 1, endOnFailure: false } as const;

describe('whatever is sent', () => {
  it('to the doors in process is answered by the contract, within a second, and a refusal changes nothing', {
    timeout: 120_000,
  }, async () => {
    const doors = new DoorsInProcess();
    const scope = [
      { module: '$all', acl: { read: true } },
      { module: 'branch', branches: ['main'] },
    ];
    const json = { 'content-type': 'application/json' };
    const made = await doors.send({ route: 'POST /v3/stacks', headers: json, body: '{"stack":{"name":"Web"}}' });
    const api_key: string = made.body.stack.api_key;
    const token = JSON.stringify({ token: { name: 'ci-deploy', scope } });
    const create = { route: 'POST /v3/stacks/management_tokens', headers: { ...json, api_key }, body: token };
    const { uid } = (await doors.send(create)).body.token;
    const statuses = new Map<number, number>();
    const mine = (given: string, own: string) => (given === 'mine' ? own : given);

    await fc.assert(
      fc.asyncProperty(
        oddRequests.filter(({ route }) => doors.serves(route)),
        async ({ route, query, headers, body, ...given }) => {
          const before = doors.changes.length;
          const begun = performance.now();
          const reply = await doors.send({
            route,
            query,
            body,
            params: { uid: mine(given.uid, uid) },
            headers: { ...headers, api_key: mine(headers.api_key ?? '', api_key) },
          });
          expect(performance.now() - begun).toBeLessThan(1000);
          expectPossible(reply);
          const changed = doors.changes.slice(before);
          const audited = route.startsWith('DELETE') ? changed.filter(({ table }) => table !== 'audit') : changed;
          if (reply.status >= 400) expect(audited).toEqual([]);
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
        },
      ),
      { ...runs, numRuns: 5000 },
    );
    // The generator reaches success as well as every kind of refusal.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 412, 415, 422]));
  });

  describe('over HTTP', () => {
    let tokenward: RunningSystem;
    let live: { uid: string; value: string };
    beforeAll(async () => {
      tokenward = await RunningSystem.start({ streams: false });
      live = await tokenward.createToken();
    });
    afterAll(() => tokenward.stop());

    async function credentialsFor(route: OddRequest['route']): Promise<Record<string, string>> {
      if (route === 'POST /v3/environments') return { authorization: live.value };
      const who = route === 'POST /oauth2/introspect' ? 'resource_server' : 'owner';
      return { authorization: `Bearer ${await tokenward.jwt(who)}` };
    }

    it('is answered by the contract, and leaves everything consistent', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(oddRequests, async ({ route, uid, query, headers, body }) => {
          const [method = '', path = ''] = route.split(' ');
          const mine = headers.api_key === 'mine' ? { api_key: tokenward.stack } : {};
          expectPossible(
            await tokenward.call(method, `${path.replace('{uid}', uid === 'mine' ? live.uid : uid)}?${query}`, {
              stack: null,
              body,
              headers: { ...headers, ...mine, ...(await credentialsFor(route)) },
            }),
          );
        }),
        { ...runs, numRuns: 300 },
      );
      expect(await tokenward.operator.inconsistencies()).toEqual([]);
    });
  });
});
