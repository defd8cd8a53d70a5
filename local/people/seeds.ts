/** What an empty home is given to try: stacks, people, and tokens in every state, through the product's own use cases. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoStackChanges } from '../../functions/aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import type { Tables } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { variables } from '../../functions/runtime/env.ts';
import { auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';
import { createBranch, pointAlias } from '../../functions/stacks/change-branches.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import type { Plan, Role, Stack } from '../../functions/stacks/stack.ts';
import { createToken } from '../../functions/tokens/create-token.ts';
import { deleteToken } from '../../functions/tokens/delete-token.ts';
import { editToken } from '../../functions/tokens/edit-token.ts';
import type { System } from '../system.ts';
import { environmentOf, titleOf } from '../template/resource-properties.ts';
import { REGION } from '../template/resource-types.ts';
import { machines, people } from './accounts.ts';

export interface Seeded {
  readonly stack: { readonly api_key: string; readonly name: string };
}

const fileName = 'seeds.json';
const day = 86_400_000;
const fullPlan: Plan = { max_tokens: 30, manage_rate_limits: true };

/** Seeds an empty home; on a home that has been seeded it only tells what is there. */
export async function seed(system: System): Promise<Seeded> {
  const before = system.home.readJson(fileName) as Seeded | undefined;
  if (before) return before;
  const client = new DynamoDBClient({
    endpoint: system.front.endpoint,
    region: REGION,
    credentials: system.front.operator,
  });
  try {
    const seeded = await seedStacks(new Seeder(system, client));
    system.home.writeJson(fileName, seeded);
    return seeded;
  } finally {
    client.destroy();
  }
}

async function seedStacks(seeder: Seeder): Promise<Seeded> {
  const web = await seeder.stack('owner', 'Acme Web', fullPlan);
  await seeder.member(web, 'admin', 'admin');
  await seeder.member(web, 'developer', 'developer');
  await seeder.member(web, 'automation', 'admin');
  await seeder.branch(web, 'development');
  await seeder.alias(web, 'deploy', 'main');
  await seedTokens(seeder, web);
  const docs = await seeder.stack('owner', 'Acme Docs', { max_tokens: 30, manage_rate_limits: false });
  await seeder.token({ stack: docs, by: 'owner' }, { name: 'docs-publisher', scope: everything });
  const shop = await seeder.stack('outsider', "Oscar's Shop", fullPlan);
  await seeder.token({ stack: shop, by: 'outsider' }, { name: 'shop-import', scope: everything });
  return { stack: { api_key: web.api_key, name: web.name } };
}

type TokenFields = { name: string; scope: readonly object[]; [field: string]: unknown };
/** In days from now; `daysLeft` is negative where it has expired. */
type Times = { daysAgo?: number; daysLeft?: number };

const onBranches = (...branches: string[]) => ({ module: 'branch', branches, acl: { read: true } });
const everything = [{ module: '$all', acl: { read: true, write: true } }, onBranches('$all')];
const readOnly = [{ module: '$all', acl: { read: true } }, onBranches('main')];
const viaAlias = [
  { module: 'entry', acl: { read: true } },
  { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
];
const contentOnly = [
  ...['entry', 'asset', 'environment'].map((module) => ({ module, acl: { read: true, write: true } })),
  onBranches('main', 'development'),
];

/** Who made a token of the first stack, what is given of it, and when it was made and expires. */
const tokens: readonly (readonly [by: Who, fields: TokenFields, times?: Times])[] = [
  ['owner', { name: 'ci-deploy', description: 'Deploys from the pipeline.', scope: everything }, { daysAgo: 200 }],
  ['automation', { name: 'content-sync', scope: contentOnly }, { daysLeft: 90 }],
  ['admin', { name: 'preview-build', scope: readOnly }, { daysLeft: 5, daysAgo: 60 }],
  [
    'owner',
    { name: 'nightly-export', scope: readOnly, is_email_notification_enabled: true },
    // With half a day or less left people are warned at once, at whatever time of day somebody starts the system.
    { daysLeft: 0.4, daysAgo: 29 },
  ],
  ['admin', { name: 'storefront', scope: viaAlias }, { daysLeft: 365 }],
  ['owner', { name: 'reporting', scope: readOnly, rate_limit_enabled: true, rate_limits: { read: 5, write: 2 } }],
  ['admin', { name: 'translation-import', scope: everything }, { daysLeft: -3, daysAgo: 90 }],
  ['owner', { name: 'legacy-migration', scope: everything }, { daysLeft: -40, daysAgo: 300 }],
];

async function seedTokens(seeder: Seeder, web: Stack): Promise<void> {
  for (const [by, fields, times] of tokens) await seeder.token({ stack: web, by }, fields, times);
  const owner = { stack: web, by: 'owner' } as const;
  await seeder.stop(web, await seeder.token(owner, { name: 'leaked-in-a-log', scope: everything }, { daysAgo: 10 }));
  await seeder.remove(web, await seeder.token(owner, { name: 'retired-importer', scope: everything }, { daysAgo: 30 }));
}

type Who = keyof typeof people | keyof typeof machines;

interface SeededToken {
  readonly uid: string;
  readonly name: string;
}

/** Acts as the seeded people, at moments relative to now. */
class Seeder {
  readonly #system: System;
  /** Of the function that changes tokens, as the template has it. */
  readonly #environment: Readonly<Record<string, string>>;
  readonly #stacks: DynamoStackRepository;
  readonly #changes: DynamoStackChanges;
  readonly #tokens: DynamoTokenRepository;

  constructor(system: System, client: DynamoDBClient) {
    this.#system = system;
    const storage = createStorage(client, { pause: (ms) => pause(ms), jitter: Math.random });
    const functions = system.stack.ofType('AWS::Lambda::Function');
    const changing = functions.find((one) => titleOf(one) === 'http/change-tokens');
    this.#environment = changing ? environmentOf(changing) : {};
    const tables: Tables = {
      tokens: this.#variable('tokensTable'),
      sessions: this.#variable('sessionsTable'),
      audit: this.#variable('auditTable'),
      usage: this.#variable('usageTable'),
    };
    this.#stacks = new DynamoStackRepository(storage, tables);
    this.#changes = new DynamoStackChanges(storage, tables);
    this.#tokens = new DynamoTokenRepository(storage, tables);
  }

  async stack(owner: Who, name: string, newStackPlan: Plan): Promise<Stack> {
    const deps = {
      stacks: this.#stacks,
      ...this.#at(0),
      organizationUid: this.#variable('organizationUid'),
      newStackPlan,
    };
    const { stack } = await createStack(deps, { actor: this.#actor(owner), fields: { name } });
    return stack;
  }

  async member(stack: Stack, who: Who, role: Role): Promise<void> {
    const { uid, identity } = this.#actor(who);
    const { issuer, sub, email, email_verified } = identity;
    const joined_at = this.#now().toISOString();
    const member = { uid, role, issuer, sub, joined_at, ...(email && email_verified ? { address: email } : {}) };
    await this.#stacks.addMember(stack, member, this.#audit(stack, `member ${who}`));
  }

  async branch(stack: Stack, name: string): Promise<void> {
    await createBranch(this.#shaping, { actor: this.#actor('owner'), stack: stack.api_key, fields: { uid: name } });
  }

  async alias(stack: Stack, name: string, branch: string): Promise<void> {
    const fields = { target_branch: branch };
    await pointAlias(this.#shaping, { actor: this.#actor('owner'), stack: stack.api_key, fields, name });
  }

  get #shaping() {
    return { stacks: this.#stacks, changes: this.#changes, ...this.#at(0) };
  }

  /** Made `daysAgo` by somebody, and expiring `daysLeft` from now: negative where it has expired. */
  async token(
    { stack, by }: { stack: Stack; by: Who },
    fields: TokenFields,
    { daysAgo = 1, daysLeft }: Times = {},
  ): Promise<SeededToken> {
    const expiry =
      daysLeft === undefined ? {} : { expires_on: new Date(this.#now().getTime() + daysLeft * day).toISOString() };
    const command = { actor: this.#actor(by), stack: stack.api_key, fields: { ...fields, ...expiry } };
    const { token } = await createToken(this.#changing(daysAgo), command);
    return token;
  }

  async stop(stack: Stack, { uid }: SeededToken): Promise<void> {
    const fields = { expires_on: 'now' };
    await editToken(this.#changing(2), { actor: this.#actor('owner'), stack: stack.api_key, uid, fields });
  }

  async remove(stack: Stack, { uid, name }: SeededToken): Promise<void> {
    await deleteToken(this.#changing(1), { actor: this.#actor('owner'), stack: stack.api_key, uid, confirmName: name });
  }

  #changing(daysAgo: number) {
    const [read = 0, write = 0] = this.#variable('organizationLimits').split(',').map(Number);
    const organization = { limits: { read, write }, supportContact: this.#variable('supportContact') };
    return { tokens: this.#tokens, ...this.#at(daysAgo), organization };
  }

  #at(daysAgo: number) {
    const at = new Date(this.#now().getTime() - daysAgo * day);
    return { now: () => at, random: (bytes: number) => randomBytes(bytes) };
  }

  #audit(stack: Stack, title: string) {
    const metadata = { uid: stack.api_key, title };
    const event = { stack: stack.api_key, module: 'stack', event_type: 'update', metadata } as const;
    const { now, random } = this.#at(0);
    const operation = operationId(now(), random);
    return auditEntry(event, { actor: this.#actor('owner'), at: now(), operation });
  }

  #actor(who: Who): Actor {
    const issuer = this.#system.issuer.endpoint;
    const person = Object.hasOwn(people, who) ? people[who as keyof typeof people] : undefined;
    const identity = person
      ? { issuer, sub: person.sub, email: person.email, email_verified: true }
      : { issuer, sub: machines[who as keyof typeof machines].clientId };
    return { uid: personUid(identity), identity, request_id: 'seed', remote_addr: '127.0.0.1' };
  }

  #now(): Date {
    return this.#system.clock.now();
  }

  #variable(variable: keyof typeof variables): string {
    return this.#environment[variables[variable]] ?? '';
  }
}
