import { countedCleanUps } from '../hygiene/decide.ts';
import { type AuditEntry, auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { maySeeTokens, whyNoTokenRights } from '../stacks/stack.ts';
import { StoredNameSchema } from '../values/names.ts';
import { invalid, type Refusal, staleVersion, tokenNotFound } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import { type Receipt, receiptOf } from './revocation.ts';
import type { Token } from './token.ts';
import type { DeletionOutcome, TokenDependencies, TokenRepository } from './token-repository.ts';

export interface DeleteToken {
  readonly actor: Actor;
  readonly stack: string;
  readonly uid: string;
  /** What the person typed; absent where nothing was. */
  readonly confirmName?: string;
  /** From `If-Match`; absent: any version. */
  readonly version?: number;
}

/**
 * Deletes a token whose exact name was given: one transaction without a read, whose condition holds the name. A refusal is kept in
 * the audit log where an owner or admin of the token's stack is refused.
 * @throws {Refusal} the first that holds: `stack-not-found`, `not-allowed`, `token-not-found`, `stale-version`, `invalid`; `conflict`, `unavailable`
 */
export async function deleteToken(
  deps: Omit<TokenDependencies, 'organization'>,
  command: DeleteToken,
): Promise<Receipt> {
  const { actor, stack, uid, version } = command;
  const confirmed = StoredNameSchema.safeParse(command.confirmName);
  const at = deps.now();
  const operation = operationId(at, deps.random);
  const event = { stack, module: 'management_token', event_type: 'delete' } as const;
  const audit = (title: string, refused?: Refusal): AuditEntry =>
    auditEntry(
      { ...event, metadata: { uid, title }, ...(refused ? { outcome: 'refused', reason: refused.kind } : {}) },
      { actor, at, operation },
    );
  if (!confirmed.success || !isUid(uid)) {
    throw await refuse(deps, { command, audit, outcome: await look(deps, command) });
  }
  const confirmName = confirmed.data;
  const receipt = receiptOf(
    { uid, name: confirmName, api_key: stack },
    { operation, reason: 'deleted', actor: actor.uid, at, epoch: null },
  );
  const refused = await deps.tokens.delete({
    receipt,
    member: actor.uid,
    confirmName,
    audit: audit(confirmName),
    version,
  });
  if (refused) throw await refuse(deps, { command, audit, outcome: refused });
  return receipt;
}

/** Who deletes by the clock. */
const schedule = { uid: 'tokenward', remote_addr: '' };

/**
 * Deletes a token that expired long ago, and only as it was seen: whoever extends or edits it meanwhile keeps it. Counted against the
 * stack's limit in the deleting transaction.
 * @param cleaned when tokens of the stack were cleaned up, as it was read with the token
 * @param requestId of the run, for the audit log
 * @returns the receipt; null where it is not as it was seen
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function cleanUpToken(
  deps: Pick<TokenDependencies, 'random'> & { readonly tokens: Pick<TokenRepository, 'cleanUp'> },
  { seen, cleaned, at, requestId }: { seen: Token; cleaned: readonly string[]; at: Date; requestId: string },
): Promise<Receipt | null> {
  const operation = operationId(at, deps.random);
  const actor = { ...schedule, request_id: requestId };
  const receipt = receiptOf(seen, { operation, reason: 'cleaned_up', actor: actor.uid, at, epoch: null });
  const { uid, name: title, api_key: stack } = seen;
  const event = { stack, module: 'management_token', event_type: 'delete', metadata: { uid, title } } as const;
  const done = await deps.tokens.cleanUp({
    receipt,
    audit: auditEntry({ ...event, reason: 'cleaned_up' }, { actor, at, operation }),
    seen,
    cleanedBefore: cleaned,
    cleanedAfter: [...countedCleanUps(cleaned, at), at.toISOString()],
  });
  return done ? receipt : null;
}

/** What cannot be a name never becomes a key: the rows are read, and the refusal is the same as if they had refused. */
async function look(
  deps: Pick<TokenDependencies, 'tokens'>,
  { stack, actor, uid }: DeleteToken,
): Promise<DeletionOutcome> {
  const seen = await deps.tokens.see({ stack, member: actor.uid, ...(isUid(uid) ? { token: uid } : {}) });
  return { token: seen.token, ...(maySeeTokens(seen.member) ? {} : { member: seen.member }) };
}

interface RefusedDeletion {
  readonly command: DeleteToken;
  readonly audit: (title: string, refused: Refusal) => AuditEntry;
  readonly outcome: DeletionOutcome;
}

async function refuse(
  deps: Pick<TokenDependencies, 'tokens'>,
  { command, audit, outcome }: RefusedDeletion,
): Promise<Refusal> {
  const refusal = whyRefused(command, outcome);
  const token = outcome.token;
  if (outcome.member === undefined && token && isOf(command.stack, token)) {
    await deps.tokens.recordRefusal(audit(token.name, refusal));
  }
  return refusal;
}

/** Judges in the order member, token, version, name: the first that is wrong is the answer. */
function whyRefused({ stack, version, confirmName }: DeleteToken, { member, token }: DeletionOutcome): Refusal {
  if (member !== undefined) return whyNoTokenRights(member) ?? tokenNotFound();
  if (!token || !isOf(stack, token)) return tokenNotFound();
  if (version !== undefined && version !== token.version) return staleVersion(token.version);
  return invalid({
    confirm_name: [
      confirmName === undefined
        ? 'is required. Enter the exact name of the token to delete it.'
        : 'does not match the name of this token.',
    ],
  });
}

function isOf(stack: string, token: Token): boolean {
  return token.api_key === stack && token.state !== 'deleted';
}
