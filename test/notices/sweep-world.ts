/** A run of the sweep over doubles: what there is to be done is given, and what was done is seen. */
import type { TokenwardEvent } from '../../functions/events/catalogue.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { Claim, ClaimOutcome, Due } from '../../functions/notices/notice-repository.ts';
import { type SweepDependencies, sweep } from '../../functions/notices/sweep.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { CleanUp } from '../../functions/tokens/token-repository.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

export const now = new Date('2026-03-01T08:00:00.000Z');
export const [minute, day] = [60_000, 86_400_000];
export const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
export const stack = tokenLike().api_key;

/** When mails of its stack go next. */
export const mailHour = inMs(60 * minute);

/** A token whose warning of 7 days is due. */
export const warned = (uid: string, facts: Partial<Token> = {}) =>
  tokenLike({ uid, expires_at: inMs(7 * day), next: { action: 'warn#7', at: inMs(0) }, ...facts });
/** One whose clean-up is due. */
export const over = (uid: string, facts: Partial<Token> = {}) =>
  tokenLike({ uid, expires_at: inMs(-30 * day), next: { action: 'clean_up', at: inMs(0) }, ...facts });

export interface World {
  readonly tokens?: readonly Token[];
  readonly digests?: Due['digests'];
  /** What the index says, look after look; unless given all of it, once. */
  readonly looks?: readonly Partial<Due>[];
  readonly unreadable?: readonly string[];
  readonly settings?: Partial<HygieneSettings>;
  readonly cleaned?: readonly string[];
  readonly claims?: readonly (ClaimOutcome | Error)[];
  readonly isAsSeen?: boolean;
  readonly isStackThere?: boolean;
  /** So often there is time. */
  readonly time?: number;
  readonly fails?: 'postpone' | 'publish' | 'take' | 'find' | 'claimAll';
  /** Whether a program uses the tokens. */
  readonly isUsed?: boolean;
  readonly event?: Date;
}

const used = { at: inMs(0), client: '', remote_addr: '', hours: new Map<number, number>() };

/** A run over what is given: what was done, in this order, and its report. */
export async function run(given: World) {
  const { tokens = [], digests = [], claims = [], isAsSeen = true, time = 10_000 } = given;
  const looks = [...(given.looks ?? [{ tokens: tokens.map(({ uid }) => uid), digests }])];
  const done: unknown[] = [];
  const claimed: Claim[] = [];
  const cleanUps: CleanUp[] = [];
  const events: TokenwardEvent[] = [];
  const failures: unknown[] = [];
  const [outcomes, nobody] = [[...claims], async () => Promise.reject(new Error('Nobody asks for this.'))];
  let left = time;
  const failing = (what: World['fails']) => {
    if (given.fails === what) throw new Error(`No ${what}.`);
  };
  const postponed = (uid: string, until: Date) => {
    failing('postpone');
    done.push(['postpone', uid, until.getTime() - now.getTime()]);
    return true;
  };
  const deps: SweepDependencies = {
    notices: {
      due: async () => ({ tokens: [], digests: [], more: looks.length > 1, ...looks.shift() }),
      tokens: async (uids) => ({
        found: tokens
          .filter(({ uid }) => uids.includes(uid))
          .map((token) => ({ token, lastUse: given.isUsed ? used : null })),
        unreadable: (given.unreadable ?? [])
          .filter((uid) => uids.includes(uid))
          .map((uid) => ({ uid, due_at: '', error: 'bad' })),
      }),
      stack: async () => (given.isStackThere === false ? null : found(given)),
      claim: async (claim) => {
        claimed.push(claim);
        const outcome = outcomes.shift() ?? 'claimed';
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      // Where outcomes are given, one of them cannot be claimed.
      claimAll: async (claims) => {
        failing('claimAll');
        if (outcomes.length > 0) return false;
        done.push(['claim together', claims.map(({ token }) => token.uid).join(' ')]);
        claimed.push(...claims);
        return true;
      },
      advance: async ({ uid }, next) => {
        done.push(['advance', uid, next?.action]);
        return isAsSeen;
      },
      postpone: async ({ uid }, until) => postponed(uid, until),
      postponeUnreadable: async ({ uid }, { until }) => postponed(uid, until),
    },
    digests: {
      take: async ({ stack: of, send_at }) => {
        failing('take');
        done.push(['take', of, send_at]);
        return null;
      },
      scene: nobody,
      record: nobody,
      finish: nobody,
      postpone: nobody,
    },
    tokens: {
      cleanUp: async (cleanUp) => {
        cleanUps.push(cleanUp);
        return isAsSeen;
      },
    },
    mailer: { send: nobody },
    publisher: {
      publish: async (some) => {
        failing('publish');
        events.push(...some);
      },
    },
    consoleUrl: null,
    now: () => now,
    random: (bytes) => new Uint8Array(bytes),
    hasTime: () => --left >= 0,
    onFailure: (what, error) => void failures.push([what, error instanceof Error ? error.message : error]),
  };
  const report = await sweep(deps, { time: given.event ?? now, requestId: 'run-1' });
  return { report, done, claimed, cleanUps, events, failures };
}

function found({ settings = {}, cleaned = [] }: World) {
  const of = stackLike({ hygiene: settingsLike({ send_hour: 9, ...settings }) });
  return { stack: of, cleaned };
}

/** The report of a run that did nothing. */
export const idle = {
  now: inMs(0),
  notices: 0,
  skipped: 0,
  cleaned_up: 0,
  held_back: 0,
  not_due: 0,
  mails: { sent: 0, failed: 0, unknown: 0, undeliverable: 0 },
  failed: [],
  complete: true,
};
