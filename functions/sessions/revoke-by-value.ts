import { nextAction } from '../hygiene/schedule.ts';
import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import { changesBetween } from '../tokens/changes.ts';
import { isArmedBy, isReplaced } from '../tokens/edit-token.ts';
import { expiryMs } from '../tokens/expiry.ts';
import { receiptOf } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import type { TokenDependencies } from '../tokens/token-repository.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { digestMatches, parseCredential } from '../values/token-value.ts';
import type { CredentialReader } from '../verification/credential-reader.ts';
import type { SessionRepository } from './session-repository.ts';

export interface RevokeByValueDependencies extends Omit<TokenDependencies, 'organization'> {
  readonly credentials: CredentialReader;
  readonly sessions: SessionRepository;
}

/** Where the request came from, for the audit log. */
export interface Origin {
  readonly request_id: string;
  readonly remote_addr: string;
}

/**
 * Whoever holds a value may stop it: a session's value ends that session, a token's value expires the token now and ends its
 * sessions. Anything else changes nothing, and is no error. RFC 7009, 2.1 and 2.2
 * @throws {Refusal} `conflict`, `unavailable`: the value may still be good then
 */
export async function revokeByValue(
  deps: RevokeByValueDependencies,
  { value, origin }: { value: string; origin: Origin },
): Promise<void> {
  const presented = parseCredential(value);
  if (!presented) return;
  const operation = operationId(deps.now(), deps.random);
  await retryOrConflict('this token', async () => {
    const { token, session } = await deps.credentials.find(presented);
    const kept = presented.session === undefined ? token : session;
    if (!token || !kept || !digestMatches(value, kept.digest)) return true;
    if (session) {
      await deps.sessions.end(token.uid, session.uid);
      return true;
    }
    // Also where this instance's clock says that it has expired: another's may be behind. Only `stopped` holds for all.
    if (token.state === 'stopped' || token.state === 'deleted') return true;
    return await stop(deps, { token, operation, origin });
  });
}

/** As an edit with "now" would, by the token's holder. What was deleted or has expired meanwhile needs no stopping. */
async function stop(
  deps: RevokeByValueDependencies,
  { token: before, operation, origin }: { token: Token; operation: string; origin: Origin },
): Promise<boolean> {
  const at = deps.now();
  const now = at.toISOString();
  const over = expiryMs(before.expires_at) <= at.getTime();
  const expiry = over ? {} : { expires_on: now, expires_at: now };
  const stop = { at: now, by: before.uid, reason: 'revoked_by_holder' } as const;
  const stopped = { ...before, ...expiry, state: 'stopped', stopped: stop } as const;
  const { stack } = await deps.tokens.see({ stack: before.api_key, member: before.uid });
  if (stack && !isArmedBy(before, stack)) return false;
  const after: Token = {
    ...stopped,
    next: stack && nextAction(stopped, stack.hygiene, at),
    version: before.version + 1,
    epoch: before.epoch + 1,
    updated_by: before.uid,
    updated_at: now,
  };
  const changes = changesBetween(before, after);
  const event = {
    stack: before.api_key,
    module: 'management_token',
    event_type: 'update',
    metadata: { uid: before.uid, title: before.name },
    changes,
  } as const;
  const actor = { ...origin, uid: before.uid };
  const receipt = receiptOf(after, {
    operation,
    reason: 'revoked_by_holder',
    actor: before.uid,
    at,
    epoch: after.epoch,
  });
  const outcome = await deps.tokens.replace({
    before,
    after,
    by: { holder: before.digest },
    audit: auditEntry(event, { actor, at, operation }),
    receipt,
  });
  return isReplaced(outcome);
}
