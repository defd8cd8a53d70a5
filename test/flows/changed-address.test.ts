import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { personUid } from '../../functions/stacks/person.ts';
import { isWrite } from '../http/ask-as-everybody.ts';
import { HygieneScene } from '../support/hygiene-scene.ts';
import type { Call, RunningSystem } from '../support/running-system.ts';

/** Somebody whose verified address changes at the issuer, over HTTP: what is known of them, by whom, and where mails go. */
let scene: HygieneScene;
let running: RunningSystem;
beforeAll(async () => {
  scene = await HygieneScene.start();
  ({ running } = scene);
});
afterAll(() => running.stop());

const tenYears = 315_360_000;
const [old, today] = ['ann@old.example.test', 'Ann@Example.test'];
const tokens = '/v3/stacks/management_tokens';

/** A call as an account of the issuer, by a JWT that says so. */
async function signedIn(claims: { sub: string; email: string; iat?: number; email_verified?: boolean }): Promise<Call> {
  const authtoken = await running.system.issuer.mint({ email_verified: true, lifetime: tenYears, ...claims });
  return { headers: { authtoken } };
}
const seconds = () => Math.floor(scene.now.getTime() / 1000);

it('is known by the address of today from their next visit on: shared with, warned and removed by it', async () => {
  await scene.begin(6);
  const { key: stack } = await scene.stack('Changed address');
  const owner = (method: string, path: string, json?: object) =>
    running.call(method, path, { as: 'owner', stack, ...(json ? { json } : {}) });
  const emails = async () =>
    ((await owner('GET', '/v3/stacks/users')).body.users as { email: string }[]).map(({ email }) => email);
  const visit = async (call: Call, named = false) => {
    const replies: number[] = [];
    const requests = await running.requestsDuring(async () => {
      replies.push((await running.call('GET', '/v3/stacks', { ...call, stack: named ? stack : null })).status);
    });
    expect(replies).toEqual([200]);
    return requests.map(({ operation }) => operation);
  };

  await owner('POST', '/v3/stacks/share', { emails: [old], roles: { [old]: ['admin'] } });
  const before = await signedIn({ sub: 'ann', email: old, iat: seconds() - 60 });
  await visit(before);
  expect(await emails()).toContain(old);

  const after = await signedIn({ sub: 'ann', email: today, iat: seconds() });
  const elsewhere = await running.requestsDuring(async () => {
    for (const path of [tokens, '/v3/stacks/users', '/v3/stacks/branches', '/v3/audit-logs'])
      expect((await running.call('GET', path, { ...after, stack })).status).toBe(200);
  });
  expect(elsewhere.filter(isWrite)).toEqual([]);
  const unverified = await signedIn({ sub: 'ann', email: today, iat: seconds(), email_verified: false });
  expect(await visit(unverified)).toEqual(['Query', 'BatchGetItem']);
  expect(await emails()).toContain(old);

  expect(await visit(after, true)).toEqual(['BatchGetItem', 'Query', 'TransactWriteItems']);
  expect(await emails()).toContain(today);
  expect(await emails()).not.toContain(old);
  const { logs } = (await owner('GET', '/v3/audit-logs?limit=1')).body;
  expect(logs[0]).toMatchObject({
    module: 'stack',
    event_type: 'update',
    metadata: { title: today },
    changes: [{ field: 'email', from: old, to: today }],
  });
  // Nor does a JWT that does not say when it was issued, or says what is no instant.
  for (const iat of [undefined, 1e300]) {
    const authtoken = await running.system.issuer.mint({ sub: 'ann', email: old, email_verified: true, iat });
    expect(await visit({ headers: { authtoken } }, true)).toEqual(['BatchGetItem']);
  }
  // Neither the same address again nor the older JWT, which is still in use, costs a write or a further request.
  for (const call of [after, before]) {
    expect(await visit(call, true)).toEqual(['BatchGetItem']);
    expect(await visit(call)).toEqual(['Query', 'Query', 'BatchGetItem']);
  }
  expect(await emails()).toContain(today);

  // Warned of a day before it expires: the warning is claimed, and sent at the next hour of mails.
  await running.createToken({ name: 'due', expires_on: scene.after(28) }, { as: 'owner', stack });
  scene.goTo(10, 30);
  await scene.sweep();
  scene.goTo(8, 1);
  await scene.sweep();
  const addressed = running.system.mails.list().flatMap(({ to }) => to);
  // SES is given the domain in ASCII, which is in lower case.
  expect(addressed).toContain('Ann@example.test');
  expect(addressed).not.toContain(old);

  expect((await owner('POST', '/v3/stacks/unshare', { email: old })).body.errors).toEqual({
    email: ['is not a member of this stack.'],
  });
  const role = { emails: [today], roles: { [today]: ['developer'] } };
  expect((await owner('POST', '/v3/stacks/share', role)).status).toBe(200);
  expect((await running.call('GET', tokens, { ...after, stack })).status).toBe(403);
  expect((await owner('POST', '/v3/stacks/transfer_ownership', { transfer_to: old })).status).toBe(422);
  expect((await owner('POST', '/v3/stacks/unshare', { email: today })).status).toBe(200);
  expect((await running.call('GET', tokens, { ...after, stack })).status).toBe(412);
});

it('is known by it also where an earlier JWT claimed to be issued in the future, once our clock is past its lead', async () => {
  const stack = await running.createStack('owner');
  const [wrong, right] = ['eve@old.example.test', 'eve@example.test'];
  await running.call('POST', '/v3/stacks/share', { as: 'owner', stack, json: { emails: [wrong] } });
  const visit = async (email: string, iat: number) => {
    const call = await signedIn({ sub: 'eve', email, iat });
    expect((await running.call('GET', '/v3/stacks', { ...call, stack })).status).toBe(200);
    const { users } = (await running.call('GET', '/v3/stacks/users', { as: 'owner', stack })).body;
    return (users as { email: string }[]).map((user) => user.email).filter((address) => address.startsWith('eve'));
  };
  expect(await visit(wrong, seconds() + 365 * 86_400)).toEqual([wrong]);
  running.system.clock.advance('PT31S');
  expect(await visit(right, seconds())).toEqual([right]);
});

it('is known by it once, also where the answer of storage is lost, and with one entry', async () => {
  const stack = await running.createStack('owner');
  await running.call('POST', '/v3/stacks/share', { as: 'owner', stack, json: { emails: ['bo@old.example.test'] } });
  await running.call('GET', '/v3/stacks', {
    ...(await signedIn({ sub: 'bo', email: 'bo@old.example.test', iat: 1 })),
    stack,
  });
  const heal = running.system.front.inject({
    kind: 'lose-answer',
    times: 2,
    when: ({ caller, operation }) =>
      caller === running.operator.roleOf('http/stacks') && operation === 'TransactWriteItems',
  });
  onTestFinished(heal);
  const visited = await signedIn({ sub: 'bo', email: 'bo@example.test', iat: 2 });
  expect((await running.call('GET', '/v3/stacks', { ...visited, stack })).status).toBe(200);
  heal();
  const { users } = (await running.call('GET', '/v3/stacks/users', { as: 'owner', stack })).body;
  expect(users).toContainEqual(expect.objectContaining({ email: 'bo@example.test' }));
  const { logs } = (await running.call('GET', '/v3/audit-logs', { as: 'owner', stack })).body;
  const changed = (logs as { changes: { field: string }[] }[]).filter(({ changes }) => changes[0]?.field === 'email');
  expect(changed).toHaveLength(1);
});

it('may get the address of another member: who shares, unshares or transfers by it is asked whom they mean', async () => {
  const stack = await running.createStack('owner');
  const [same, other] = ['cy@example.test', 'di@example.test'];
  const owner = (path: string, json: object) =>
    running.call('POST', `/v3/stacks/${path}`, { as: 'owner', stack, json });
  expect((await owner('share', { emails: [same, other] })).status).toBe(200);
  const accounts = [
    await signedIn({ sub: 'cy', email: same, iat: 1 }),
    await signedIn({ sub: 'di', email: other, iat: 1 }),
    await signedIn({ sub: 'di', email: same, iat: 2 }),
  ];
  for (const account of accounts)
    expect((await running.call('GET', '/v3/stacks', { ...account, stack })).status).toBe(200);
  type User = { readonly uid: string; readonly email: string; readonly role: string };
  const both = async () => {
    const { users } = (await running.call('GET', '/v3/stacks/users', { as: 'owner', stack })).body;
    return (users as User[]).filter(({ email }) => email === same);
  };
  const twins = await both();
  expect(twins.map(({ role }) => role)).toEqual(['developer', 'developer']);
  for (const [path, body, field] of [
    ['share', { emails: [same], roles: { [same]: ['admin'] } }, 'emails'],
    ['unshare', { email: same }, 'email'],
    ['transfer_ownership', { transfer_to: same }, 'transfer_to'],
  ] as const) {
    const refused = await owner(path, body);
    expect([refused.status, Object.keys(refused.body.errors)]).toEqual([422, [field]]);
    for (const { uid } of twins) expect(refused.body.errors[field][0]).toContain(uid);
  }
  expect(await both()).toEqual(twins);
  const di = personUid({ issuer: running.system.issuer.endpoint, sub: 'di' });
  expect((await owner('unshare', { uid: di })).status).toBe(200);
  expect(await both()).toEqual(twins.filter(({ uid }) => uid !== di));
});

it('is not let in by an address that only looks like the invited one', async () => {
  const stack = await running.createStack('owner');
  const [kelvin, k] = ['\u212Aate@example.test', 'kate@example.test'];
  await running.call('POST', '/v3/stacks/share', { as: 'owner', stack, json: { emails: [k] } });
  const stranger = await signedIn({ sub: 'kelvin', email: kelvin });
  const invited = await signedIn({ sub: 'kate', email: 'KATE@example.test' });
  expect((await running.call('GET', '/v3/stacks', { ...stranger, stack: null })).body.stacks).toEqual([]);
  expect((await running.call('GET', '/v3/stacks', { ...stranger, stack })).status).toBe(412);
  expect((await running.call('GET', '/v3/stacks', { ...invited, stack })).status).toBe(200);
});
