import { nextAction } from '../hygiene/schedule.ts';
import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { requireTokenRights, type Stack } from '../stacks/stack.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { invalid, nameTaken, staleVersion, tokenNotFound } from '../values/refusals.ts';
import { digestMatches, isUid } from '../values/token-value.ts';
import { changesBetween, settingsOf } from './changes.ts';
import { receiptOf, revocationByEdit } from './revocation.ts';
import { namesToRead, settingsAfter } from './settings.ts';
import type { Token } from './token.ts';
import { fieldSchemas, readEditedFields } from './token-fields.ts';
import type { Edit, NotReplaced, Seen, TokenDependencies, UsedToken } from './token-repository.ts';

export interface EditToken {
  readonly actor: Actor;
  readonly stack: string;
  readonly uid: string;
  /** The `token` object of the body, unchecked; null where the body has none. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  /** From `If-Match`; absent: the edit is applied to whatever is there. */
  readonly version?: number;
}

export interface TokenOfStack extends UsedToken {
  readonly stack: Stack;
}

/**
 * Edits a token: one strong batch read and one transaction. An edit without a version that loses a race is read and applied again,
 * three times at most.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `stale-version`, `invalid`, `conflict`, `unavailable`
 */
export async function editToken(deps: TokenDependencies, command: EditToken): Promise<TokenOfStack> {
  // One for all tries: that its audit entry is there is the proof that one of them was carried out.
  const operation = operationId(deps.now(), deps.random);
  return await retryOrConflict('this token', () => tryToEdit(deps, command, operation));
}

/**
 * Whether an edit was made. False where the token is not as it was read, so that the edit can be tried again.
 * @param outcome null: it was made
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`
 */
export function isReplaced(outcome: NotReplaced | null): boolean {
  if (outcome?.failed === 'member') requireTokenRights(outcome.member);
  if (outcome?.failed === 'name') throw nameTaken();
  return outcome === null;
}

async function tryToEdit(
  deps: TokenDependencies,
  command: EditToken,
  operation: string,
): Promise<TokenOfStack | false> {
  const { actor, uid } = command;
  const scope = fieldSchemas.scope.safeParse(command.fields?.scope);
  const seen = await deps.tokens.see({
    stack: command.stack,
    member: actor.uid,
    lastUse: true,
    ...(isUid(uid) ? { token: uid } : {}),
    ...namesToRead(scope.data),
  });
  const { token: before, stack, ...usage } = requireToken(seen, command.version);
  if (!isArmedBy(before, stack)) return false;
  const at = deps.now();
  const after = edited(command, { before, seen: { ...seen, stack }, at, organization: deps.organization });
  if (changesBetween(before, after).length === 0 && after.state === before.state)
    return { token: before, stack, ...usage };
  const edit = editOf({ before, after }, { actor, at, operation });
  const outcome = await deps.tokens.replace({ ...edit, before, by: { member: actor.uid } });
  return isReplaced(outcome) && { token: edit.after, stack, ...usage };
}

/** An edit as it is written: its audit entry, and where sessions end by it, a higher epoch with a receipt. */
export function editOf(
  { before, after }: { readonly before: Token; readonly after: Token },
  { actor, at, operation }: { readonly actor: Actor; readonly at: Date; readonly operation: string },
): Omit<Edit, 'before' | 'by'> {
  const reason = revocationByEdit(before, after, at);
  const token = reason ? { ...after, epoch: before.epoch + 1 } : after;
  const event = {
    stack: before.api_key,
    module: 'management_token',
    event_type: 'update',
    metadata: { uid: before.uid, title: token.name },
    changes: changesBetween(before, after),
  } as const;
  const audit = auditEntry(event, { actor, at, operation });
  if (!reason) return { after: token, audit };
  return {
    after: token,
    audit,
    receipt: receiptOf(token, { operation, reason, actor: actor.uid, at, epoch: token.epoch }),
  };
}

/**
 * Whether a token was armed by the settings that were read with it. A batch read is not of one moment: where the settings were changed
 * in between, both are read again, so that nothing is armed by settings of before.
 */
export function isArmedBy({ armed_under }: Token, { hygiene_version }: Stack): boolean {
  return armed_under === hygiene_version;
}

/** @throws {Refusal} the first that holds: `stack-not-found`, `not-allowed`, `token-not-found`, `stale-version`. */
export function requireToken(
  {
    member,
    stack,
    token,
    lastUse,
    lastRefusedAt = null,
  }: Pick<Seen, 'member' | 'stack' | 'token' | 'lastUse' | 'lastRefusedAt'>,
  version?: number,
): TokenOfStack {
  requireTokenRights(member);
  if (!stack || !token || token.api_key !== stack.api_key || token.state === 'deleted') throw tokenNotFound();
  if (version !== undefined && version !== token.version) throw staleVersion(token.version);
  return { token, stack, lastUse, lastRefusedAt };
}

interface EditContext {
  readonly before: Token;
  readonly seen: Seen & { readonly stack: Stack };
  readonly at: Date;
  readonly organization: TokenDependencies['organization'];
}

/** A token with the fields of an edit applied. @throws {Refusal} `invalid` */
export function edited(
  { actor, fields }: Pick<EditToken, 'actor' | 'fields'>,
  { before, seen, at, organization }: EditContext,
): Token {
  if (!fields) throw invalid({ token: ['is a required field'] });
  const read = readEditedFields(fields, before);
  const {
    settings,
    state = before.state,
    errors,
  } = settingsAfter(settingsOf(before), read.fields, {
    stack: seen.stack,
    branches: seen.branches,
    aliases: seen.aliases,
    organization,
    now: at,
  });
  const all = { ...errors, ...read.errors, ...valueErrors(fields.token, before) };
  if (Object.keys(all).length > 0) throw invalid(all);
  const moved = settings.expires_at !== before.expires_at || state !== before.state;
  const stop = { at: at.toISOString(), by: actor.uid, reason: 'expired_now' } as const;
  return {
    ...before,
    ...settings,
    state,
    ...(moved && state === 'stopped' ? { stopped: stop } : {}),
    next: moved ? nextAction({ ...settings, state }, seen.stack.hygiene, at) : before.next,
    version: before.version + 1,
    updated_by: actor.uid,
    updated_at: at.toISOString(),
  };
}

/** SDKs send back what creation gave them, the value among it: that one is ignored, any other is an attempt to change it. */
function valueErrors(value: unknown, { digest }: Token): Record<string, string[]> {
  if (value === undefined || (typeof value === 'string' && digestMatches(value, digest))) return {};
  return { token: ['cannot be changed. Generate a new management token instead.'] };
}
