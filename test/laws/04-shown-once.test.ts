import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { redacted } from '../../functions/runtime/log.ts';
import { digestOf } from '../../functions/values/token-value.ts';
import { type Call, type Reply, RunningSystem } from '../support/running-system.ts';

// Law 4. Shown once. The token value leaves in one response. At rest there is a digest. It is in no log, event, audit entry, mail, dead
// letter, idempotency record or error.
describe('law 4: shown once', () => {
  let running: RunningSystem;
  let token: { uid: string; name: string; value: string };
  let session: string;
  /** Everything that was answered, but for the creation itself. */
  const answers: string[] = [];
  const tokens = '/v3/stacks/management_tokens';

  const heard = (reply: Reply): Reply => {
    answers.push(`${JSON.stringify([...reply.headers])} ${reply.text}`);
    return reply;
  };
  const call = async (method: string, at: string, options: Call = {}) =>
    heard(await running.call(method, at, { as: 'owner', ...options }));

  /** What must be found nowhere: the value, its secret, and both in the encodings that they could be hidden in. */
  const secretsOf = (value: string) => {
    const secret = value.slice(-49);
    const plain = [value, secret, secret.slice(0, 43)];
    return plain.flatMap((text) => [
      text,
      Buffer.from(text).toString('hex'),
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
    ]);
  };

  const secrets = () => [token.value, session].flatMap(secretsOf);

  beforeAll(async () => {
    running = await RunningSystem.start();
    const fields = {
      name: 'shown once',
      scope: [
        { module: '$all', acl: { read: true, write: true } },
        { module: 'branch', branches: ['$all'], acl: { read: true } },
      ],
    };
    const key = randomUUID();
    const create = { as: 'owner', json: { token: fields }, headers: { 'idempotency-key': key } } as const;
    const created = await running.call('POST', tokens, create);
    token = { uid: created.body.token.uid, name: fields.name, value: created.body.token.token };
    answers.push(JSON.stringify([...created.headers]));
    const opened = await running.call('POST', '/v3/token_sessions', {
      value: token.value,
      json: { session: { client: 'test' } },
    });
    session = opened.body.session.token;
    heard(await running.use(session));
    await tellItEverywhere(key, fields);
    await failWithIt();
    await call('GET', `${tokens}/${token.uid}/sessions`);
    for (const value of [session, token.value]) {
      heard(await running.call('POST', '/oauth2/revoke', { stack: null, body: new URLSearchParams({ token: value }) }));
    }
    await call('DELETE', `${tokens}/${token.uid}?confirm_name=shown%20once`);
    for (const value of [session, token.value]) {
      heard(await running.use(value));
      heard(await running.introspect(value));
    }
    await call('GET', `${tokens}/${token.uid}/revocation`);
    await call('GET', '/v3/audit-logs');
  });
  afterAll(() => running.stop());

  /** Uses and presents the value in all the right and wrong places. */
  async function tellItEverywhere(key: string, fields: object) {
    const { value, uid } = token;
    const json = { token: fields };
    const replayed = await call('POST', tokens, { json, headers: { 'idempotency-key': key } });
    expect(replayed.body).toMatchObject({ token_available: false, token: { uid } });
    await call('POST', tokens, { json: { token: { ...fields, name: 'other' } }, headers: { 'idempotency-key': key } });
    await call('POST', tokens, {
      json: { token: { ...fields, name: 'keyed' } },
      headers: { 'idempotency-key': value },
    });
    await call('GET', tokens);
    await call('GET', `${tokens}/${uid}`);
    await call('PUT', `${tokens}/${uid}`, { json: { token: { description: 'edited', token: value } } });
    await call('PUT', `${tokens}/${uid}`, { json: { token: { token: `${value.slice(0, -1)}x` } } });
    await call('DELETE', `${tokens}/${uid}?confirm_name=${value}`);
    await call('DELETE', `${tokens}/${uid}`, { headers: { 'x-confirm-name': value } });
    heard(await running.use(value));
    heard(await running.use(value, { stack: value }));
    heard(await running.use(value, { headers: { branch: value } }));
    heard(await running.introspect(value));
    heard(await running.call('POST', '/v3/environments', { value, json: { environment: { name: value } } }));
    heard(await running.call('POST', '/v3/environments', { value, json: { environment: { name: 'e' } } }));
    heard(await running.call('GET', tokens, { value }));
    await call('POST', '/oauth2/introspect', {
      body: `{"token":"${value}"}`,
      headers: { 'content-type': 'application/json' },
    });
    for (const body of [
      `{"token":{"name":"${value}"`,
      `{"token":"${value}"}`,
      `"${value}"`,
      `{"token":{"token":"${value}","scope":["${value}"]}}`,
    ]) {
      await call('POST', tokens, { body, headers: { 'content-type': 'application/json' } });
      await call('POST', tokens, { body });
      await call('PUT', `${tokens}/${uid}`, { body, headers: { 'content-type': 'application/json' } });
      heard(
        await running.call('POST', '/v3/environments', {
          value,
          body,
          headers: { 'content-type': 'application/json' },
        }),
      );
    }
    for (const wrong of ['name', 'expires_on', 'rate_limits', 'description']) {
      await call('POST', tokens, {
        json: { token: { ...fields, name: 'wrong', scope: [{ module: value, branches: [value] }], [wrong]: [value] } },
      });
    }
    for (const at of [
      `/v3/${value}`,
      `${tokens}/${value}`,
      `/v3/audit-logs/${value}`,
      `/v3/environments?limit=${value}`,
      `${tokens}?token=${value}`,
    ]) {
      await call('GET', at, { headers: { 'if-match': value } });
      await call('PATCH', at);
    }
    await call('PUT', `${tokens}/${uid}`, { json: { token: {} }, headers: { 'if-match': value } });
    heard(await running.call('GET', '/v3/stacks', { stack: null, headers: { authtoken: value } }));
    heard(await running.call('GET', tokens, { headers: { authtoken: value, authorization: `Bearer ${value}x` } }));
    heard(await running.call('GET', tokens, { as: 'owner', stack: value }));
  }

  /** Every door logs that storage failed it while the value was in its hands. */
  async function failWithIt() {
    const { value, uid } = token;
    const heal = running.system.front.inject({ when: ({ caller }) => caller !== 'operator', kind: 'reset' });
    const replies = await Promise.all([
      call('PUT', `${tokens}/${uid}`, { json: { token: { token: value } } }),
      call('DELETE', `${tokens}/${uid}?confirm_name=${value}`, { headers: { 'idempotency-key': value } }),
      running.use(value),
      running.introspect(value),
      running.call('POST', '/v3/environments', { value, json: { environment: { name: value } } }),
    ]);
    heal();
    for (const reply of replies) expect(heard(reply).status).toBe(503);
  }

  it('no other answer holds it, nor the digest', () => {
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.join()).toContain(token.uid);
    for (const secret of [...secrets(), digestOf(token.value), digestOf(session)]) {
      expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
    }
  });

  it('no item of any table holds it, and the digest is in the base item alone', async () => {
    const everything = await running.operator.everything();
    const items = Object.entries(everything).flatMap(([table, list]) =>
      list.map(({ pk, sk, ...rest }) => ({ key: [table, pk, sk], text: JSON.stringify({ pk, sk, ...rest }) })),
    );
    const holding = (text: string) => items.filter((item) => item.text.includes(text)).map(({ key }) => key);
    expect(holding(token.uid).length).toBeGreaterThan(5);
    expect(secrets().flatMap(holding)).toEqual([]);
    expect(holding(digestOf(token.value))).toEqual([[running.operator.tables.tokens, `TOKEN#${token.uid}`, 'META']]);
  });

  it('no byte on disk holds it: neither the database with its streams, nor the logs, nor anything else in the home', async () => {
    const { home } = running.system;
    const logs = () =>
      filesBelow(home.path('logs'))
        .map((file) => readFileSync(file, 'utf8'))
        .join('\n');
    // The failures are in the logs, so that the logs are worth searching.
    await vi.waitFor(() => expect(logs().match(/request failed/g)?.length).toBeGreaterThanOrEqual(5), 5000);
    const files = filesBelow(home.directory).map((file) => ({ file, bytes: readFileSync(file) }));
    const holding = (text: string) => files.filter(({ bytes }) => bytes.includes(text)).map(({ file }) => file);
    expect(holding(token.uid).some((file) => path.basename(file).startsWith('engine.db'))).toBe(true);
    expect(secrets().flatMap(holding)).toEqual([]);
    expect(holding(digestOf(token.value)).filter((file) => !path.basename(file).startsWith('engine.db'))).toEqual([]);
  });

  it('a value that gets into a log line by mistake is taken out of it, whatever it is called', () => {
    const { value } = token;
    const line = {
      message: `failed with ${value}`,
      deep: [{ 'a name': `Bearer ${session}` }],
      error: new Error(value),
    };
    const written = JSON.stringify(redacted({ ...line, body: 'x', authorization: 'x' }));
    expect(secrets().filter((secret) => written.includes(secret))).toEqual([]);
    expect(JSON.parse(written)).toMatchObject({ message: 'failed with [redacted]', body: '[redacted]' });
  });

  it('no credential of a member or a service is in the logs or in storage either', async () => {
    for (const who of ['owner', 'resource_server'] as const) {
      const [, , signature = ''] = (await running.jwt(who)).split('.');
      const holding = filesBelow(running.system.home.directory).filter((file) =>
        readFileSync(file).includes(signature),
      );
      expect(holding).toEqual([]);
    }
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file).isFile());
}
