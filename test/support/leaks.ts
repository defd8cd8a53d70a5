/** Bugs that let a value out, for law 4 to find: what is minted is put where it does not belong. */
import { Refusal } from '../../functions/values/refusals.ts';
import { mintSessionValue, mintTokenValue } from '../../functions/values/token-value.ts';
import type { Dependencies, Tampering } from '../simulation/simulated-dependencies.ts';
import { changed } from './tampering.ts';

type Tokens = Dependencies['tokens'];
type Sessions = Dependencies['sessions'];

/** What an idempotency key brought forth is kept whole. */
export const valueInRecord = withValues(({ idempotency, ...creation }, value) => ({
  ...creation,
  ...(idempotency ? { idempotency: Object.assign({ value }, idempotency) } : {}),
}));

/** The audit log has everything that was made. */
export const valueInAudit = withValues(({ audit, ...creation }, value) => ({
  ...creation,
  audit: { ...audit, changes: [...audit.changes, { field: 'token', from: null, to: value }] },
}));

/** An error says what could not be stored. */
export const valueInError: Tampering = withValues(
  (creation) => creation,
  (error, value) =>
    error instanceof Refusal
      ? new Refusal(error.kind, { errors: error.errors, cause: new Error(`No ${value}.`) })
      : error,
);

/** A session's row has its value beside the digest. */
export const valueInSession: Tampering = (deps, use) => {
  if (use !== 'opening') return deps;
  const { random, secret } = remembered(deps);
  const open: Sessions['open'] = (mint) =>
    deps.sessions.open(() => {
      const minted = mint();
      const { token_uid, uid } = minted.session;
      const value = mintSessionValue(token_uid, uid, secret);
      return { ...minted, session: Object.assign({ value }, minted.session) };
    });
  return { ...deps, random, sessions: changed(deps.sessions, { open }) };
};

type Creation = Parameters<Tokens['create']>[0];

/** Creations whose value is known where it should not be. */
function withValues(
  change: (creation: Creation, value: string) => Creation,
  fail: (error: unknown, value: string) => unknown = (error) => error,
): Tampering {
  return (deps, use) => {
    if (use !== 'change') return deps;
    const { random, secret } = remembered(deps);
    const create: Tokens['create'] = async (creation) => {
      const value = mintTokenValue(creation.token.uid, secret);
      return await deps.tokens.create(change(creation, value)).catch((error: unknown) => {
        throw fail(error, value);
      });
    };
    return { ...deps, random, tokens: changed(deps.tokens, { create }) };
  };
}

/** Remembers the last secret that was drawn. */
function remembered(deps: Dependencies): { random: Dependencies['random']; secret: () => Uint8Array } {
  let last = new Uint8Array();
  const random = (bytes: number) => {
    const drawn = deps.random(bytes);
    if (bytes === 32) last = Uint8Array.from(drawn);
    return drawn;
  };
  return { random, secret: () => last };
}
