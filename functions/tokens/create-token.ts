import { createHash } from 'node:crypto';
import { nextAction } from '../notices/schedule.ts';
import { conflict, type FieldErrors, invalid, Refusal } from '../refusals.ts';
import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { requireTokenRights, type Stack } from '../stacks/stack.ts';
import { canonicalJson } from './canonical-json.ts';
import type { TokenOfStack } from './edit-token.ts';
import { namesToRead, type SettingsContext, settingsAfter } from './settings.ts';
import type { Token, TokenSettings } from './token.ts';
import { type FieldsRead, readNewFields } from './token-fields.ts';
import { type IdempotencyRecord, idempotencyMs, type TokenDependencies } from './token-repository.ts';
import { digestOf, mintTokenValue, mintUid } from './token-value.ts';

export interface CreateToken {
  readonly actor: Actor;
  readonly stack: string;
  /** The `token` object of the body, unchecked; null where the body has none. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly idempotencyKey?: string;
}

/** The new token with its value, or the token that an earlier request with the same key made, without it. */
export interface CreatedToken extends TokenOfStack {
  readonly value: string | null;
}

/** A caller's key with the body that came with it. What breaks a rule is part of the body, too. */
type GivenKey = Pick<IdempotencyRecord, 'id' | 'body'>;

const withoutFields: FieldsRead = { fields: {}, errors: { token: ['is a required field'] } };

const blank: TokenSettings = {
  name: '',
  description: '',
  scope: [],
  expires_on: null,
  expires_at: null,
  is_email_notification_enabled: false,
  rate_limit_enabled: false,
  rate_limits: null,
};

const mostTries = 3;

/**
 * Creates a token: one strong batch read and one transaction. Where the stack's hygiene settings are changed in between, both again.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `idempotency-key-reused`, `conflict`, `unavailable`
 */
export async function createToken(deps: TokenDependencies, command: CreateToken): Promise<CreatedToken> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const created = await tryToCreate(deps, command);
    if (created) return created;
  }
  throw conflict("Others are changing this stack's settings at the same time. Try again.");
}

async function tryToCreate(deps: TokenDependencies, command: CreateToken): Promise<CreatedToken | null> {
  const read = command.fields ? readNewFields(command.fields) : withoutFields;
  const record = recordOf(command, read);
  const seen = await deps.tokens.see({
    stack: command.stack,
    member: command.actor.uid,
    ...namesToRead(read.fields.scope),
    ...(record ? { idempotencyId: record.id } : {}),
  });
  requireTokenRights(seen.member);
  if (!seen.stack) throw new Error(`Stack ${command.stack} has members and no item of its own.`);
  if (record && seen.earlier && holds(seen.earlier, deps.now()))
    return await replay(deps, { command, record, earlier: seen.earlier });
  const settings = newSettings(read, {
    stack: seen.stack,
    branches: seen.branches,
    aliases: seen.aliases,
    organization: deps.organization,
    state: 'live',
    now: deps.now(),
  });
  return await store(deps, { command, record, stack: seen.stack, settings });
}

function newSettings({ fields, errors }: FieldsRead, context: SettingsContext): TokenSettings {
  const { settings, errors: more } = settingsAfter(blank, fields, context);
  const all: FieldErrors = { ...more, ...errors };
  if (Object.keys(all).length > 0) throw invalid(all);
  return settings;
}

async function store(
  deps: TokenDependencies,
  {
    command,
    record,
    stack,
    settings,
  }: {
    command: CreateToken;
    record: GivenKey | null;
    stack: Stack;
    settings: TokenSettings;
  },
): Promise<CreatedToken | null> {
  const { actor } = command;
  const at = deps.now();
  const uid = mintUid(deps.random);
  const value = mintTokenValue(uid, deps.random);
  const token: Token = {
    ...settings,
    uid,
    api_key: stack.api_key,
    org_uid: stack.org_uid,
    state: 'live',
    digest: digestOf(value),
    digest_algorithm: 'sha256',
    hint: value.slice(-4),
    version: 1,
    epoch: 1,
    next: nextAction({ ...settings, state: 'live' }, stack.hygiene, at),
    armed_under: stack.hygiene_version,
    created_by: actor.uid,
    updated_by: actor.uid,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  };
  const changes = Object.entries(settings).map(([field, to]) => ({ field, from: null, to }));
  const event = {
    stack: stack.api_key,
    module: 'management_token',
    event_type: 'create',
    metadata: { uid, title: token.name },
    changes,
  } as const;
  const audit = auditEntry(event, { actor, at, operation: operationId(at, deps.random) });
  const idempotency = record ? { idempotency: { ...record, token_uid: uid, created_at: token.created_at } } : {};
  const earlier = await deps.tokens.create({ token, stack, member: actor.uid, audit, ...idempotency });
  if (earlier === 'settings-changed') return null;
  return record && earlier ? await replay(deps, { command, record, earlier }) : { token, stack, lastUse: null, value };
}

function recordOf({ idempotencyKey, actor, stack }: CreateToken, { fields, errors }: FieldsRead): GivenKey | null {
  if (idempotencyKey === undefined) return null;
  return { id: hash([actor.uid, stack, 'create-token', idempotencyKey]), body: hash([fields, errors]) };
}

/** TTL deletes late: a record that is over is as if it were gone. */
function holds({ created_at }: IdempotencyRecord, now: Date): boolean {
  return now.getTime() < Date.parse(created_at) + idempotencyMs;
}

/** The first answer to a key, but for the value: that was shown once. */
async function replay(
  deps: TokenDependencies,
  { command, record, earlier }: { command: CreateToken; record: GivenKey; earlier: IdempotencyRecord },
): Promise<CreatedToken> {
  if (record.body !== earlier.body)
    throw new Refusal('idempotency-key-reused', {
      errors: { 'Idempotency-Key': ['was used with another body. Use a new key.'] },
    });
  const { member, stack, token, lastUse } = await deps.tokens.see({
    stack: command.stack,
    member: command.actor.uid,
    token: earlier.token_uid,
    lastUse: true,
  });
  requireTokenRights(member);
  if (!stack || !token || token.state === 'deleted') {
    throw new Refusal('conflict', {
      detail: `This key created the token ${earlier.token_uid}, which has been deleted since. Use a new key.`,
    });
  }
  return { token, stack, lastUse, value: null };
}

function hash(data: unknown): string {
  return createHash('sha256').update(canonicalJson(data)).digest('hex');
}
