import { requireTokenRights } from '../stacks/stack.ts';
import type { TokenReads } from '../tokens/token-repository.ts';
import { Refusal, tokenNotFound } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import type { FoundRevocation, RevocationRepository } from './revocation-repository.ts';

/**
 * The receipt of a token's deletion, or of the latest revocation of a token that is not deleted. Also while it is running.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `unavailable`; `receipt-not-found` where nothing was revoked
 */
export async function readReceipt(
  deps: { readonly tokens: TokenReads; readonly revocations: RevocationRepository },
  { caller, stack, uid }: { readonly caller: string; readonly stack: string; readonly uid: string },
): Promise<FoundRevocation> {
  const { member, token } = await deps.tokens.see({ stack, member: caller, ...(isUid(uid) ? { token: uid } : {}) });
  requireTokenRights(member);
  if (token?.api_key !== stack) throw tokenNotFound();
  const found = token.end
    ? await deps.revocations.find(uid, token.end.operation)
    : await deps.revocations.latest(token);
  if (found) return found;
  throw new Refusal('receipt-not-found', {
    detail: token.end
      ? 'The receipt of this deletion is gone.'
      : 'This token has no receipt: it was not deleted, and its sessions were never ended all at once.',
  });
}
