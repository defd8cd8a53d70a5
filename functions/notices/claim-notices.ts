import { decide, type StackState, type Threshold } from '../hygiene/decide.ts';
import type { NextAction } from '../hygiene/schedule.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { retryLostRace } from '../values/lost-race.ts';
import { digestFor } from './digest-entries.ts';
import type { Claim, ClaimOutcome, DigestKey, NoticeRepository } from './notice-repository.ts';

/** What of a run a claim depends on. */
export interface ClaimContext {
  readonly state: StackState;
  readonly now: Date;
}

/** A notice that is wanted of a token, and what is to be done next about the token. */
export interface WantedNotice {
  readonly used: UsedToken;
  readonly threshold: Threshold;
  readonly expires_at: string;
  readonly next: NextAction | null;
}

/** A claim, and the digest that took it or would have. */
export interface Claimed {
  readonly outcome: Exclude<ClaimOutcome, 'digest-closed'>;
  readonly digest: DigestKey;
}

/** A transaction has 100 actions at most: one is the digest's, and each notice takes three. */
const mostTogether = 33;

/**
 * Claims one notice. A digest that is closed takes no more, and the next one is tried.
 * @throws when digest after digest is closed
 */
export async function claimNotice(
  notices: Pick<NoticeRepository, 'claim'>,
  wanted: WantedNotice,
  context: ClaimContext,
): Promise<Claimed> {
  let claim = claimOf(wanted, { ...context, closed: null });
  const claimed = await retryLostRace(async () => {
    const outcome = await notices.claim(claim);
    if (outcome !== 'digest-closed') return { outcome, digest: claim.digest };
    claim = claimOf(wanted, { ...context, closed: claim.digest });
    return false;
  });
  if (!claimed) throw new Error(`Every digest of ${claim.digest.stack} was closed.`);
  return claimed;
}

/**
 * The claims that the tokens of a stack need and that go into the same digest, as many together as one transaction takes. What a stack
 * is to be told of is often due at the same instant: then a few transactions do for all of it.
 */
export function claimsTogether(tokens: readonly UsedToken[], context: ClaimContext): readonly (readonly Claim[])[] {
  const claims = tokens.flatMap((used) => {
    const decision = decide(used.token, context.state, context.now);
    return decision.does === 'notify' ? claimOf({ used, ...decision }, { ...context, closed: null }) : [];
  });
  return [...Map.groupBy(claims, ({ digest }) => digest.send_at).values()]
    .flatMap(inChunks)
    .filter(({ length }) => length > 1);
}

function inChunks(claims: readonly Claim[]): (readonly Claim[])[] {
  return claims.length === 0 ? [] : [claims.slice(0, mostTogether), ...inChunks(claims.slice(mostTogether))];
}

function claimOf(
  { used, threshold, expires_at, next }: WantedNotice,
  { state: { settings }, now, closed }: ClaimContext & { closed: DigestKey | null },
): Claim {
  const { token, lastUse } = used;
  const { uid: token_uid, api_key, name, version: token_version, epoch } = token;
  const facts = { token_uid, api_key, name, token_version, epoch, expires_at, threshold };
  const notice = { ...facts, claimed_at: now.toISOString(), last_used_at: lastUse?.at ?? null };
  return { token, notice, next, digest: digestFor(used, { notice, settings, now, closed }) };
}
