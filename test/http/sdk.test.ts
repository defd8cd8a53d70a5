import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRights, RunningSystem, type Who } from '../support/running-system.ts';
import { client, type ManagementToken, type Stack } from './contentstack-sdk.ts';
import { describeStacksBySdk } from './sdk-of-stacks.ts';

/** Contentstack's own client, as its users use it; it knows nothing of this service. */
describe('the official SDK', () => {
  let tokenward: RunningSystem;
  let stack: Stack;
  beforeAll(async () => {
    tokenward = await RunningSystem.start({ streams: false });
    stack = await stackAs('owner');
  });
  afterAll(() => tokenward.stop());

  const stackAs = async (who: Who) => (await clientAs(who)).stack({ api_key: tokenward.stack });
  const clientAs = async (who: Who) => clientOf(await tokenward.jwt(who));
  const clientOf = (authtoken: string) =>
    client({
      endpoint: `${tokenward.system.endpoint}/v3`,
      authtoken,
      retryOnError: false,
      retryOnNetworkFailure: false,
    });

  let names = 0;
  const create = (fields: object = {}): Promise<ManagementToken> =>
    stack.managementToken().create({ token: { name: `sdk ${++names}`, description: '', scope: allRights, ...fields } });
  const fetched = (uid: string) => stack.managementToken(uid).fetch();

  it('creates a token, and is shown its value once', async () => {
    const token = await create({ description: 'by the SDK', expires_on: '2031-01-01' });
    expect(token).toMatchObject({
      uid: expect.stringMatching(/^blt[0-9a-f]{16}$/),
      token: expect.stringMatching(/^cs_[0-9a-f]{16}_\w{49}$/),
      description: 'by the SDK',
      scope: allRights,
      expires_on: '2031-01-01',
      status: 'active',
    });
    expect(await fetched(token.uid)).not.toHaveProperty('token');
    expect((await tokenward.use(String(token.token))).status).toBe(200);
  });

  it('works with a management token: environments, branches, aliases', async () => {
    const narrow = [
      { module: 'environment', acl: { read: true, write: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ];
    const { token: management_token } = await create({ scope: narrow });
    const { endpoint } = tokenward.system;
    const anonymous = client({ endpoint: `${endpoint}/v3`, retryOnError: false, retryOnNetworkFailure: false });
    const own = anonymous.stack({ api_key: tokenward.stack, management_token: String(management_token) });
    const name = 'made by the SDK';
    expect(await own.environment().create({ environment: { name, servers: [], urls: [] } })).toMatchObject({ name });
    const { items, count } = await own.environment().query({ include_count: true, limit: 1 }).find();
    expect([items.map((one) => one.name), count]).toEqual([[name], 1]);
    expect((await own.branch().query().find()).items.map(({ uid }) => uid)).toContain('main');
    expect(await own.branch('main').fetch()).toMatchObject({ uid: 'main', source: '' });
    expect((await own.branchAlias().fetchAll()).items).toContainEqual(expect.objectContaining({ alias: 'deploy' }));
    await expect(own.managementToken().query().find()).rejects.toMatchObject({ status: 401, errorCode: 105 });
  });

  it('finds and counts the tokens of a stack, the newest first', async () => {
    const [older, newer] = [await create(), await create()];
    const { items, count } = await stack.managementToken().query({ include_count: true }).find();
    expect(count).toBe(items.length);
    expect(items.slice(0, 2).map(({ uid }) => uid)).toEqual([newer.uid, older.uid]);
  });

  it('finds, counts and pages by what is asked', async () => {
    const [b, a] = [await create({ name: 'query b' }), await create({ name: 'query a', description: 'alpha' })];
    const tokens = (parameters: object) => stack.managementToken().query(parameters);
    const namesOf = ({ items }: { items: readonly ManagementToken[] }) => items.map(({ name }) => name);
    expect(namesOf(await tokens({ typeahead: 'QUERY', asc: 'name' }).find())).toEqual([a.name, b.name]);
    expect(namesOf(await tokens({ typeahead: 'query', desc: 'name', skip: 1 }).find())).toEqual([a.name]);
    expect(namesOf(await tokens({ query: { name: 'query b' } }).find())).toEqual([b.name]);
    expect(namesOf(await tokens({ query: { name: 'query b', status: 'expired' } }).find())).toEqual([]);
    expect(await tokens({ query: { description: 'alpha' }, limit: 1, include_count: true }).find()).toMatchObject({
      items: [{ name: a.name }],
      count: 1,
    });
    expect(namesOf(await tokens({ typeahead: 'query' }).findOne())).toEqual([a.name]);
    expect(await tokens({ typeahead: 'query' }).count()).toMatchObject({ tokens: 2, count: 2 });
  });

  it('updates a token right after it has created it, though it sends the value back', async () => {
    const token = await create();
    Object.assign(token, { description: 'edited', is_email_notification_enabled: true });
    const updated = await token.update();
    expect(updated).toMatchObject({ uid: token.uid, description: 'edited', is_email_notification_enabled: true });
    expect(updated).not.toHaveProperty('token');
    expect((await tokenward.use(String(token.token))).status).toBe(200);
  });

  it('updates what it has fetched, and what it did not touch stays', async () => {
    const before = await create({ expires_on: '2031-01-01T12:00:00+02:00', rate_limits: { read: 3, write: 2 } });
    const token = await fetched(before.uid);
    Object.assign(token, { name: `${token.name} renamed` });
    const after = await token.update();
    const { name, updated_at, ...rest } = dataOf(after);
    const { token: _value, name: _name, updated_at: _at, ...same } = dataOf(before);
    expect(rest).toEqual(same);
    expect(name).toBe(`${before.name} renamed`);
    expect(await fetched(token.uid)).toMatchObject({ name, updated_at });
  });

  it('updates a part: fields that are absent stay as they are', async () => {
    const before = await create({ description: 'stays', expires_on: '2031-01-01' });
    const partial = stack.managementToken(before.uid);
    Object.assign(partial, { is_email_notification_enabled: true });
    expect(await partial.update()).toMatchObject({
      name: before.name,
      description: 'stays',
      expires_on: '2031-01-01',
      is_email_notification_enabled: true,
    });
  });

  it('updates an expired token, though it sends the past date back', async () => {
    const { items } = await stack.managementToken().query().find();
    const expired = items.find(({ name }) => name === 'legacy-migration');
    const token = await fetched(expired?.uid ?? '');
    Object.assign(token, { description: 'expired long ago' });
    const past = String(token.expires_on);
    expect(await token.update()).toMatchObject({
      description: 'expired long ago',
      expires_on: past,
      status: 'expired',
    });
  });

  it('extends an expired token', async () => {
    const token = await create();
    Object.assign(token, { expires_on: 'now' });
    expect(await token.update()).toMatchObject({ status: 'expired' });
    expect((await tokenward.use(String(token.token))).status).toBe(401);
    const again = await fetched(token.uid);
    Object.assign(again, { expires_on: '2031-01-01' });
    expect(await again.update()).toMatchObject({ status: 'active', expires_on: '2031-01-01' });
    expect((await tokenward.use(String(token.token))).status).toBe(200);
  });

  it('deletes a token with its name as a parameter', async () => {
    const token = await create({ name: 'with spaces & Ümläute + %' });
    const deleted = await stack.managementToken(token.uid).delete({ confirm_name: 'with spaces & Ümläute + %' });
    expect(deleted.notice).toBe('Management Token deleted successfully.');
    expect((await tokenward.use(String(token.token))).status).toBe(401);
  });

  it('reads the audit log: all, a page, what is asked for, and one entry', async () => {
    const token = await create({ name: 'audited' });
    Object.assign(token, { description: 'edited' });
    await token.update();
    await stack
      .managementToken(token.uid)
      .delete({ confirm_name: 'Audited' })
      .catch(() => 'refused');
    const about = { 'metadata.uid': token.uid };
    const log = (parameters: object) => stack.auditLog().fetchAll(parameters);
    const eventsOf = ({ items }: { items: readonly { readonly [field: string]: unknown }[] }) =>
      items.map(({ event_type, outcome }) => `${event_type} ${outcome}`);
    const all = await log({ query: about, include_count: true });
    expect(eventsOf(all)).toEqual(['delete refused', 'update done', 'create done']);
    expect(all.count).toBe(3);
    expect(eventsOf(await log({ query: { ...about, outcome: 'done' }, skip: 1, limit: 1 }))).toEqual(['create done']);
    expect(eventsOf(await log({ limit: 2 }))).toEqual(['delete refused', 'update done']);
    expect((await log({ include_count: true, limit: 1 })).count).toBeGreaterThan(3);
    expect((await log({})).count).toBeUndefined();
    const [newest] = all.items;
    const { logs } = await stack.auditLog(newest?.uid ?? '').fetch();
    expect(logs).toMatchObject({
      uid: newest?.uid,
      event_type: 'delete',
      metadata: { uid: token.uid, title: 'audited' },
    });
    expect(Object.keys(logs)).not.toContain('metadata.uid');
  });

  describeStacksBySdk(() => ({ clientAs, stack, stackAs }));

  describe('tells its user what was wrong', () => {
    const error = (act: () => Promise<unknown>) => act().then(Object, (refusal: unknown) => refusal);

    it.each([
      ['a name that is taken', { name: 'ci-deploy' }, { name: ['is not unique.'] }],
      ['no name', { name: '' }, { name: ['is a required field'] }],
      [
        'a past expiry',
        { expires_on: '2020-01-01' },
        { expires_on: [expect.stringContaining('must be in the future')] },
      ],
      [
        'no branch',
        { scope: [{ module: 'entry', acl: { read: true } }] },
        { 'scope.branch_or_alias': ['is a required field'] },
      ],
    ])('at creation: %s', async (_, fields, errors) => {
      expect(await error(() => create(fields))).toMatchObject({
        status: 422,
        errorCode: 141,
        errorMessage: 'Management Token creation failed. Please try again.',
        errors,
      });
    });

    it.each([
      [
        'the value',
        { token: 'cs_another' },
        { token: ['cannot be changed. Generate a new management token instead.'] },
      ],
      ['a name that is taken', { name: 'ci-deploy' }, { name: ['is not unique.'] }],
      [
        'a past expiry',
        { expires_on: '2020-01-01' },
        { expires_on: [expect.stringContaining('must be in the future')] },
      ],
      [
        'several fields',
        { name: ' ', description: 5 },
        { name: ['is a required field'], description: ['must be text.'] },
      ],
    ])('at an update: %s', async (_, fields, errors) => {
      const token = await create();
      Object.assign(token, fields);
      expect(await error(() => token.update())).toMatchObject({
        status: 422,
        errorCode: 141,
        errorMessage: 'Management Token update failed. Please try again.',
        errors,
      });
    });

    it.each([
      ['no name', {}, 'is required. Enter the exact name of the token to delete it.'],
      ['another name', { confirm_name: 'SDK' }, 'does not match the name of this token.'],
    ])('at a deletion with %s, and the token stays', async (_, parameters, message) => {
      const token = await create();
      expect(await error(() => stack.managementToken(token.uid).delete(parameters))).toMatchObject({
        status: 422,
        errorCode: 141,
        errorMessage: 'Management Token deletion failed. Please try again.',
        errors: { confirm_name: [message] },
      });
      expect(await fetched(token.uid)).toMatchObject({ name: token.name });
    });

    it.each([
      ['developer', 403, 162, 'Access denied. You have insufficient permissions to perform this operation.'],
      ['outsider', 412, 109, "We can't retrieve the stack. Please recheck the entered api_key."],
    ] as const)('as the %s', async (who, status, errorCode, errorMessage) => {
      const theirs = await stackAs(who);
      const refusal = { status, errorCode, errorMessage };
      expect(await error(() => theirs.managementToken().query().find())).toMatchObject(refusal);
      expect(await error(() => theirs.managementToken('blt00000000000000ff').fetch())).toMatchObject(refusal);
    });

    it.each([
      ['fetched', (token: ManagementToken) => token.fetch()],
      ['updated', (token: ManagementToken) => token.update()],
      ['deleted', (token: ManagementToken) => token.delete({ confirm_name: 'gone' })],
    ])('of a token that is not there, when it is %s', async (_, act) => {
      expect(await error(() => act(stack.managementToken('blt00000000000000ff')))).toMatchObject({
        status: 404,
        errorCode: 141,
        errorMessage: 'The Management Token was not found. Please try again.',
        errors: { uid: ['is not valid.'] },
      });
    });

    it.each(['', 'a.b.c'])('when nobody is signed in, or nobody is known by "%s"', async (authtoken) => {
      const theirs = clientOf(authtoken).stack({ api_key: tokenward.stack });
      expect(await error(() => theirs.managementToken().query().find())).toMatchObject({
        status: 401,
        errorCode: 105,
        errorMessage: "You're not allowed in here unless you're logged in.",
      });
    });
  });
});

/** The fields, without the SDK's own. */
function dataOf(token: ManagementToken): Record<string, unknown> {
  const { stackHeaders, urlPath, ...fields } = token as ManagementToken & { stackHeaders: unknown; urlPath: unknown };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value !== 'function'));
}
