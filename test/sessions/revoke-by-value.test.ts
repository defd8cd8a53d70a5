import { describe, expect, it } from 'vitest';
import { mintSessionValue, mintTokenValue } from '../../functions/values/token-value.ts';
import { day, type Row, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { fixture, productWithSessions, sessionFixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { changed } from '../support/tampering.ts';
import { meetingOthers } from '../tokens/meeting-others.ts';

const { stack, live, stopped } = fixture;
const [session] = sessionFixture.sessions;
const rowOf = (rows: readonly Row[]) => rows.find(({ pk, sk }) => pk === `TOKEN#${live.uid}` && sk === 'META');
const storedOf = ({ dynamo }: SimulatedProduct) =>
  dynamo.items(tables.tokens).find(({ pk, sk }) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META');
const requests = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);
const revoke = (product: SimulatedProduct, value: string) => product.sessions.revoke(value);

describe("a token's value", () => {
  it('expires the token now with a receipt, and the audit log says that its holder did it', async () => {
    const product = productWithSessions({});
    product.time.stand(product.now().getTime());
    const now = product.now().toISOString();
    const { request } = await revoke(product, live.value);
    expect(rowOf(product.rows().tokens)).toMatchObject({
      state: 'stopped',
      stopped: { at: now, by: live.uid, reason: 'revoked_by_holder' },
      expires_on: now,
      expires_at: now,
      epoch: 2,
      version: 2,
      updated_by: live.uid,
      updated_at: now,
      next_action: 'clean_up',
    });
    expect(product.rows().tokens.filter(({ pk, sk }) => pk === `TOKEN#${live.uid}` && sk !== 'META')).toMatchObject([
      { reason: 'stopped', actor: live.uid, epoch: 2, state: 'running', refused_from: now },
    ]);
    expect(product.rows().audit.filter(({ request_id }) => request_id === request)).toMatchObject([
      {
        module: 'management_token',
        event_type: 'update',
        outcome: 'done',
        created_by: live.uid,
        remote_addr: '192.0.2.1',
        metadata: { uid: live.uid, title: live.name },
        changes: [
          { field: 'expires_on', to: now },
          { field: 'expires_at', to: now },
        ],
      },
    ]);
  });

  it('stops a token that never expires', async () => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: null } });
    product.time.stand(product.now().getTime());
    await revoke(product, live.value);
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped', expires_at: product.now().toISOString() });
  });

  it('stops a token that is over by this clock: by another it may not be', async () => {
    const product = simulatedProduct({});
    const { expires_at: expiry } = rowOf(product.rows().tokens) ?? {};
    product.pass(90 * day);
    expect((await revoke(product, live.value)).done).toBe(true);
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped', expires_at: expiry, epoch: 2, version: 2 });
  });

  it('at the very instant of its expiry leaves that as it was given', async () => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: '2026-04-01' } });
    product.time.stand(Date.parse('2026-04-01'));
    await revoke(product, live.value);
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped', expires_on: '2026-04-01' });
  });

  it('of a token that is stopped changes nothing', async () => {
    const product = simulatedProduct({});
    const before = product.rows();
    expect((await revoke(product, stopped.value)).done).toBe(true);
    expect(product.rows()).toEqual(before);
  });

  it.for(['live', 'stopped'] as const)('of a %s token that was deleted changes nothing', async (which) => {
    const product = simulatedProduct({});
    const { uid, name, value } = fixture[which];
    await product.delete('owner', { stack, uid, confirmName: name });
    const before = product.rows();
    expect((await revoke(product, value)).done).toBe(true);
    expect(product.rows()).toEqual(before);
  });

  it('stops a token in a state that a newer version wrote', async () => {
    const product = simulatedProduct({});
    product.dynamo.put(tables.tokens, { ...storedOf(product), state: { S: 'paused' } });
    expect((await revoke(product, live.value)).done).toBe(true);
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped', epoch: 2 });
  });

  it('changes by the right of who holds it', async () => {
    const rights: unknown[] = [];
    const product = simulatedProduct({
      tamper: (deps) => {
        const replace: typeof deps.tokens.replace = async (edit) => {
          rights.push(edit.by);
          return await deps.tokens.replace(edit);
        };
        return { ...deps, tokens: changed(deps.tokens, { replace }) };
      },
    });
    const { digest } = rowOf(product.rows().tokens) ?? {};
    await revoke(product, live.value);
    expect(rights).toEqual([{ holder: digest }]);
  });

  it.for([1, 2])('is tried again where others were faster (%i times)', async (times) => {
    const product = simulatedProduct({ tamper: meetingOthers(times) });
    expect((await revoke(product, live.value)).done).toBe(true);
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped' });
  });

  it('is given up when others were faster three times: it may still be good', async () => {
    const product = simulatedProduct({ tamper: meetingOthers(3) });
    expect(await revoke(product, live.value)).toMatchObject({ refused: 'conflict' });
    expect(product.refusals.at(-1)?.detail).toBe('Others are changing this token at the same time. Try again.');
    expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'live', version: 1 });
  });

  it('stops no token by settings of its stack that have changed since it was armed', async () => {
    const product = simulatedProduct({});
    const row = product.dynamo
      .items(tables.tokens)
      .find(({ pk, sk }) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META');
    product.dynamo.put(tables.tokens, { ...row, armed_under: { N: '7' } });
    expect(await revoke(product, live.value)).toMatchObject({ refused: 'conflict' });
    expect(requests(product)).not.toContain('TransactWriteItems');
  });
});

describe("a session's value", () => {
  it('ends that session, and nothing else', async () => {
    const product = productWithSessions({});
    const { tokens, audit } = product.rows();
    expect((await revoke(product, session?.value ?? '')).done).toBe(true);
    const left = product.rows();
    expect([left.tokens, left.audit]).toEqual([tokens, audit]);
    expect(left.sessions.map(({ sk }) => sk)).not.toContain(session?.uid);
    expect(left.sessions).toHaveLength(2);
  });

  it('of a session that is gone changes nothing', async () => {
    const product = productWithSessions({});
    await revoke(product, session?.value ?? '');
    const before = product.rows();
    expect((await revoke(product, session?.value ?? '')).done).toBe(true);
    expect(product.rows()).toEqual(before);
  });
});

describe('any other value', () => {
  it('changes nothing, and does not tell', async () => {
    const product = productWithSessions({});
    const before = product.rows();
    const random = (bytes: number) => product.random(bytes);
    const unknown = 'blt00000000000fffff';
    for (const guessed of [
      mintTokenValue(live.uid, random),
      mintTokenValue(unknown, random),
      mintSessionValue(live.uid, session?.uid ?? '', random),
      mintSessionValue(live.uid, unknown, random),
      mintSessionValue(unknown, session?.uid ?? '', random),
    ])
      expect((await revoke(product, guessed)).done).toBe(true);
    expect(product.rows()).toEqual(before);
  });

  it.for(['', 'cs_', 'password'])('that cannot be one (%j) is not even looked up', async (value) => {
    const product = productWithSessions({});
    expect((await revoke(product, value)).done).toBe(true);
    expect(requests(product)).toEqual([]);
  });
});
