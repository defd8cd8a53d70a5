import { Refusal, tokenNotFound } from '../refusals.ts';
import { requireTokenRights } from '../stacks/stack.ts';
import type { TokenReads } from '../tokens/token-repository.ts';
import { isUid } from '../tokens/token-value.ts';
import type { FoundRevocation, RevocationRepository } from './revocation-repository.ts';

/**
 * The receipt of a token's deletion, also while it is running.
 * @throws {Refusal} `stack-not-found`, `not-allowed`; `token-not-found`, and `receipt-not-found` for a token that is not deleted; `unavailable`
 */
export async function readReceipt(
  deps: { readonly tokens: TokenReads; readonly revocations: RevocationRepository },
  { caller, stack, uid }: { readonly caller: string; readonly stack: string; readonly uid: string },
): Promise<FoundRevocation> {
  const { member, token } = await deps.tokens.see({ stack, member: caller, ...(isUid(uid) ? { token: uid } : {}) });
  requireTokenRights(member);
  if (token?.api_key !== stack) throw tokenNotFound();
  if (!token.end) throw noReceipt('This token has not been deleted: only a deletion has a receipt here.');
  const found = await deps.revocations.find(uid, token.end.operation);
  if (!found) throw noReceipt('The receipt of this deletion is gone.');
  return found;
}

const noReceipt = (detail: string) => new Refusal('receipt-not-found', { detail });
