import * as z from 'zod/mini';
import type { Token } from '../tokens/token.ts';
import { errorsOf } from '../values/field-errors.ts';
import { notInOneLine, valueInText } from '../values/names.ts';
import { invalid } from '../values/refusals.ts';
import { digestOf, holdsValue, mintSessionValue, mintUid, type Randomness } from '../values/token-value.ts';
import { type RateWindows, rateLimited } from '../verification/rate-windows.ts';
import { lifetimeMs, type Session } from '../verification/session.ts';
import {
  type Verification,
  type VerificationDependencies,
  type Verified,
  verifyCredential,
} from '../verification/verify-credential.ts';
import type { SessionRepository } from './session-repository.ts';

export interface OpenSessionDependencies extends VerificationDependencies {
  readonly sessions: SessionRepository;
  readonly windows: RateWindows;
  readonly random: Randomness;
}

/** What a program may say of the session that it opens. */
export const NewSessionSchema = z.object(
  {
    client: z._default(
      z.string('must be text.').check(
        z.maxLength(200, 'can be at most 200 characters long.'),
        z.refine((text) => !holdsValue(text), valueInText),
        z.refine((text) => !notInOneLine.test(text), 'cannot have control characters or unpaired surrogates.'),
      ),
      '',
    ),
  },
  'must be an object.',
);

export interface OpenedSession {
  readonly session: Session;
  readonly token: Token;
  /** Shown once. */
  readonly value: string;
  /** How many more the token may open in this minute, and how many in all. */
  readonly openings: { readonly limit: number; readonly remaining: number };
}

const openings = { limit: 600, seconds: 60 };

/**
 * Opens a session for who has just presented a token that is good. No transaction, so that a busy fleet cannot starve a deletion: the
 * row is put, then verified in the ordinary way; when the token has died meanwhile, the row is taken away again and nothing is answered.
 * @returns the session, or the verdict that refuses it
 * @throws {Refusal} `invalid`, `too-many-requests`, `unavailable`
 */
export async function openSession(
  deps: OpenSessionDependencies,
  { token, stack, fields, by }: Pick<Verification, 'stack' | 'by'> & { token: Token; fields: unknown },
): Promise<OpenedSession | Extract<Verified, { active: false }>> {
  const parsed = NewSessionSchema.safeParse(fields ?? {});
  if (!parsed.success) throw invalid(errorsOf('session', parsed.error.issues));
  const now = deps.now();
  const admitted = await deps.windows.admit({ ...openings, of: token.uid, kind: 'open', now });
  if (!admitted) throw rateLimited({ ...openings, now });
  const facts = { client: parsed.data.client, by, now, random: deps.random };
  const opened = await deps.sessions.open(() => mint(token, facts));
  const again = await verifiedOrEnded(deps, { opened, stack, by });
  if (again.active) return { ...opened, token: again.token, openings: { ...openings, ...admitted } };
  await deps.sessions.end(token.uid, opened.session.uid);
  return again;
}

/** Where it cannot be verified, nobody is given its value: it is not to be listed as live. */
async function verifiedOrEnded(
  deps: OpenSessionDependencies,
  { opened, stack, by }: Pick<Verification, 'stack' | 'by'> & { opened: ReturnType<typeof mint> },
): Promise<Verified> {
  try {
    return await verifyCredential(deps, { value: opened.value, stack, by });
  } catch (error) {
    await deps.sessions.end(opened.token.uid, opened.session.uid).catch(() => {});
    throw error;
  }
}

function mint(
  token: Token,
  { client, by, now, random }: Pick<Verification, 'by'> & { client: string; now: Date; random: Randomness },
): Pick<OpenedSession, 'session' | 'token' | 'value'> {
  const uid = mintUid(random);
  const value = mintSessionValue(token.uid, uid, random);
  const session = {
    uid,
    token_uid: token.uid,
    api_key: token.api_key,
    digest: digestOf(value),
    epoch: token.epoch,
    client,
    remote_addr: by.remote_addr,
    opened_at: now.toISOString(),
    expires_at: new Date(now.getTime() + lifetimeMs).toISOString(),
  };
  return { session, token, value };
}

/** A session ends itself. Where its row is gone already it has ended, too: by an earlier try whose answer was lost, or by another. */
export async function endOwnSession(sessions: SessionRepository, session: Session): Promise<void> {
  await sessions.end(session.token_uid, session.uid);
}
