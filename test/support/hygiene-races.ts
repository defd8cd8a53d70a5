/** Histories of a stack's tokens, their warnings and clean-ups: what is there before each, and how one is told. */
import assert from 'node:assert/strict';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc, { type Arbitrary, type IAsyncProperty, type Scheduler } from 'fast-check';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import { personUid } from '../../functions/stacks/person.ts';
import type { Snapshot } from '../simulation/simulated-dynamo.ts';
import { SimulatedHygiene, type SweepTampering } from '../simulation/simulated-hygiene.ts';
import {
  day,
  issuer,
  keys,
  type Person,
  type Sabotage,
  SimulatedProduct,
  type Surroundings,
  scopes,
  startMs,
  type Tampering,
  tables,
} from '../simulation/simulated-product.ts';
import { surroundings, Tally } from '../simulation/simulated-races.ts';
import { fixture, type KnownToken } from '../simulation/simulated-stack.ts';

const hour = day / 24;
const { stack } = fixture;
/** When histories begin: at the hour at which mails are sent. */
export const beginning = startMs + day;

/** Who has an address, and which. */
export const addresses: Readonly<Partial<Record<Person, string>>> = {
  owner: 'owner@example.test',
  admin: 'admin@example.test',
};
export const uidOf = (who: Person): string => personUid({ issuer, sub: who });

/** Two thresholds, clean-up two days after, one a day; the owner is mailed, and of a flagged token who made it. */
export const firstSettings: Partial<HygieneSettings> = {
  warn_days: [7, 1],
  cleanup_after_days: 2,
  max_cleanup_per_day: 1,
  mail_to: ['owner'],
};

/** What is there before each history. */
export const hygieneFixture = await makeFixture();

/** The same ten days on, where four tokens expired at nearly the same time, nobody is mailed, and clean-up is due soon. */
export const expiredFixture = await makeExpired();

/** The stack with its people, all of whom have an address, and without any token. Owner and admins are mailed. */
export const emptyFixture = await makeEmpty();

async function makeEmpty() {
  const product = new SimulatedProduct({}, 3000);
  loadPeople(product);
  const hygiene = new SimulatedHygiene({ product, stack, shards: [] });
  hygiene.to(beginning);
  assert.equal(await hygiene.change('owner', { mail_to: ['owner', 'admins'], cleanup_after_days: null }), 'done');
  return { snapshot: product.dynamo.snapshot() };
}

function loadPeople(product: SimulatedProduct): void {
  product.dynamo.load(withoutTokens());
  for (const [who, email] of Object.entries(addresses)) {
    const { pk, sk } = keys.person(uidOf(who as Person));
    product.dynamo.put(tables.tokens, marshall({ pk, sk, uid: uidOf(who as Person), email }));
  }
}

async function makeFixture() {
  const product = new SimulatedProduct({}, 4000);
  loadPeople(product);
  const hygiene = new SimulatedHygiene({ product, stack, shards: [] });
  hygiene.to(beginning);
  assert.equal(await hygiene.change('owner', firstSettings), 'done');
  const after = (ms: number) => new Date(beginning + ms).toISOString();
  const expiries = [beginning + 8 * day + 3 * hour, beginning + 7 * day + 2 * hour, null] as const;
  const tokens = [
    await make(product, 'owner', { name: 'alpha', expires_on: after(8 * day + 3 * hour) }),
    await make(product, 'admin', {
      name: 'bravo',
      expires_on: after(7 * day + 2 * hour),
      is_email_notification_enabled: true,
    }),
    await make(product, 'owner', { name: 'carol', expires_on: null }),
  ] as const;
  const { pk, sk } = keys.lastUse(tokens[0].uid);
  const usedAt = beginning + 5 * day;
  const used = { pk, sk, at: new Date(usedAt).toISOString(), client: 'ci', remote_addr: '192.0.2.9' };
  product.dynamo.put(tables.usage, marshall(used));
  const shards = product.dynamo.items(tables.tokens).flatMap(({ due_shard }) => due_shard?.S ?? []);
  return { tokens, expiries, usedAt, shards, snapshot: product.dynamo.snapshot() };
}

async function makeExpired() {
  const product = new SimulatedProduct({}, 6000);
  product.dynamo.load(hygieneFixture.snapshot);
  const hygiene = new SimulatedHygiene({ product, stack, shards: hygieneFixture.shards });
  hygiene.to(beginning);
  assert.equal(await hygiene.change('owner', { warn_days: [], mail_to: [] }), 'done');
  const at = (index: number) => new Date(beginning + 8 * day + index).toISOString();
  for (const [index, { uid }] of hygieneFixture.tokens.entries())
    await product.edit('owner', {
      stack,
      uid,
      fields: { expires_on: at(index), is_email_notification_enabled: false },
    });
  const tokens = [...hygieneFixture.tokens, await make(product, 'admin', { name: 'dora', expires_on: at(3) })];
  const from = beginning + 9.9 * day;
  hygiene.to(from);
  await hygiene.sweep();
  return { tokens, from, snapshot: product.dynamo.snapshot() };
}

/** The stack with its people, and nothing else that could be due. */
function withoutTokens() {
  const isKept = ({ pk = {}, sk = {} }: Readonly<Record<string, { S?: string }>>) =>
    (pk.S === `STACK#${stack}` && !/^(TOKEN|NAME)#/.test(sk.S ?? '')) || (pk.S ?? '').startsWith('PERSON#');
  const kept = fixture.snapshot
    .filter(([table]) => table === tables.tokens)
    .map(([table, items]) => {
      const some = items.filter((item) => isKept(item as Record<string, { S?: string }>));
      return [table, some.map((item) => (item.sk?.S === 'COUNT' ? { ...item, tokens: { N: '0' } } : item))] as const;
    });
  return kept;
}

async function make(product: SimulatedProduct, who: Person, fields: Record<string, unknown>): Promise<KnownToken> {
  const { done } = await product.create(who, { stack, fields: { scope: scopes.everything, ...fields } });
  assert(done?.value);
  return { uid: done.token.uid, value: done.value, name: done.token.name };
}

export interface HygieneScene<History> {
  readonly product: SimulatedProduct;
  readonly hygiene: SimulatedHygiene;
  readonly history: History;
  /** What was there before. */
  readonly snapshot: Snapshot;
  readonly tally: Tally;
  /** A number from 0 to n - 1. */
  readonly choose: (n: number) => number;
  /** Does things at once, in any order of their steps; ends when nothing of them is on its way. */
  readonly atOnce: (things: readonly (() => Promise<unknown>)[]) => Promise<void>;
  /** Another stack with the same rows and the same bugs, where nothing is left to chance. */
  readonly copy: () => Omit<HygieneScene<undefined>, 'copy' | 'atOnce'>;
}

export interface HygieneBug {
  readonly sabotage?: Sabotage;
  readonly tamper?: Tampering;
  readonly tamperSweep?: SweepTampering;
}
export type HygieneLaw = (telling?: HygieneBug & { readonly tally?: Tally }) => IAsyncProperty<unknown>;

interface HygieneTelling<History> {
  readonly histories: Arbitrary<History>;
  readonly story: (scene: HygieneScene<History>) => Promise<void>;
  /** What is there before; the fixture unless given. */
  readonly snapshot?: Snapshot;
  /** When it begins, ms since the epoch. */
  readonly from?: number;
}

/** Makes the law that histories show. A story throws where the law is broken. */
export function hygieneLawOf<History>({
  histories,
  story,
  snapshot = hygieneFixture.snapshot,
  from = beginning,
}: HygieneTelling<History>): HygieneLaw {
  return ({ tally = new Tally(), ...bug } = {}) =>
    fc.asyncProperty(fc.tuple(surroundings, histories), async ([{ scheduler, choose, chooseFor }, history]) => {
      const gate = { scheduler, isOpen: false };
      const { product, hygiene } = worldOf({ scheduler: gated(gate), choose: chooseFor }, bug, { snapshot, from });
      const atOnce = async (things: readonly (() => Promise<unknown>)[]) => {
        gate.isOpen = true;
        await scheduler.waitFor(Promise.all(things.map((thing) => thing())));
        await scheduler.waitIdle();
        gate.isOpen = false;
      };
      const copy = () => {
        const before = { snapshot: product.dynamo.snapshot(), from: product.now().getTime() };
        return { ...worldOf({}, bug, before), history: undefined, snapshot: before.snapshot, tally, choose };
      };
      await story({ product, hygiene, history, snapshot, tally, choose, atOnce, copy });
    });
}

function worldOf(
  { scheduler, choose }: Pick<Surroundings, 'scheduler' | 'choose'>,
  { sabotage, tamper, tamperSweep }: HygieneBug,
  { snapshot, from }: { snapshot: Snapshot; from: number },
) {
  const bug = { ...(sabotage ? { sabotage } : {}), ...(tamper ? { tamper } : {}) };
  const chance = { ...(scheduler ? { scheduler } : {}), ...(choose ? { choose } : {}) };
  const product = new SimulatedProduct({ ...chance, ...bug }, 5000);
  product.dynamo.load(snapshot);
  product.time.stand(from);
  const items = snapshot.flatMap(([, some]) => some);
  const shards = items.flatMap(({ due_shard }) => due_shard?.S ?? []);
  const hygiene = new SimulatedHygiene({ product, stack, shards, sabotage, tamper: tamperSweep });
  return { product, hygiene };
}

/** What happens alone interleaves with nothing, and needs nobody to decide who is next. */
function gated(gate: { readonly scheduler: Scheduler; isOpen: boolean }): Scheduler {
  const schedule: Scheduler['schedule'] = (task, ...rest) =>
    gate.isOpen ? gate.scheduler.schedule(task, ...rest) : task;
  return { ...gate.scheduler, schedule };
}
