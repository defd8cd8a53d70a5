import { mainBranch } from '../stacks/stack.ts';
import type { Token } from '../tokens/token.ts';
import type { UsedBy } from '../values/last-use.ts';
import { BranchNameSchema } from '../values/names.ts';
import type { Module } from '../values/scope.ts';
import { digestMatches, isUid, parseCredential } from '../values/token-value.ts';
import type { CredentialReader, FoundCredential } from './credential-reader.ts';
import { judge, type Verdict } from './judge.ts';
import type { UseLog } from './usage.ts';

export interface Verification {
  /** The credential as presented, without any scheme in front. */
  readonly value: string;
  /** The stack that the caller named, or null when none. */
  readonly stack: string | null;
  /** What the request needs of the token's scope; absent where the door asks for nothing. */
  readonly need?: { readonly module: Module; readonly access: 'read' | 'write'; readonly branch?: string };
  /** Who presents it, for the last use; a session's own name for its client goes before this one. */
  readonly by: UsedBy;
}

export interface VerificationDependencies {
  readonly credentials: CredentialReader;
  readonly uses: Pick<UseLog, 'used' | 'refused' | 'usedDead'>;
  readonly now: () => Date;
}

/** The verdict with what it was found on. */
export type Verified = Verdict &
  Pick<FoundCredential, 'session'> & {
    /** The token, where the value presented is right, whatever else is not. */
    readonly holder: Token | null;
  };

/**
 * Answers whether a presented value is good, by one strong read of the base items. What cannot be a value is unknown without a read.
 * @throws {Refusal} `unavailable` when storage cannot answer: nothing is "active" then
 */
export async function verifyCredential(
  { credentials, uses, now }: VerificationDependencies,
  { value, stack, need, by }: Verification,
): Promise<Verified> {
  const presented = parseCredential(value);
  if (!presented) return unknownCredential;
  const name = need?.branch ?? mainBranch;
  // What can be neither a stack nor a branch never becomes a key.
  const isKey = stack && isUid(stack) && BranchNameSchema.safeParse(name).success;
  const wanted = need && isKey ? { branch: { stack, name } } : {};
  const { token, session, branch } = await credentials.find({ ...presented, ...wanted });
  const kept = presented.session === undefined ? token : session;
  const isRight = kept !== null && digestMatches(value, kept.digest);
  const at = now();
  const verdict = judge({
    token,
    ...(presented.session === undefined ? {} : { session }),
    presented: {
      digestMatches: isRight,
      stack,
      // Every stack with branches has the main one: where that has no row, there are none.
      ...(need ? { need: { ...need, branch: branch ?? (name === mainBranch ? null : undefined) } } : {}),
    },
    now: at,
  });
  const holder = isRight ? token : null;
  const use = { at, client: session?.client || by.client, remote_addr: by.remote_addr };
  if (verdict.active) await uses.used({ ...use, token: verdict.token });
  else if (holder && isDead(verdict)) await uses.usedDead({ ...use, token: holder });
  else if (holder && verdict.reason === 'out-of-scope') await uses.refused({ ...use, token: holder });
  return { ...verdict, session, holder };
}

const isDead = ({ reason }: Extract<Verdict, { active: false }>) => reason === 'deleted' || reason === 'expired';

/** The verdict on what is no credential of ours. */
const unknownCredential = { active: false, reason: 'unknown', session: null, holder: null } as const;
