/** A token whose sessions are being ended, over the simulated DynamoDB, with a clock that stands but for what reading takes. */

import { dueAttributes } from '../../functions/aws/keys.ts';
import type { Item, Key } from '../../functions/aws/storage/expressions.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { tokenItem } from '../../functions/aws/token-item.ts';
import { endSessions, type RoundOutcome } from '../../functions/sessions/end-sessions.ts';
import { type Receipt, receiptOf } from '../../functions/tokens/revocation.ts';
import { lifetimeMs } from '../../functions/verification/session.ts';
import { SimulatedBus } from '../simulation/simulated-bus.ts';
import { type Dependencies, dependenciesOver, keys, tableSpecs, tables } from '../simulation/simulated-dependencies.ts';
import { SimulatedDynamo } from '../simulation/simulated-dynamo.ts';
import { tokenLike } from '../tokens/token-like.ts';

export const token = tokenLike({ epoch: 2 });
export const operation = '0190-operation';
export const revokedAt = new Date('2026-03-01T08:00:00.000Z');
const pauses = { pause: async () => {}, jitter: () => 1 };

export class RevocationWorld {
  readonly dynamo = new SimulatedDynamo({ tables: tableSpecs });
  readonly bus = new SimulatedBus({ hop: async () => {} });
  readonly deps: Dependencies;
  ms = revokedAt.getTime();
  /** What reading a page of sessions takes. */
  pageMs = 0;

  private constructor() {
    const passTime = (called: string, { TableName }: Readonly<Record<string, unknown>>) => {
      if (called === 'Query' && TableName === tables.sessions) this.ms += this.pageMs;
      return false;
    };
    this.dynamo.inject({ kind: 'reset', when: passTime });
    const given = { client: this.dynamo, bus: this.bus, ...pauses, random: () => new Uint8Array() };
    this.deps = dependenciesOver({ ...given, now: () => new Date(this.ms) });
  }

  /** All its sessions of before the epoch 2 are to be ended. */
  static async make(): Promise<RevocationWorld> {
    const world = new RevocationWorld();
    await world.#put(keys.token(token.uid), tokenItem(token));
    await world.revoke({ operation, reason: 'ended_all', epoch: 2 });
    return world;
  }

  async revoke(facts: Pick<Receipt, 'operation' | 'reason' | 'epoch'>): Promise<void> {
    const receipt = receiptOf(token, { ...facts, actor: token.created_by, at: revokedAt });
    const due = dueAttributes('2026-03-01T08:01:00.000Z', token.uid, facts.operation);
    await this.#put(keys.receipt(token.uid, facts.operation), { ...receipt, ...due });
  }

  async #put(key: Key, item: Item): Promise<void> {
    await createStorage(this.dynamo, pauses).write({ put: key, item });
  }

  /** Opened under an epoch; the numbers from one on, in this order. */
  async open(shard: string, epoch: number, [from, to]: readonly [number, number]): Promise<string[]> {
    const uids = Array.from({ length: to - from + 1 }, (_, index) => uidOf(shard, from + index));
    const facts = {
      token_uid: token.uid,
      api_key: token.api_key,
      digest: '',
      epoch,
      client: '',
      remote_addr: '',
      opened_at: revokedAt.toISOString(),
      expires_at: new Date(revokedAt.getTime() + lifetimeMs).toISOString(),
    };
    for (const uid of uids) await this.deps.sessions.open(() => ({ session: { ...facts, uid } }));
    return uids;
  }

  round(of = operation): Promise<RoundOutcome> {
    return endSessions(this.deps, { token: token.uid, operation: of });
  }

  /** Round after round, as the stream brings them; no more than so many. */
  async rounds(most: number): Promise<RoundOutcome[]> {
    const outcomes: RoundOutcome[] = [];
    while (outcomes.length < most && outcomes.at(-1) !== 'completed') outcomes.push(await this.round());
    return outcomes;
  }

  async receipt() {
    return (await this.deps.revocations.find(token.uid, operation))?.receipt;
  }

  told() {
    const events = this.bus.of('sessions.revoked');
    return events.map(({ data: { shard, sessions, last } }) => ({ shard, count: sessions.length, last }));
  }

  left() {
    return this.dynamo.items(tables.sessions).map(({ sk }) => sk?.S);
  }
}

function uidOf(shard: string, number: number): string {
  return `blt${shard}${String(number).padStart(15, '0')}`;
}
