/** What is there before each race begins: a stack with its people and tokens, and a foreign one. */
import { auditEntry } from '../../functions/stacks/audit-entry.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import { madeBy, type Role, type Stack } from '../../functions/stacks/stack.ts';
import type { Snapshot } from './simulated-dynamo.ts';
import { day, type Person, SimulatedProduct, type Surroundings, scopes, startMs } from './simulated-product.ts';

/** A token of the fixture, as its creator knows it. */
export interface KnownToken {
  readonly uid: string;
  readonly value: string;
  readonly name: string;
}

/** What is there before each race begins. */
export interface Fixture {
  readonly stack: string;
  readonly otherStack: string;
  /** Live, may do everything, expires in 60 days. */
  readonly live: KnownToken;
  /** Stopped by "expire now". */
  readonly stopped: KnownToken;
  /** Of the other stack. */
  readonly foreign: KnownToken;
  readonly snapshot: Snapshot;
}

const hour = day / 24;

export const fixture: Fixture = await makeFixture();

/** A product with the fixture's rows, where nothing has happened yet. */
export function simulatedProduct(surroundings: Surroundings): SimulatedProduct {
  // Far from what the fixture was made of.
  const product = new SimulatedProduct(surroundings, 1000);
  product.dynamo.load(fixture.snapshot);
  product.pass(day);
  return product;
}

/** A session of the fixture's live token, as its program knows it. */
export interface KnownSession {
  readonly uid: string;
  readonly value: string;
}

/** The same a day later, when three programs have just begun to work with the live token. */
export const sessionFixture: { readonly sessions: readonly KnownSession[]; readonly snapshot: Snapshot } =
  await makeSessions();

/** A product with the fixture's rows and its sessions, where nothing has happened yet. */
export function productWithSessions(surroundings: Surroundings): SimulatedProduct {
  const product = new SimulatedProduct(surroundings, 2000);
  product.dynamo.load(sessionFixture.snapshot);
  product.pass(day + hour);
  return product;
}

async function makeSessions(): Promise<typeof sessionFixture> {
  const product = simulatedProduct({});
  const sessions: KnownSession[] = [];
  for (let opened = 0; opened < 3; opened += 1) {
    const { done } = await product.sessions.open({ value: fixture.live.value, stack: fixture.stack });
    if (done) sessions.push({ uid: done.session.uid, value: done.value });
  }
  return { sessions, snapshot: product.dynamo.snapshot() };
}

async function makeFixture(): Promise<Fixture> {
  const product = new SimulatedProduct({});
  const stack = await makeStack(product, 'owner', 'Web');
  await addMembers(product, stack, { admin: 'admin', developer: 'developer' });
  const other = await makeStack(product, 'outsider', 'Shop');
  const live = await makeToken(product, { who: 'owner', stack, name: 'ci-deploy' });
  const stopped = await makeToken(product, { who: 'owner', stack, name: 'paused' });
  await product.edit('owner', { stack: stack.api_key, uid: stopped.uid, fields: { expires_on: 'now' } });
  const foreign = await makeToken(product, { who: 'outsider', stack: other, name: 'ci-deploy' });
  const snapshot = product.dynamo.snapshot();
  return { stack: stack.api_key, otherStack: other.api_key, live, stopped, foreign, snapshot };
}

async function makeStack(product: SimulatedProduct, who: Person, name: string): Promise<Stack> {
  const { stack } = await createStack(
    {
      stacks: product.stacks,
      now: () => product.now(),
      random: (bytes) => product.random(bytes),
      organizationUid: 'blt00000000000000ff',
      newStackPlan: { max_tokens: 4, manage_rate_limits: true },
    },
    { actor: product.actor(who), fields: { name } },
  );
  const by = { stack: stack.api_key, member: product.actor(who).uid };
  const change = { ...by, seen: stack.changes, audit: memberEntry(product, stack) };
  const branch = { name: 'development', aliases: [], source: 'main', ...madeBy(change.member, product.now()) };
  await product.stackChanges.addBranch({ ...change, branch });
  return stack;
}

async function addMembers(
  product: SimulatedProduct,
  stack: Stack,
  roles: Partial<Record<Person, Role>>,
): Promise<void> {
  for (const [person, role] of Object.entries(roles)) {
    const { uid, identity } = product.actor(person as Person);
    const { issuer, sub } = identity;
    await product.stacks.addMember(stack, { uid, role, issuer, sub }, memberEntry(product, stack));
  }
}

function memberEntry(product: SimulatedProduct, { api_key: stack, name }: Stack) {
  const operation = Buffer.from(product.random(16)).toString('hex');
  const event = { stack, module: 'stack', event_type: 'update', metadata: { uid: stack, title: name } } as const;
  return auditEntry(event, { actor: product.actor('owner'), at: product.now(), operation });
}

async function makeToken(
  product: SimulatedProduct,
  { who, stack, name }: { who: Person; stack: Stack; name: string },
): Promise<KnownToken> {
  const expires_on = new Date(startMs + 60 * day).toISOString();
  const fields = { name, scope: scopes.everything, expires_on };
  const { done } = await product.create(who, { stack: stack.api_key, fields });
  if (!done?.value) throw new Error('The fixture has no token.');
  return { uid: done.token.uid, value: done.value, name };
}
