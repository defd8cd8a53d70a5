import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, type Reply, RunningSystem } from '../support/running-system.ts';

let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start({ streams: false });
});
afterAll(() => running.stop());

const tokens = '/v3/stacks/management_tokens';
const listAs = async (jwt: string): Promise<number> =>
  (await running.call('GET', tokens, { headers: { authtoken: jwt } })).status;
const introspectAs = (jwt: string, value: string): Promise<Reply> =>
  running.call('POST', '/oauth2/introspect', {
    headers: { authorization: `Bearer ${jwt}` },
    body: new URLSearchParams({ token: value }),
  });

describe('a machine', () => {
  /** The machine `automation`, an admin of the stack, with other scopes than it has at the issuer. */
  const automationWith = (claims: object) =>
    running.system.issuer.mint({ sub: 'automation', client_id: 'automation', ...claims });

  it.each<[string, object, { readonly manages: boolean; readonly introspects: boolean }]>([
    ['tokens:manage is a member', { scope: 'tokens:manage' }, { manages: true, introspects: false }],
    ['tokens:introspect is a service', { scope: 'tokens:introspect' }, { manages: false, introspects: true }],
    ['both is both', { scope: 'tokens:introspect tokens:manage' }, { manages: true, introspects: true }],
    ['both in scp is both', { scp: ['tokens:introspect', 'tokens:manage'] }, { manages: true, introspects: true }],
    [
      'both in two claims is both',
      { scope: ['tokens:introspect'], scp: 'tokens:manage' },
      { manages: true, introspects: true },
    ],
    ['neither is the member that its stack has made it', {}, { manages: true, introspects: false }],
  ])('with %s', async (_what, claims, { manages, introspects }) => {
    const { value } = await running.createToken();
    const jwt = await automationWith(claims);
    expect(await listAs(jwt)).toBe(manages ? 200 : 403);
    const answer = await introspectAs(jwt, value);
    expect([answer.status, answer.body.active]).toEqual(introspects ? [200, true] : [403, undefined]);
  });

  it('that is a service creates no stack, nothing is read for it, and it is told what it lacks', async () => {
    const requests = await running.requestsDuring(async () => {
      const call: Call = { as: 'resource_server', stack: null, json: { stack: { name: 'Of a service' } } };
      const reply = await running.call('POST', '/v3/stacks', call);
      expect(reply).toMatchObject({
        status: 403,
        body: { error_code: 162, detail: 'This takes the scope tokens:manage.' },
      });
      expect(reply.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    });
    expect(requests).toEqual([]);
  });
});

it('an invitation is taken up by an address whose email_verified is the text "true"', async () => {
  const email = 'text@example.test';
  await running.call('POST', '/v3/stacks/share', { as: 'owner', json: { emails: [email] } });
  const stacksOf = async (email_verified: unknown) => {
    const authtoken = await running.system.issuer.mint({ sub: 'of-another-issuer', email, email_verified });
    const { body } = await running.call('GET', '/v3/stacks', { stack: null, headers: { authtoken } });
    return body.stacks.map(({ api_key }: { api_key: string }) => api_key);
  };
  expect(await stacksOf('false')).toEqual([]);
  expect(await stacksOf('true')).toEqual([running.stack]);
});

it('a JWT that the issuer signed some seconds ahead of our clock is good', async () => {
  const nbf = Math.floor(running.system.clock.now().getTime() / 1000) + 25;
  expect(await listAs(await running.system.issuer.mint({ sub: 'olivia-owner', nbf }))).toBe(200);
});
