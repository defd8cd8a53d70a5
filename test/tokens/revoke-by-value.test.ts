import { expect, it } from 'vitest';
import { mintTokenValue } from '../../functions/tokens/token-value.ts';
import { day, type Row } from '../support/simulated-product.ts';
import { fixture, simulatedProduct } from '../support/simulated-stack.ts';

const { live } = fixture;
const rowOf = (rows: readonly Row[]) => rows.find(({ pk, sk }) => pk === `TOKEN#${live.uid}` && sk === 'META');

it('stops a token that is over by this clock: by another it may not be', async () => {
  const product = simulatedProduct({});
  const { expires_at: expiry } = rowOf(product.rows().tokens) ?? {};
  product.pass(90 * day);
  expect((await product.sessions.revoke(live.value)).done).toBe(true);
  expect(rowOf(product.rows().tokens)).toMatchObject({ state: 'stopped', expires_at: expiry, epoch: 2, version: 2 });
});

it('changes nothing for a value with another secret, and does not tell', async () => {
  const product = simulatedProduct({});
  const before = product.rows();
  const guessed = mintTokenValue(live.uid, (bytes) => product.random(bytes));
  expect((await product.sessions.revoke(guessed)).done).toBe(true);
  expect(product.rows()).toEqual(before);
});
