import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { dueAttributes } from '../functions/aws/keys.ts';
import { digestOf, mintTokenValue, mintUid } from '../functions/values/token-value.ts';
import type { StoredItem } from '../test/support/operator.ts';
import type { RunningSystem } from '../test/support/running-system.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;
const batch = 25;
const batchesAtOnce = 4;
const random = (bytes: number) => randomBytes(bytes);

/** What one run of the sweep took. */
export interface Tick {
  readonly requests: number;
  /** Capacity units, as the engine counts them. */
  readonly units: number;
  readonly ms: number;
}

/** Runs the deployed sweep once. @throws when it does not do exactly what is expected */
export async function tick(running: RunningSystem, expected: { notices?: number; mails?: number } = {}): Promise<Tick> {
  const sweeper = running.operator.roleOf('schedule/sweep');
  const recording = running.system.front.record();
  const from = performance.now();
  const done = await running.system.schedules.run('sweep').finally(() => recording.stop());
  const ms = performance.now() - from;
  const { notices, mails } = (done?.result ?? {}) as { notices?: number; mails?: { sent: number } };
  const found = { notices, mails: mails?.sent };
  for (const [what, count] of Object.entries(expected))
    if (found[what as keyof typeof found] !== count)
      throw new Error(`Expected ${count} ${what} of the sweep: ${JSON.stringify(done)}`);
  const mine = recording.requests.filter(({ caller }) => caller === sweeper);
  return { requests: mine.length, units: mine.reduce((sum, { consumed = 0 }) => sum + consumed, 0), ms };
}

/** A new token like another one, with an expiry of its own and its next action due at an instant. */
export function copyOf(
  model: StoredItem,
  { expires_at, action, due }: { expires_at: string; action: string; due: string },
): StoredItem {
  const uid = mintUid(random);
  const value = mintTokenValue(uid, random);
  const expiry = { expires_on: expires_at, expires_at, next_action: action, ...dueAttributes(due, uid, uid) };
  const own = { uid, name: `copy ${uid}`, digest: digestOf(value), hint: value.slice(-4) };
  return { ...model, pk: `TOKEN#${uid}`, ...own, ...expiry };
}

/** A token whose warning of 7 days before was due a minute ago. */
export function dueToken(model: StoredItem, now: Date): StoredItem {
  const at = now.getTime() - minute;
  const [due, expires_at] = [new Date(at).toISOString(), new Date(at + 7 * day).toISOString()];
  return copyOf(model, { expires_at, action: 'warn#7', due });
}

export async function put(running: RunningSystem, count: number, make: () => StoredItem): Promise<void> {
  const { client, tables } = running.operator;
  const isWorthTelling = count > 1000;
  let left = count;
  const lane = async () => {
    while (left > 0) {
      const some = Math.min(batch, left);
      left -= some;
      const puts = Array.from({ length: some }, () => ({ PutRequest: { Item: marshall(make()) } }));
      const { UnprocessedItems = {} } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [tables.tokens]: puts } }),
      );
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('The engine does not take all.');
      if (isWorthTelling && left % 10_000 < batch) process.stderr.write(`\r${count - left} of ${count} tokens put `);
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, lane));
  if (isWorthTelling) process.stderr.write('\n');
}

export const inDays = (running: RunningSystem, days: number) =>
  new Date(running.system.clock.now().getTime() + days * day).toISOString();
