import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { isUid } from '../values/token-value.ts';
import { isReplaced, requireToken } from './edit-token.ts';
import { type Receipt, receiptOf } from './revocation.ts';
import type { TokenDependencies } from './token-repository.ts';

/**
 * Ends every session of a token and leaves the token: its epoch is raised, and with that every session of before is over.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `conflict`, `unavailable`
 */
export async function endAllSessions(
  deps: Omit<TokenDependencies, 'organization'>,
  { actor, stack, uid }: { actor: Actor; stack: string; uid: string },
): Promise<Receipt> {
  const at = deps.now();
  const operation = operationId(at, deps.random);
  return await retryOrConflict('this token', async () => {
    const seen = await deps.tokens.see({ stack, member: actor.uid, ...(isUid(uid) ? { token: uid } : {}) });
    const { token: before } = requireToken(seen);
    const after = { ...before, epoch: before.epoch + 1 };
    const changes = [{ field: 'sessions', from: 'open', to: 'ended' }];
    const event = {
      stack,
      module: 'management_token',
      event_type: 'update',
      metadata: { uid, title: before.name },
      changes,
    } as const;
    const receipt = receiptOf(after, { operation, reason: 'ended_all', actor: actor.uid, at, epoch: after.epoch });
    const audit = auditEntry(event, { actor, at, operation });
    const outcome = await deps.tokens.replace({ before, after, by: { member: actor.uid }, audit, receipt });
    return isReplaced(outcome) && receipt;
  });
}
