import { mainBranch } from '../stacks/stack.ts';
import { judge, type Verdict } from './judge.ts';
import type { Module } from './scope.ts';
import { BranchNameSchema } from './token-fields.ts';
import type { TokenRepository } from './token-repository.ts';
import { digestMatches, parseTokenValue } from './token-value.ts';

export interface Verification {
  /** The credential as presented, without any scheme in front. */
  readonly value: string;
  /** The stack that the caller named, or null when none. */
  readonly stack: string | null;
  /** What the request needs of the token's scope; absent where the door asks for nothing. */
  readonly need?: { readonly module: Module; readonly access: 'read' | 'write'; readonly branch?: string };
}

/**
 * Answers whether a presented value is good, by one strong read of the base item (and of the branch's, where one is needed). What
 * cannot be a token value is unknown without a read.
 * @throws {Refusal} `unavailable` when storage cannot answer: nothing is "active" then
 */
export async function verifyToken(
  { tokens, now }: { tokens: TokenRepository; now: () => Date },
  { value, stack, need }: Verification,
): Promise<Verdict> {
  const presented = parseTokenValue(value);
  if (!presented) return { active: false, reason: 'unknown' };
  const name = need?.branch ?? mainBranch;
  const wanted = need && stack && isBranchName(name) ? { stack, name } : undefined;
  const { token, branch } = await tokens.findForVerification(presented.uid, wanted);
  return judge({
    token,
    presented: {
      digestMatches: token !== null && digestMatches(value, token.digest),
      stack,
      ...(need
        ? {
            need: {
              module: need.module,
              access: need.access,
              branch: branch ?? (name === mainBranch ? null : undefined),
            },
          }
        : {}),
    },
    now: now(),
  });
}

function isBranchName(name: string): boolean {
  return BranchNameSchema.safeParse(name).success;
}
