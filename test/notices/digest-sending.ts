/** A digest of one token that is sent over doubles: what there is is given, and what was done is seen. */
import type { TokenwardEvent } from '../../functions/events/catalogue.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { Delivery, Reachable } from '../../functions/notices/digest-repository.ts';
import type { Mail, MailOutcome } from '../../functions/notices/mailer.ts';
import { type SendDigestDependencies, sendDigest } from '../../functions/notices/send-digest.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

export const now = new Date('2026-03-01T08:00:00.000Z');
export const minute = 60_000;
export const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
export const [stack, send_at] = ['blt00000000000000a1', inMs(0)];
const expires_at = inMs(7 * 86_400_000);

export const person = (
  uid: string,
  role: Reachable['role'],
  address: string | null = `${uid}@example.test`,
): Reachable => ({
  uid,
  role,
  issuer: '',
  sub: '',
  address,
});
export const [owner, admin] = [person('owner', 'owner'), person('admin', 'admin')];

export const delivery = (facts: Partial<Delivery> = {}): Delivery => ({
  stack,
  send_at,
  person: 'owner',
  address: 'owner@example.test',
  state: 'sending',
  run: 'before',
  tries: 1,
  again: false,
  at: inMs(-minute),
  reason: null,
  next_try_at: null,
  ...facts,
});

/** A token that a digest tells of. */
export const told = (facts: Partial<Token>) => tokenLike({ expires_at, created_by: 'owner', ...facts });

interface Scene {
  readonly people?: readonly Reachable[];
  readonly deliveries?: readonly Delivery[];
  readonly settings?: Partial<HygieneSettings>;
  readonly outcome?: (to: string) => MailOutcome;
  /** So many recipients may be handled. */
  readonly time?: number;
  readonly isTaken?: boolean;
  readonly isThere?: boolean;
  /** Whose delivery somebody else has. */
  readonly held?: string;
  /** What it tells of; one that the owner made unless given. */
  readonly tokens?: readonly Token[];
}

export const sent: MailOutcome = { outcome: 'sent', message_id: 'id' };

/** Sends a digest of one token over rows in this process: what was done, in this order. */
export async function send({
  people = [owner],
  deliveries = [],
  settings = {},
  outcome = () => sent,
  time = 100,
  isTaken = true,
  isThere = true,
  held = '',
  tokens = [told({})],
}: Scene) {
  const [done, mails, events]: [unknown[], Mail[], TokenwardEvent[]] = [[], [], []];
  const recorded: [to: Delivery, from: Delivery | null][] = [];
  let left = time;
  const scene = {
    stack: stackOf(settings),
    people,
    tokens: tokens.map((token) => ({ token, lastUse: null })),
    deliveries,
  };
  const notices = [...tokens, ...tokens].map(({ uid }) => ({ token_uid: uid, expires_at, threshold: '7' as const }));
  const deps: SendDigestDependencies = {
    digests: {
      take: async (digest, until) => {
        done.push(['take', digest.due_at, until.toISOString()]);
        return isTaken ? { stack, send_at, due_at: until.toISOString(), notices } : null;
      },
      scene: async () => (isThere ? scene : null),
      record: async (to, from) => {
        if (to.person === held) return false;
        recorded.push([to, from]);
        return true;
      },
      finish: async (_digest, state) => void done.push(['finish', state]),
      postpone: async (_digest, until) => void done.push(['postpone', until]),
    },
    mailer: {
      send: async (mail) => {
        mails.push(mail);
        return outcome(mail.to);
      },
    },
    publisher: { publish: async (some) => void events.push(...some) },
    now: () => new Date(now.getTime() + 1000),
    consoleUrl: null,
  };
  const asked = { digest: { stack, send_at, due_at: inMs(-1) }, now, run: 'run' };
  const hasTime = () => --left >= 0;
  const counts = await sendDigest(deps, { ...asked, hasTime }).catch((error: unknown) => error);
  return { counts, done: done.slice(1), took: done[0], mails, events, recorded };
}

const stackOf = (settings: Partial<HygieneSettings>) => stackLike({ hygiene: settingsLike(settings) });
