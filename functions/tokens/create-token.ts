import type { Actor } from '../stacks/person.ts';
import { requireTokenRights, type Stack } from '../stacks/stack.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { type FieldErrors, invalid, nameTaken } from '../values/refusals.ts';
import type { TokenOfStack } from './edit-token.ts';
import { firstAnswer, type GivenKey, givenKey, isKept } from './idempotency.ts';
import { mintToken } from './mint-token.ts';
import { namesToRead, type SettingsContext, settingsAfter } from './settings.ts';
import type { TokenSettings } from './token.ts';
import { type FieldsRead, readNewFields } from './token-fields.ts';
import type { IdempotencyRecord, NotCreated, Seen, TokenDependencies } from './token-repository.ts';

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

const withoutFields: FieldsRead = { fields: {}, errors: { token: ['is a required field'] } };

// Stryker disable next-line all: both are required, so what stands here never gets into a token
const required = { name: '', scope: [] };
/** A new token's settings, before what is given. */
export const blankSettings: TokenSettings = {
  ...required,
  description: '',
  expires_on: null,
  expires_at: null,
  is_email_notification_enabled: false,
  rate_limit_enabled: false,
  rate_limits: null,
};

/**
 * Creates a token: one strong batch read and one transaction. Where the stack's hygiene settings are changed in between, both again.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `idempotency-key-reused`, `conflict`, `unavailable`
 */
export async function createToken(deps: TokenDependencies, command: CreateToken): Promise<CreatedToken> {
  return await retryOrConflict("this stack's settings", () => tryToCreate(deps, command));
}

async function tryToCreate(deps: TokenDependencies, command: CreateToken): Promise<CreatedToken | false> {
  const { actor, stack: key } = command;
  const read = command.fields ? readNewFields(command.fields) : withoutFields;
  const given = givenKey(
    { key: command.idempotencyKey, actor, stack: key },
    { route: 'create-token', body: [read.fields, read.errors] },
  );
  const seen = await deps.tokens.see({
    stack: key,
    member: actor.uid,
    ...namesToRead(read.fields.scope),
    ...(given ? { idempotencyId: given.id } : {}),
  });
  requireTokenRights(seen.member);
  const { stack, earlier } = seen;
  if (!stack) throw new Error(`Stack ${key} has members and no item of its own.`);
  const again = async (first: IdempotencyRecord, mine: GivenKey) => ({
    ...(await firstAnswer(deps.tokens, { stack: key, caller: actor.uid }, { given: mine, earlier: first })),
    value: null,
  });
  if (given && earlier && isKept(earlier, deps.now())) return await again(earlier, given);
  const settings = newSettings(read, contextOf(deps, { ...seen, stack }));
  const { token, value, audit } = mintToken(deps.random, { actor, stack, settings, at: deps.now() });
  const idempotency = given ? { idempotency: { ...given, token_uid: token.uid, created_at: token.created_at } } : {};
  const failure = await deps.tokens.create({ token, stack, member: actor.uid, audit, ...idempotency });
  if (!failure) return { token, stack, lastUse: null, value };
  const first = earlierRecord(failure, stack);
  return given !== null && first !== null && (await again(first, given));
}

/**
 * Tells the caller why a token was not created.
 * @returns the record of an earlier request with the same idempotency key; null where another change won a race, so that the creation
 * can be tried again
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`
 */
export function earlierRecord(failure: NotCreated, { plan: { max_tokens: most } }: Stack): IdempotencyRecord | null {
  switch (failure.failed) {
    case 'member':
      requireTokenRights(failure.member);
      return null;
    case 'idempotency':
      return failure.earlier;
    case 'before':
      return null;
    case 'name':
      throw nameTaken();
    case 'count':
      if (failure.tokens < most) return null;
      throw invalid({
        token: [`cannot be created: this stack has ${most} management tokens, which is its limit. Delete one first.`],
      });
  }
}

/** What the rules of a new token look at. */
export function contextOf(
  { organization, now }: TokenDependencies,
  { stack, branches, aliases }: Pick<Seen, 'branches' | 'aliases'> & { readonly stack: Stack },
): SettingsContext {
  return { stack, branches, aliases, organization, now: now() };
}

function newSettings({ fields, errors }: FieldsRead, context: SettingsContext): TokenSettings {
  const { settings, errors: more } = settingsAfter(blankSettings, fields, context);
  const all: FieldErrors = { ...more, ...errors };
  if (Object.keys(all).length > 0) throw invalid(all);
  return settings;
}
