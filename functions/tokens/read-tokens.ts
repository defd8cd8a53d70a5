import { requireTokenRights, type Stack } from '../stacks/stack.ts';
import { compareTexts } from '../values/compare-texts.ts';
import { isUid } from '../values/token-value.ts';
import { requireToken, type TokenOfStack } from './edit-token.ts';
import type { TokenReads, UsedToken } from './token-repository.ts';

interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

/** The tokens of a stack, newest first. @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable` */
export async function listTokens(
  tokens: TokenReads,
  { caller, stack: key }: Asked,
): Promise<{ tokens: readonly UsedToken[]; stack: Stack }> {
  const { member, stack, tokens: found } = await tokens.list(key, caller);
  requireTokenRights(member);
  if (!stack) throw new Error(`Stack ${key} has members and no item of its own.`);
  const alive = found.filter(({ token }) => token.state !== 'deleted' && token.api_key === key);
  return {
    stack,
    tokens: alive.sort((a, b) => compareTexts(age(b), age(a))),
  };
}

/** Sorts by time, and by uid what is of the same millisecond. */
function age({ token }: UsedToken): string {
  return `${token.created_at}#${token.uid}`;
}

/** One token of a stack. @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `unavailable` */
export async function fetchToken(
  tokens: TokenReads,
  { caller, stack, uid }: Asked & { readonly uid: string },
): Promise<TokenOfStack> {
  return requireToken(
    await tokens.see({ stack, member: caller, lastUse: true, ...(isUid(uid) ? { token: uid } : {}) }),
  );
}
