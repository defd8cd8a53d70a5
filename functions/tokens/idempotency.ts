import { createHash } from 'node:crypto';
import type { Actor } from '../stacks/person.ts';
import { requireTokenRights } from '../stacks/stack.ts';
import { canonicalJson } from '../values/canonical-json.ts';
import { Refusal } from '../values/refusals.ts';
import type { TokenOfStack } from './edit-token.ts';
import { type IdempotencyRecord, idempotencyMs, type TokenReads } from './token-repository.ts';

/** A caller's key with the body that came with it. What breaks a rule is part of the body, too. */
export type GivenKey = Pick<IdempotencyRecord, 'id' | 'body'>;

/** @param route what the key was used for: a key of one route is not one of another */
export function givenKey(
  { key, actor, stack }: { readonly key: string | undefined; readonly actor: Actor; readonly stack: string },
  { route, body }: { readonly route: string; readonly body: unknown },
): GivenKey | null {
  return key === undefined ? null : { id: hash([actor.uid, stack, route, key]), body: hash(body) };
}

/** TTL deletes late: a record that is over is as if it were gone. */
export function isKept({ created_at }: IdempotencyRecord, now: Date): boolean {
  return now.getTime() < Date.parse(created_at) + idempotencyMs;
}

/**
 * The token of the first answer to a key. Its value was shown then.
 * @throws {Refusal} `idempotency-key-reused`, `conflict` where it has been deleted since, `stack-not-found`, `not-allowed`
 */
export async function firstAnswer(
  tokens: TokenReads,
  { stack: key, caller }: { readonly stack: string; readonly caller: string },
  { given, earlier }: { readonly given: GivenKey; readonly earlier: IdempotencyRecord },
): Promise<TokenOfStack> {
  if (given.body !== earlier.body)
    throw new Refusal('idempotency-key-reused', {
      errors: { 'Idempotency-Key': ['was used with another body. Use a new key.'] },
    });
  const sight = { stack: key, member: caller, token: earlier.token_uid, lastUse: true } as const;
  const { member, stack, token, lastUse, lastRefusedAt = null } = await tokens.see(sight);
  requireTokenRights(member);
  if (!stack || !token || token.state === 'deleted') {
    throw new Refusal('conflict', {
      detail: `This key created the token ${earlier.token_uid}, which has been deleted since. Use a new key.`,
    });
  }
  return { token, stack, lastUse, lastRefusedAt };
}

function hash(data: unknown): string {
  return createHash('sha256').update(canonicalJson(data)).digest('hex');
}
