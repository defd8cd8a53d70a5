/** Bugs to put between the sweep and what it is given, for laws to find. Each is what a plausible change would have done. */

import { firstMailHour, isWarning } from '../../functions/hygiene/send-time.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { DigestNotice, DigestRepository } from '../../functions/notices/digest-repository.ts';
import type { Claim, NoticeRepository } from '../../functions/notices/notice-repository.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { UsedToken } from '../../functions/tokens/token-repository.ts';
import type { Tampering } from '../simulation/simulated-dependencies.ts';
import type { SweepTampering } from '../simulation/simulated-hygiene.ts';
import { changed } from './tampering.ts';

/** The event's `time` is believed, also when it is ahead. */
export const eventIsBelieved: SweepTampering = (deps, time) => ({
  ...deps,
  now: () => (time > deps.now() ? time : deps.now()),
});

/** A mail is sent before anybody could know that it was. */
export const deliveryNotClaimed: SweepTampering = inDigests((digests) => {
  const unclaimed = new Map<object, Parameters<DigestRepository['record']>[1]>();
  return {
    record: async (delivery, seen) => {
      const before = seen && unclaimed.has(seen) ? (unclaimed.get(seen) ?? null) : seen;
      if (delivery.state !== 'sending') return await digests.record(delivery, before);
      unclaimed.set(delivery, seen);
      return true;
    },
  };
});

/** What became of a mail is not kept. */
export const outcomeForgotten: SweepTampering = inDigests((digests) => ({
  record: async (delivery, seen) => delivery.state === 'sent' || (await digests.record(delivery, seen)),
}));

/** A notice is told though the expiry that it is about has moved. */
export const toldThoughMoved: SweepTampering = inDigests((digests) => ({
  scene: async (digest) => {
    const scene = await digests.scene(digest);
    const expiryOf = ({ uid, expires_at }: Token) =>
      digest.notices.findLast(({ token_uid }) => token_uid === uid)?.expires_at ?? expires_at;
    const asNoticed = ({ token, lastUse }: UsedToken) => ({
      lastUse,
      token: { ...token, expires_at: expiryOf(token) },
    });
    return scene && { ...scene, tokens: scene.tokens.map(asNoticed) };
  },
}));

/** Only the first of the people is told. */
export const firstPersonOnly: SweepTampering = inDigests((digests) => ({
  scene: async (digest) => {
    const scene = await digests.scene(digest);
    return scene && { ...scene, people: scene.people.slice(0, 1) };
  },
}));

/** One clean-up more than the limit: it is compared with `<=`. */
export const oneMoreThanTheLimit: SweepTampering = inNotices((notices) => ({
  stack: async (key) => {
    const found = await notices.stack(key);
    if (!found) return null;
    const { stack, cleaned } = found;
    const max_cleanup_per_day = stack.hygiene.max_cleanup_per_day + 1;
    return { cleaned, stack: { ...stack, hygiene: { ...stack.hygiene, max_cleanup_per_day } } };
  },
}));

/** What fails is given up. */
export const failedIsGivenUp: SweepTampering = inNotices((notices) => ({
  postpone: (token) => notices.advance(token, null),
}));

/** What comes after a notice is armed from the threshold on, and not after it: `>=` for `>`. */
export const armedAgain: SweepTampering = inNotices((notices) => {
  const armed = (claim: Claim): Claim => ({ ...claim, next: claim.token.next ?? claim.next });
  return {
    claim: (claim) => notices.claim(armed(claim)),
    claimAll: (claims) => notices.claimAll(claims.map(armed)),
  };
});

/** A notice goes at the first mail hour after the run that claims it, and not after its threshold. */
export const hourAfterTheRun: SweepTampering = sentAt(({ now }) => firstMailHourAfter(now));

/** A mail hour that is the threshold itself does not count. */
export const hourOfTheThresholdLeftOut: SweepTampering = sentAt(({ threshold, send_at }) =>
  send_at === threshold ? firstMailHourAfter(threshold) : () => send_at,
);

/** A warning waits for its mail hour, however little time is left then. */
export const neverAtOnce: SweepTampering = sentAt(({ threshold, now, send_at }) =>
  send_at === now ? firstMailHourAfter(threshold - 1) : () => send_at,
);

/** A warning is told as an expiry when it comes too late. */
export const overtakenIsTold: SweepTampering = (deps) => ({
  ...deps,
  digests: changed(deps.digests, {
    take: async (digest, until) => {
      const taken = await deps.digests.take(digest, until);
      const isOver = ({ expires_at }: DigestNotice) => Date.parse(expires_at) <= deps.now().getTime();
      const notices = taken?.notices.map((one) => (isOver(one) ? { ...one, threshold: 'expired' as const } : one));
      return taken && notices ? { ...taken, notices } : null;
    },
  }),
});

/** A run holds a digest from the event's `time` on, however long ago that was. */
export const heldByTheEvent: SweepTampering = (deps, time) => {
  const take: DigestRepository['take'] = (digest, until) => {
    const late = Math.max(0, deps.now().getTime() - time.getTime());
    return deps.digests.take(digest, new Date(until.getTime() - late));
  };
  return { ...deps, digests: changed(deps.digests, { take }) };
};

/** A clean-up is counted at the event's `time`, however long ago that was. */
export const countedByTheEvent: SweepTampering = (deps, time) => ({
  ...deps,
  tokens: {
    cleanUp: ({ cleanedAfter, receipt, ...cleanUp }) => {
      const at = time < deps.now() ? time.toISOString() : receipt.refused_from;
      const counted = { cleanedAfter: [...cleanedAfter.slice(0, -1), at], receipt: { ...receipt, refused_from: at } };
      return deps.tokens.cleanUp({ ...cleanUp, ...counted });
    },
  },
});

const longAgo = '1970-01-01T00:00:00.000Z';

/** No expiry is the earliest of all: what never expires is due first, and taken for expired. */
export const neverIsLongAgo: { readonly tamper: Tampering; readonly tamperSweep: SweepTampering } = {
  tamper: (deps, use) => {
    if (use !== 'change') return deps;
    const next = { action: 'clean_up', at: longAgo } as const;
    const armed = (token: Token): Token => (token.expires_at === null ? { ...token, next } : token);
    const { tokens } = deps;
    const replace: typeof tokens.replace = (edit) => tokens.replace({ ...edit, after: armed(edit.after) });
    return { ...deps, tokens: changed(tokens, { replace }) };
  },
  tamperSweep: (deps) => {
    const { notices, tokens } = deps;
    const expired = ({ token, lastUse }: UsedToken) => ({
      lastUse,
      token: { ...token, expires_at: token.expires_at ?? longAgo },
    });
    const asStored = (token: Token): Token => ({
      ...token,
      expires_at: token.expires_at === longAgo ? null : token.expires_at,
    });
    const read: NoticeRepository['tokens'] = async (uids) => {
      const { found, ...rest } = await notices.tokens(uids);
      return { ...rest, found: found.map(expired) };
    };
    return {
      ...deps,
      notices: changed(notices, { tokens: read }),
      tokens: { cleanUp: (cleanUp) => tokens.cleanUp({ ...cleanUp, seen: asStored(cleanUp.seen) }) },
    };
  },
};

/** What is past when an expiry is set is told all the same. */
export const pastIsArmed: Tampering = (deps, use) => {
  if (use !== 'change') return deps;
  const { tokens } = deps;
  const armed = ({ expires_at, state, next }: Token): Token['next'] =>
    expires_at === null || state !== 'live'
      ? next
      : { action: 'warn#7', at: new Date(Date.parse(expires_at) - 7 * 86_400_000).toISOString() };
  const replace: typeof tokens.replace = (edit) =>
    tokens.replace({ ...edit, after: { ...edit.after, next: armed(edit.after) } });
  return { ...deps, tokens: changed(tokens, { replace }) };
};

function inNotices(change: (notices: NoticeRepository) => Partial<NoticeRepository>): SweepTampering {
  return (deps) => ({ ...deps, notices: changed(deps.notices, change(deps.notices)) });
}

type SendTime = (settings: HygieneSettings) => number;
const firstMailHourAfter =
  (instant: number): SendTime =>
  (settings) =>
    firstMailHour(settings, new Date(instant + 1)).getTime();

/** Warnings are put into the digest of another instant. All of them are ms since the epoch. */
function sentAt(choose: (claim: { threshold: number; now: number; send_at: number }) => SendTime): SweepTampering {
  return inNotices((notices) => ({
    claim: async (claim) => {
      const { threshold, expires_at, claimed_at } = claim.notice;
      const found = await notices.stack(claim.digest.stack);
      if (!found || !isWarning(threshold)) return await notices.claim(claim);
      const instants = {
        threshold: Date.parse(expires_at) - Number(threshold) * 86_400_000,
        now: Date.parse(claimed_at),
        send_at: Date.parse(claim.digest.send_at),
      };
      const send_at = new Date(choose(instants)(found.stack.hygiene)).toISOString();
      return await notices.claim({ ...claim, digest: { ...claim.digest, send_at } });
    },
  }));
}

function inDigests(change: (digests: DigestRepository) => Partial<DigestRepository>): SweepTampering {
  return (deps) => ({ ...deps, digests: changed(deps.digests, change(deps.digests)) });
}
