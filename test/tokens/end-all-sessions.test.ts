import { describe, expect, it } from 'vitest';
import type { SimulatedProduct } from '../simulation/simulated-product.ts';
import { fixture, productWithSessions, sessionFixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { demote, meanwhile, meetingOthers } from './meeting-others.ts';

const { stack, live, foreign } = fixture;
const asked = { stack, uid: live.uid };
const tokenNow = async (product: SimulatedProduct) => (await product.fetch('owner', asked)).done?.token;
const requests = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);

describe('ending all sessions of a token', () => {
  it('raises its epoch with a receipt and an audit entry, and leaves the rest', async () => {
    const product = productWithSessions({});
    const before = await tokenNow(product);
    const { request, done } = await product.sessions.endAll('admin', asked);
    expect(await tokenNow(product)).toEqual({ ...before, epoch: 2 });
    expect(done).toMatchObject({ token_uid: live.uid, reason: 'ended_all', epoch: 2, state: 'running' });
    expect(done?.actor).toBe(product.actor('admin').uid);
    const receipt = product.rows().tokens.find(({ sk }) => sk === `RECEIPT#${done?.operation}`);
    expect(receipt).toMatchObject({ reason: 'ended', epoch: 2 });
    expect(product.rows().audit.filter(({ request_id }) => request_id === request)).toMatchObject([
      {
        module: 'management_token',
        event_type: 'update',
        outcome: 'done',
        metadata: { uid: live.uid, title: live.name },
        changes: [{ field: 'sessions', from: 'open', to: 'ended' }],
      },
    ]);
  });

  it('refuses them from then on, and the token stays good', async () => {
    const product = productWithSessions({});
    await product.sessions.endAll('owner', asked);
    for (const { value } of sessionFixture.sessions)
      expect((await product.verify({ value, stack })).active).toBe(false);
    expect((await product.verify({ value: live.value, stack })).active).toBe(true);
  });

  it.for([
    ['developer', live.uid, 'not-allowed'],
    ['outsider', live.uid, 'stack-not-found'],
    ['owner', foreign.uid, 'token-not-found'],
    ['owner', 'META', 'token-not-found'],
  ] as const)('is refused to %s of %s, and writes nothing', async ([who, uid, kind]) => {
    const product = productWithSessions({});
    expect(await product.sessions.endAll(who, { stack, uid })).toMatchObject({ refused: kind });
    expect(requests(product)).toEqual(['BatchGetItem']);
  });

  it('is refused to who is an admin no more when it is written', async () => {
    const product = simulatedProduct({ tamper: meanwhile(() => demote(product)) });
    expect(await product.sessions.endAll('admin', asked)).toMatchObject({ refused: 'not-allowed' });
  });

  it.for([0, 1, 2])('is tried again where others were faster (%i times)', async (times) => {
    const product = simulatedProduct({ tamper: meetingOthers(times) });
    expect((await product.sessions.endAll('owner', asked)).done?.epoch).toBe(2);
  });

  it('is given up when others were faster three times', async () => {
    const product = simulatedProduct({ tamper: meetingOthers(3) });
    expect(await product.sessions.endAll('owner', asked)).toMatchObject({ refused: 'conflict' });
    expect(product.refusals.at(-1)?.detail).toBe('Others are changing this token at the same time. Try again.');
    expect((await tokenNow(product))?.epoch).toBe(1);
  });
});
