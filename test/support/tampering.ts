/** Bugs to put between use cases and what they are given, for laws to find. Each is what a plausible change would have done. */
import type { TokenwardEvent } from '../../functions/events/catalogue.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import type { FoundCredential } from '../../functions/verification/credential-reader.ts';
import type { Dependencies, Tampering } from '../simulation/simulated-dependencies.ts';

type Tokens = Dependencies['tokens'];
type Sessions = Dependencies['sessions'];

/** The session's epoch is not compared with its token's. */
export const epochNotCompared: Tampering = (deps, use) => {
  if (use !== 'verification') return deps;
  const find: Dependencies['credentials']['find'] = async (wanted) => {
    const found = await deps.credentials.find(wanted);
    const { token, session } = found;
    return token && session ? { ...found, session: { ...session, epoch: token.epoch } } : found;
  };
  return { ...deps, credentials: { find } };
};

/** Who opens a session does not verify it again: what was found before is taken for what is. */
export const openedUnverified: Tampering = (deps, use) => {
  if (use !== 'opening') return deps;
  const opened = new Map<string, FoundCredential>();
  const tokens = new Map<string, FoundCredential>();
  const find: Dependencies['credentials']['find'] = async (wanted) => {
    const known = wanted.session && opened.get(wanted.session);
    if (known) return known;
    const found = await deps.credentials.find(wanted);
    tokens.set(wanted.token, found);
    return found;
  };
  const open: Sessions['open'] = async (mint) => {
    const minted = await deps.sessions.open(mint);
    const { session } = minted;
    opened.set(session.uid, { token: tokens.get(session.token_uid)?.token ?? null, session, branch: null });
    return minted;
  };
  return { ...deps, credentials: { find }, sessions: changed(deps.sessions, { open }) };
};

/** A further attempt to open a session puts the same one again. */
export const sameSessionAgain: Tampering = (deps, use) => {
  if (use !== 'opening') return deps;
  const open: Sessions['open'] = async (mint) => {
    const minted = mint();
    return await deps.sessions.open(() => minted);
  };
  return { ...deps, sessions: changed(deps.sessions, { open }) };
};

/** Who opens a session that is refused leaves its row. */
export const leftover: Tampering = (deps, use) =>
  use === 'opening' ? { ...deps, sessions: changed(deps.sessions, { end: async () => true }) } : deps;

/** The world is told when the rows are gone already. */
export const toldAfterDeletion = holdingBack((deps, tellNow) => ({
  ...deps,
  sessions: changed(deps.sessions, {
    deleteAll: async (...args) => {
      await deps.sessions.deleteAll(...args);
      await tellNow();
    },
  }),
}));

/** Progress is recorded before the world is told. */
export const recordedBeforeTold = holdingBack((deps, tellNow) => ({
  ...deps,
  revocations: changed(deps.revocations, {
    advance: async (...args) => {
      const isCounted = await deps.revocations.advance(...args);
      await tellNow();
      return isCounted;
    },
  }),
}));

/** A round does not know how far the one before it came. */
export const progressForgotten = inRounds((deps) => {
  let isFirst = true;
  return {
    revocations: changed(deps.revocations, {
      find: async (...args) => {
        const found = await deps.revocations.find(...args);
        const isForgotten = isFirst;
        isFirst = false;
        return found && isForgotten ? { ...found, progress: [] } : found;
      },
      advance: async (receipt, progress) => {
        const found = await deps.revocations.find(receipt.token_uid, receipt.operation);
        const from = found?.progress.find(({ shard }) => shard === progress.shard)?.upto ?? '';
        return await deps.revocations.advance(receipt, { ...progress, from });
      },
    }),
  };
});

/** Half of the shards are not looked at. */
export const shardsForgotten = inRounds((deps) => ({
  sessions: changed(deps.sessions, {
    epochs: async (page) => (page.shard >= '8' ? [] : await deps.sessions.epochs(page)),
  }),
}));

/** Everything of the token is ended, whatever its epoch. */
export const newerEpochToo = inRounds((deps) => ({
  revocations: changed(deps.revocations, {
    find: async (...args) => {
      const found = await deps.revocations.find(...args);
      return found && { ...found, receipt: { ...found.receipt, epoch: null } };
    },
  }),
}));

/** The receipt is completed by the first round, whether or not it came to the end. */
export const completedTooEarly = inRounds((deps) => ({
  revocations: changed(deps.revocations, {
    continueRevocation: async (receipt) => {
      const sessions = { total: 0, ended: 0, remaining: 0 };
      const tidied_ms = { p50: 0, p99: 0, max: 0 };
      await deps.revocations.complete(receipt, {
        sessions,
        tidied_ms,
        waited_ms: 0,
        completed_at: receipt.refused_from,
      });
    },
  }),
}));

/** Rows are deleted, and nobody is told. */
export const nobodyIsTold = inRounds((deps) => ({
  publisher: { publish: (events) => deps.publisher.publish(events.filter(({ type }) => type !== 'sessions.revoked')) },
}));

/** An expiry is compared with `<=`. */
export const goodAtItsEnd: Tampering = (deps, use) =>
  use === 'change' || use === 'round' ? deps : { ...deps, now: () => new Date(deps.now().getTime() - 1) };

/** Introspection judges for itself, and knows nothing of tokens that were stopped. */
export const secondJudge = inIntrospection(({ token, ...found }) => ({
  ...found,
  token: token?.state === 'stopped' ? { ...token, state: 'live', expires_at: null } : token,
}));

/** Introspection takes a session's own lifetime for all that there is to compare. */
export const lifetimeOnly = inIntrospection(({ token, session, ...found }) => ({
  ...found,
  session,
  token: token && session ? { ...token, expires_at: null } : token,
}));

/** "Expire now" moves the instant, and nothing else. */
export const stopIsAnInstant = inReplacements((edit) => ({ ...edit, after: { ...edit.after, state: 'live' } }));

/** An extension raises no epoch. */
export const extensionKeepsEpoch = inReplacements(({ receipt, ...edit }) =>
  receipt?.reason === 'extended'
    ? { ...edit, after: { ...edit.after, epoch: edit.before.epoch } }
    : { ...edit, ...(receipt ? { receipt } : {}) },
);

/** What storage failed to do is told as it comes. */
export const bareErrors: Tampering = (deps) => ({
  ...deps,
  credentials: {
    find: (wanted) =>
      deps.credentials.find(wanted).catch((error: unknown) => {
        throw error instanceof Refusal ? (error.cause ?? error) : error;
      }),
  },
});

function inIntrospection(change: (found: FoundCredential) => FoundCredential): Tampering {
  return (deps, use) =>
    use === 'introspection'
      ? { ...deps, credentials: { find: async (wanted) => change(await deps.credentials.find(wanted)) } }
      : deps;
}

type Replacement = Parameters<Tokens['replace']>[0];

function inReplacements(change: (edit: Replacement) => Replacement): Tampering {
  return (deps, use) =>
    use === 'change'
      ? { ...deps, tokens: changed(deps.tokens, { replace: (edit) => deps.tokens.replace(change(edit)) }) }
      : deps;
}

function inRounds(change: (deps: Dependencies) => Partial<Dependencies>): Tampering {
  return (deps, use) => (use === 'round' ? { ...deps, ...change(deps) } : deps);
}

/** What is to be told of sessions waits until `tellNow`. */
function holdingBack(change: (deps: Dependencies, tellNow: () => Promise<void>) => Dependencies): Tampering {
  return (deps, use) => {
    if (use !== 'round') return deps;
    const waiting: TokenwardEvent[] = [];
    const tellNow = () => deps.publisher.publish(waiting.splice(0));
    const publish: Dependencies['publisher']['publish'] = async (events) => {
      waiting.push(...events.filter(({ type }) => type === 'sessions.revoked'));
      await deps.publisher.publish(events.filter(({ type }) => type !== 'sessions.revoked'));
    };
    return { ...change(deps, tellNow), publisher: { publish } };
  };
}

/** A repository with some of its methods replaced; the others are its own. */
export function changed<T extends object>(repository: T, methods: Partial<T>): T {
  return new Proxy(repository, {
    get: (target, name) => {
      const method: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof method === 'function' && !(name in methods) ? method.bind(target) : method;
    },
  });
}
