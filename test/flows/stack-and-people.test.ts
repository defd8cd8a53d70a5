import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '../../local/people/accounts.ts';
import { type Call, RunningSystem } from '../support/running-system.ts';

/** Section 6 of the contract, over HTTP: what people do with a stack, and what it means for the next request of others. */
describe('a stack and its people', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  const tokens = '/v3/stacks/management_tokens';
  const { outsider, admin } = people;
  const on = (stack: string) => ({
    get: (path: string, as: NonNullable<Call['as']> = 'owner') => running.call('GET', path, { as, stack }),
    post: (path: string, json: object, as: NonNullable<Call['as']> = 'owner') =>
      running.call('POST', path, { as, stack, json }),
    put: (path: string, json: object, as: NonNullable<Call['as']> = 'owner') =>
      running.call('PUT', path, { as, stack, json }),
  });
  const stacksOf = async (as: NonNullable<Call['as']>) =>
    (await running.call('GET', '/v3/stacks', { as, stack: null })).body.stacks as { api_key: string; role: string }[];

  it('an invitation is taken up by who asks for their stacks, and a removal holds for the next request', async () => {
    const stack = await running.createStack('owner');
    const { get, post } = on(stack);
    expect((await get(tokens, 'outsider')).status).toBe(412);
    const shared = await post('/v3/stacks/share', { emails: [outsider.email], roles: { [outsider.email]: ['admin'] } });
    expect(shared).toMatchObject({ status: 200, body: { notice: 'Stack shared successfully.' } });
    expect((await get('/v3/stacks/users')).body.invitations).toEqual([
      expect.objectContaining({ email: outsider.email, role: 'admin' }),
    ]);
    expect((await get(tokens, 'outsider')).status).toBe(412);
    expect(await stacksOf('outsider')).toContainEqual(expect.objectContaining({ api_key: stack, role: 'admin' }));
    expect((await get(tokens, 'outsider')).status).toBe(200);
    expect((await get('/v3/stacks/users')).body).toMatchObject({
      users: expect.arrayContaining([
        expect.objectContaining({ email: outsider.email, role: 'admin', client: null }),
        expect.objectContaining({ email: people.owner.email, role: 'owner', client: null }),
      ]),
      invitations: [],
    });
    expect((await post('/v3/stacks/unshare', { email: outsider.email })).status).toBe(200);
    expect((await get(tokens, 'outsider')).status).toBe(412);
    expect((await stacksOf('outsider')).map(({ api_key }) => api_key)).not.toContain(stack);
  });

  it('an invitation is also taken up by who asks for that stack, and only with a verified address', async () => {
    const stack = await running.createStack('owner');
    await on(stack).post('/v3/stacks/share', { emails: [outsider.email] });
    const { issuer } = running.system;
    const unverified = await issuer.mint({ sub: 'somebody', email: outsider.email, email_verified: false });
    const asked = await running.call('GET', '/v3/stacks', { stack, headers: { authtoken: unverified } });
    expect(asked.status).toBe(412);
    expect((await on(stack).get('/v3/stacks', 'outsider')).body.stack).toMatchObject({
      api_key: stack,
      role: 'developer',
    });
    expect((await on(stack).get(tokens, 'outsider')).status).toBe(403);
  });

  it('an account that was deleted and made anew is let in once the old one is removed', async () => {
    const stack = await running.createStack('owner');
    const { get, post } = on(stack);
    const email = 'ann@example.test';
    const signedIn = async (sub: string) => {
      const authtoken = await running.system.issuer.mint({ sub, email, email_verified: true });
      return { stack, headers: { authtoken } };
    };
    const [old, anew] = [await signedIn('ann-1'), await signedIn('ann-2')];
    const share = () => post('/v3/stacks/share', { emails: [email], roles: { [email]: ['admin'] } });
    expect((await share()).status).toBe(200);
    expect((await running.call('GET', '/v3/stacks', { ...old, stack: null })).body.stacks).toHaveLength(1);
    expect((await running.call('GET', '/v3/stacks', anew)).status).toBe(412);

    const refused = await share();
    expect(refused.status).toBe(422);
    expect(refused.body.errors.emails[0]).toMatch(
      /^name an address that belongs to a member already, since \d{4}-\d\d-\d\dT[\d:.]+Z, as admin: ann@example\.test\. .*remove the member first, then invite the address again\.$/,
    );
    expect((await get('/v3/stacks/users')).body.invitations).toEqual([]);

    expect((await post('/v3/stacks/unshare', { email })).status).toBe(200);
    expect((await share()).status).toBe(200);
    expect((await running.call('GET', '/v3/stacks', anew)).body.stack).toMatchObject({ api_key: stack, role: 'admin' });
    expect((await running.call('GET', tokens, anew)).status).toBe(200);
    expect((await running.call('GET', tokens, old)).status).toBe(412);
    expect((await get('/v3/stacks/users')).body.users.filter((one: { email: string }) => one.email === email)).toEqual([
      expect.objectContaining({ role: 'admin' }),
    ]);
  });

  it('a machine is a member by its client id at once, and leaves by it', async () => {
    const stack = await running.createStack('owner');
    const { get, post } = on(stack);
    expect((await post('/v3/stacks/share', { clients: ['automation'], roles: { automation: ['admin'] } })).status).toBe(
      200,
    );
    expect((await get(tokens, 'automation')).status).toBe(200);
    expect((await get('/v3/stacks/users')).body.users).toContainEqual(
      expect.objectContaining({ email: null, client: 'automation', role: 'admin' }),
    );
    const again = await post('/v3/stacks/share', { clients: ['automation'], roles: { automation: ['admin'] } });
    expect([again.status, again.body.errors]).toEqual([
      422,
      {
        clients: [expect.stringMatching(/^name a machine that is a member already, since .*, as admin: automation\.$/)],
      },
    ]);
    expect((await post('/v3/stacks/unshare', { client: 'automation' })).status).toBe(200);
    expect((await get(tokens, 'automation')).status).toBe(412);
  });

  it('the ownership is transferred, and the old owner can be removed then', async () => {
    const stack = await running.createStack('owner');
    const { get, post } = on(stack);
    await post('/v3/stacks/share', { emails: [admin.email] });
    await get('/v3/stacks', 'admin');
    expect((await post('/v3/stacks/transfer_ownership', { transfer_to: admin.email })).status).toBe(200);
    expect((await post('/v3/stacks/unshare', { email: admin.email })).status).toBe(422);
    expect((await post('/v3/stacks/unshare', { email: people.owner.email }, 'admin')).status).toBe(200);
    expect((await get(tokens)).status).toBe(412);
    const { logs } = (await get('/v3/audit-logs', 'admin')).body;
    expect(logs[0]).toMatchObject({ changes: [{ field: `members.${people.owner.email}`, from: 'admin', to: null }] });
  });

  it('a stack has another name, and what is given is in the answer', async () => {
    const stack = await running.createStack('owner');
    const edited = await on(stack).put('/v3/stacks', { stack: { name: 'Renamed', description: 'new' } });
    expect(edited).toMatchObject({
      status: 200,
      body: { stack: { name: 'Renamed', description: 'new', role: 'owner' } },
    });
    expect((await on(stack).get('/v3/stacks')).body.stack).toMatchObject({ name: 'Renamed', description: 'new' });
  });

  it('an alias that moves takes the tokens with it, from the next request on', async () => {
    const stack = await running.createStack('owner');
    const { get, post, put } = on(stack);
    expect((await post('/v3/stacks/branches', { branch: { uid: 'next', source: 'main' } })).body).toMatchObject({
      branch: { uid: 'next', alias: [] },
    });
    const alias = '/v3/stacks/branch_aliases/deploy';
    const pointed = (target_branch: string) => put(alias, { branch_alias: { target_branch } });
    expect(await pointed('main')).toMatchObject({
      status: 200,
      body: { notice: 'Branch alias assigned successfully.', branch_alias: { uid: 'main', alias: 'deploy' } },
    });
    const scope = [
      { module: 'environment', acl: { read: true } },
      { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
    ];
    const { value } = await running.createToken({ scope }, { as: 'owner', stack });
    const statuses = async () =>
      Promise.all(
        ['main', 'next'].map(async (branch) => (await running.use(value, { stack, headers: { branch } })).status),
      );
    expect(await statuses()).toEqual([200, 403]);
    expect((await pointed('next')).status).toBe(200);
    expect(await statuses()).toEqual([403, 200]);
    expect((await pointed('main')).status).toBe(200);
    expect(await statuses()).toEqual([200, 403]);
    const { branch_aliases } = (await get('/v3/stacks/branch_aliases')).body;
    expect(branch_aliases).toMatchObject([{ uid: 'main', source: '', alias: 'deploy', deleted_at: false }]);

    const remove = (query: string) => running.call('DELETE', `${alias}${query}`, { as: 'owner', stack });
    expect(await remove('')).toMatchObject({ status: 422, body: { errors: { force: [expect.any(String)] } } });
    expect(await statuses()).toEqual([200, 403]);
    expect(await remove('?force=true')).toMatchObject({
      status: 200,
      body: { notice: 'Branch alias deleted successfully.' },
    });
    expect(await statuses()).toEqual([403, 403]);
    expect((await pointed('next')).status).toBe(200);
    expect(await statuses()).toEqual([403, 200]);
  });

  it('an alias is moved by the object that was read of it, and by one that has the name in the path as its uid', async () => {
    const stack = await running.createStack('owner');
    const { get, post, put } = on(stack);
    await post('/v3/stacks/branches', { branch: { uid: 'next' } });
    const path = '/v3/stacks/branch_aliases/deploy';
    const point = (branch_alias: object) => put(path, { branch_alias });
    const uidNow = async () => (await get(path)).body.branch_alias.uid;
    expect((await point({ target_branch: 'main', alias: 'deploy', uid: 'deploy' })).status).toBe(200);
    expect((await point({ ...(await get(path)).body.branch_alias, target_branch: 'next' })).status).toBe(200);
    expect(await uidNow()).toBe('next');
    expect((await point({ alias: 'deploy', uid: 'main', target_branch: 'main' })).status).toBe(200);
    expect(await uidNow()).toBe('main');
    expect((await point({ alias: 'other', target_branch: 'next' })).body.errors).toEqual({
      alias: [expect.any(String)],
    });
    expect(await uidNow()).toBe('main');
  });

  it('branches and aliases are read by whoever works with a token of the stack, whatever its scope', async () => {
    const stack = await running.createStack('owner');
    const { put } = on(stack);
    await put('/v3/stacks/branch_aliases/deploy', { branch_alias: { target_branch: 'main' } });
    const narrow = [
      { module: 'entry', acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ];
    const token = await running.createToken({ scope: narrow, expires_on: '2099-01-01' }, { as: 'owner', stack });
    const opened = await running.call('POST', '/v3/token_sessions', { value: token.value, stack });
    for (const value of [token.value, opened.body.session.token]) {
      for (const path of ['branches', 'branches/main', 'branch_aliases', 'branch_aliases/deploy']) {
        const read = await running.call('GET', `/v3/stacks/${path}`, { value, stack });
        expect([path, read.status, read.headers.has('token-expires-at')]).toEqual([path, 200, true]);
      }
    }
    await running.deleteToken(token, { stack });
    const after = await running.call('GET', '/v3/stacks/branches', { value: token.value, stack });
    expect([after.status, after.body.type]).toEqual([401, expect.stringMatching(/token-revoked$/)]);
  });
});
