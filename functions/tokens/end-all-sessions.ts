import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { conflict } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import { requireToken } from './edit-token.ts';
import { type Receipt, receiptOf } from './revocation.ts';
import type { TokenDependencies } from './token-repository.ts';

const mostTries = 3;

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
  for (let tries = 0; tries < mostTries; tries += 1) {
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
    if (await deps.tokens.replace({ before, after, by: { member: actor.uid }, audit, receipt })) return receipt;
  }
  throw conflict('Others are changing this token at the same time. Try again.');
}
