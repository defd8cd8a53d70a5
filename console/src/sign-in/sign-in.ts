import { ErrorResponse, InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import * as z from 'zod/mini';
import type { Config } from './config.ts';

/** Somebody who is signed in. What proves it is kept in memory only, and ends with the page. */
export interface SignedIn {
  readonly name: string;
  readonly email: string | null;
  /** For the API; renewed where the issuer gave a refresh token. */
  accessToken(): Promise<string>;
  /** Once more to the issuer, and back to where we are. */
  again(): Promise<void>;
  signOut(): Promise<void>;
}

/** Nobody is signed in. */
export interface SignedOut {
  /** What the issuer said, when that is not simply that nobody is. */
  readonly problem: string | null;
  signIn(): Promise<void>;
}

const renewBeforeSeconds = 30;
const StateSchema = z.object({ hash: z.string() });
/** What an issuer answers to `prompt=none` when somebody has to be asked. OpenID Connect Core, 3.1.2.6 */
const nobody = new Set(['login_required', 'interaction_required', 'account_selection_required', 'consent_required']);

/**
 * Finds out who is signed in. A page that was opened or reloaded asks the issuer without a click: it leaves for the issuer, and comes
 * back with a code or with the answer that nobody is. Undefined: the page is about to leave.
 */
export async function findOut(config: Config): Promise<SignedIn | SignedOut | undefined> {
  const manager = managerOf(config);
  const query = new URLSearchParams(location.search);
  if (query.has('code') || query.has('error')) return await comeBack(manager, config.credential);
  if (query.has('state')) return backAt('#/stacks', signedOut(manager, null));
  await leave(manager, 'none');
  return undefined;
}

function managerOf({ issuer, client_id, scope }: Config): UserManager {
  const here = `${location.origin}/`;
  return new UserManager({
    authority: issuer,
    client_id,
    scope,
    redirect_uri: here,
    post_logout_redirect_uri: here,
    response_type: 'code',
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    // The verifier of a sign-in that is under way has to outlive the page; it is worth nothing afterwards.
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
  });
}

async function comeBack(manager: UserManager, credential: Config['credential']): Promise<SignedIn | SignedOut> {
  try {
    const user = await manager.signinRedirectCallback();
    const state = StateSchema.safeParse(user.state);
    return backAt(state.success ? state.data.hash : '#/stacks', signedIn(manager, { user, credential }));
  } catch (error) {
    const isNobody = error instanceof ErrorResponse && nobody.has(error.error ?? '');
    const state = error instanceof ErrorResponse ? StateSchema.safeParse(error.state) : undefined;
    const problem = isNobody ? null : error instanceof Error ? error.message : String(error);
    return backAt(state?.success ? state.data.hash : '#/stacks', signedOut(manager, problem));
  }
}

/** What the issuer added to the address goes, and the page of before is here again. */
function backAt<T>(hash: string, outcome: T): T {
  history.replaceState(null, '', `/${hash.startsWith('#') ? hash : '#/stacks'}`);
  return outcome;
}

async function leave(manager: UserManager, prompt?: 'none'): Promise<void> {
  await manager.signinRedirect({ state: { hash: location.hash }, ...(prompt ? { prompt } : {}) });
}

function signedOut(manager: UserManager, problem: string | null): SignedOut {
  return { problem, signIn: () => leave(manager) };
}

function signedIn(
  manager: UserManager,
  { user, credential }: { user: User; credential: Config['credential'] },
): SignedIn {
  let current = user;
  return {
    name: user.profile.name ?? user.profile.email ?? user.profile.sub,
    email: user.profile.email ?? null,
    accessToken: async () => {
      const isEnding = current.expires_in !== undefined && current.expires_in < renewBeforeSeconds;
      if (isEnding && current.refresh_token) current = (await manager.signinSilent()) ?? current;
      return current[credential] ?? '';
    },
    again: () => leave(manager, 'none'),
    signOut: () => manager.signoutRedirect({ state: 'signed-out' }),
  };
}
