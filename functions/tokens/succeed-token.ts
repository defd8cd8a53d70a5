import { operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { requireTokenRights, type Stack } from '../stacks/stack.ts';
import { dayMs, parseOverlap } from '../values/duration.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { type FieldErrors, invalid } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import { settingsOf } from './changes.ts';
import { type CreatedToken, contextOf, earlierRecord } from './create-token.ts';
import { edited, editOf, isArmedBy, requireToken } from './edit-token.ts';
import { expiryMs } from './expiry.ts';
import { firstAnswer, type GivenKey, givenKey, isKept } from './idempotency.ts';
import { mintToken } from './mint-token.ts';
import { namesToRead, type SettingsContext, settingsAfter } from './settings.ts';
import type { Token, TokenSettings } from './token.ts';
import { fieldSchemas, readEditedFields } from './token-fields.ts';
import type { Creation, IdempotencyRecord, Seen, Succession, TokenDependencies } from './token-repository.ts';

export interface SucceedToken {
  readonly actor: Actor;
  readonly stack: string;
  /** Of the token that is followed. */
  readonly uid: string;
  /** Settings of the new token that are to differ, unchecked. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** How long the old token goes on, unchecked; absent: a week. */
  readonly overlap: unknown;
  /** From `If-Match`, of the old token. */
  readonly version?: number;
  readonly idempotencyKey?: string;
}

const mostCodePoints = 50;
const weekMs = 7 * dayMs;
const overlapRule =
  'must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as P7D, and at most 90 days.';

/**
 * Creates a token with another's settings, and lets that one expire after an overlap: both in one transaction, so that neither is
 * done without the other. Never later than it would have expired: a successor gives no power back. A retry without a key finds the
 * name taken, and so doubles nothing.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `stale-version`, `invalid`, `idempotency-key-reused`,
 * `conflict`, `unavailable`
 */
export async function succeedToken(deps: TokenDependencies, command: SucceedToken): Promise<CreatedToken> {
  return await retryOrConflict('this token', () => tryToSucceed(deps, command));
}

async function tryToSucceed(deps: TokenDependencies, command: SucceedToken): Promise<CreatedToken | false> {
  const { actor, stack: key, uid, fields, overlap } = command;
  const given = givenKey(
    { key: command.idempotencyKey, actor, stack: key },
    { route: 'create-successor', body: [uid, fields, overlap] },
  );
  const scope = fieldSchemas.scope.safeParse(fields.scope);
  const seen = await deps.tokens.see({
    stack: key,
    member: actor.uid,
    ...(isUid(uid) ? { token: uid } : {}),
    ...(given ? { idempotencyId: given.id } : {}),
    ...namesToRead(scope.data),
  });
  const again = async (earlier: IdempotencyRecord, mine: GivenKey) => ({
    ...(await firstAnswer(deps.tokens, { stack: key, caller: actor.uid }, { given: mine, earlier })),
    value: null,
  });
  requireTokenRights(seen.member);
  // Before the old token: it was edited by the first request with this key, and may have been deleted since.
  if (given && seen.earlier && isKept(seen.earlier, deps.now())) return await again(seen.earlier, given);
  const { token: before, stack } = requireToken(seen, command.version);
  if (!isArmedBy(before, stack)) return false;
  const { creation, value, edit } = successionOf(deps, command, { before, seen: { ...seen, stack } });
  const { token } = creation;
  const idempotency = given ? { idempotency: { ...given, token_uid: token.uid, created_at: token.created_at } } : {};
  const failure = await deps.tokens.succeed({ before, ...edit, creation: { ...creation, ...idempotency } });
  if (!failure) return { token, stack, lastUse: null, value };
  const first = earlierRecord(failure, stack);
  return given !== null && first !== null && (await again(first, given));
}

interface Scene {
  readonly before: Token;
  readonly seen: Seen & { readonly stack: Stack };
}

function successionOf(
  deps: TokenDependencies,
  { actor, fields, overlap }: SucceedToken,
  { before, seen }: Scene,
): { creation: Creation; value: string; edit: Pick<Succession, 'edit'> } {
  const at = deps.now();
  const { settings, errors } = settingsOfSuccessor(before, fields, contextOf(deps, seen));
  const { overlapMs, errors: more } = readOverlap(overlap);
  const all: FieldErrors = { ...errors, ...more };
  if (Object.keys(all).length > 0) throw invalid(all);
  const changes = [{ field: 'successor_of', from: null, to: before.uid }];
  const { value, ...minted } = mintToken(deps.random, { actor, stack: seen.stack, settings, at, changes });
  const creation = { ...minted, stack: seen.stack, member: actor.uid };
  const expires_on = expiryAfter(before, at, overlapMs);
  if (expires_on === null) return { creation, value, edit: {} };
  const context = { before, seen, at, organization: deps.organization };
  const after = edited({ actor, fields: { expires_on } }, context);
  return {
    creation,
    value,
    edit: { edit: editOf({ before, after }, { actor, at, operation: operationId(at, deps.random) }) },
  };
}

/** How long the old token goes on; where the text is not valid, an error beside the default. */
function readOverlap(given: unknown): { overlapMs: number; errors: FieldErrors } {
  if (given === undefined) return { overlapMs: weekMs, errors: {} };
  const overlapMs = typeof given === 'string' ? parseOverlap(given) : null;
  return overlapMs === null ? { overlapMs: weekMs, errors: { overlap: [overlapRule] } } : { overlapMs, errors: {} };
}

/** The new expiry of the old token; null where it expires before that, or is not live: a successor gives no power back. */
function expiryAfter({ state, expires_at }: Token, at: Date, overlapMs: number): string | null {
  const end = at.getTime() + overlapMs;
  if (state !== 'live') return null;
  if (expiryMs(expires_at) <= end) return null;
  return overlapMs === 0 ? 'now' : new Date(end).toISOString();
}

/** The old settings with what is given of others. Only what is given is judged, and an expiry that has passed. */
function settingsOfSuccessor(
  before: Token,
  fields: SucceedToken['fields'],
  context: SettingsContext,
): { settings: TokenSettings; errors: FieldErrors } {
  const old = settingsOf(before);
  const read = readEditedFields(fields, old);
  const named = { name: fields.name === undefined ? nextName(old.name) : old.name };
  const { settings, errors } = settingsAfter({ ...old, ...named }, read.fields, context);
  const isOver = expiryMs(settings.expires_at) <= context.now.getTime();
  const expiry = isOver ? { expires_on: ['has passed. Give a date in the future, or null.'] } : {};
  return { settings, errors: { ...expiry, ...errors, ...read.errors } };
}

/**
 * `name (2)`, after which comes `name (3)`; the name is cut where it would be too long. A line separator, which older names may have,
 * becomes a space: no new name has one.
 */
function nextName(old: string): string {
  const name = old.replace(/[\p{Zl}\p{Zp}]/gu, ' ');
  const numbered = /(.*) \((\d{1,6})\)$/s.exec(name);
  const suffix = ` (${Number(numbered?.[2] ?? 1) + 1})`;
  return [...(numbered?.[1] ?? name)].slice(0, mostCodePoints - suffix.length).join('') + suffix;
}
