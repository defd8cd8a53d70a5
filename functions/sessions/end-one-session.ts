import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import type { Actor } from '../stacks/person.ts';
import { requireTokenRights } from '../stacks/stack.ts';
import { requireToken } from '../tokens/edit-token.ts';
import type { TokenDependencies } from '../tokens/token-repository.ts';
import { Refusal } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import type { ManagedSessions } from './session-repository.ts';

/**
 * An owner or admin ends one session of a token: its row's own conditional write, with the caller's membership tested in it.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `session-not-found`, `conflict`, `unavailable`
 */
export async function endOneSession(
  deps: Omit<TokenDependencies, 'organization'> & { readonly sessions: ManagedSessions },
  { actor, stack, uid, session }: { actor: Actor; stack: string; uid: string; session: string },
): Promise<void> {
  const seen = await deps.tokens.see({ stack, member: actor.uid, ...(isUid(uid) ? { token: uid } : {}) });
  const { token } = requireToken(seen);
  const at = deps.now();
  const event = {
    stack,
    module: 'management_token',
    event_type: 'update',
    metadata: { uid, title: token.name },
    changes: [{ field: 'session', from: session, to: null }],
  } as const;
  const audit = auditEntry(event, { actor, at, operation: operationId(at, deps.random) });
  if (!isUid(session)) throw sessionNotFound();
  const failure = await deps.sessions.endByMember({ stack, member: actor.uid, token: uid, session, audit });
  if (failure?.failed === 'member') requireTokenRights(failure.member);
  if (failure) throw sessionNotFound();
}

const sessionNotFound = () => new Refusal('session-not-found', { errors: { session_uid: ['is not valid.'] } });
