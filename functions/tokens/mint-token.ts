import { nextAction } from '../hygiene/schedule.ts';
import { type AuditEntry, auditEntry, type FieldChange, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import type { Stack } from '../stacks/stack.ts';
import { digestOf, mintTokenValue, mintUid, type Randomness } from '../values/token-value.ts';
import type { Token, TokenSettings } from './token.ts';

interface Minting {
  readonly actor: Actor;
  readonly stack: Stack;
  readonly settings: TokenSettings;
  readonly at: Date;
  /** What its audit entry tells beside its settings. */
  readonly changes?: readonly FieldChange[];
}

/** A new token that is stored nowhere yet, with its value and the entry of its creation. */
export function mintToken(
  random: Randomness,
  { actor, stack, settings, at, changes = [] }: Minting,
): { token: Token; value: string; audit: AuditEntry } {
  const uid = mintUid(random);
  const value = mintTokenValue(uid, random);
  const state = 'live';
  const token: Token = {
    ...settings,
    uid,
    api_key: stack.api_key,
    org_uid: stack.org_uid,
    state,
    digest: digestOf(value),
    digest_algorithm: 'sha256',
    hint: value.slice(-4),
    version: 1,
    epoch: 1,
    next: nextAction({ ...settings, state }, stack.hygiene, at),
    armed_under: stack.hygiene_version,
    created_by: actor.uid,
    updated_by: actor.uid,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  };
  const event = {
    stack: stack.api_key,
    module: 'management_token',
    event_type: 'create',
    metadata: { uid, title: token.name },
    changes: [...Object.entries(settings).map(([field, to]) => ({ field, from: null, to })), ...changes],
  } as const;
  return { token, value, audit: auditEntry(event, { actor, at, operation: operationId(at, random) }) };
}
