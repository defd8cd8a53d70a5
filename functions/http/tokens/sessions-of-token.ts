import { createHash } from 'node:crypto';
import { endOneSession } from '../../sessions/end-one-session.ts';
import { badCursor, listSessions, type Position } from '../../sessions/list-sessions.ts';
import type { ManagedSessions, SessionRepository } from '../../sessions/session-repository.ts';
import { endAllSessions } from '../../tokens/end-all-sessions.ts';
import { shards } from '../../verification/session.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint, HttpRequest } from '../chain/endpoint.ts';
import { limitIn } from '../chain/list-query.ts';
import { oneOf } from '../chain/query.ts';
import { sessionView } from '../sessions/token-sessions.ts';
import type { ChangeTokensDependencies } from './create-token.ts';
import type { ReadTokensDependencies } from './list-tokens.ts';

/** `GET /v3/stacks/management_tokens/{uid}/sessions`: the live ones. */
export const listSessionsEndpoint = (deps: ReadTokensDependencies & { sessions: SessionRepository }): Endpoint => ({
  failed: 'Sessions could not be listed. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const uid = request.params.uid ?? '';
    const page = () => pageOf(request, uid);
    const { token, sessions, next } = await listSessions(deps, { caller, stack: requireStack(request), uid, page });
    const cursor = next ? { cursor: cursorOf(uid, next) } : {};
    return { status: 200, body: { sessions: sessions.map((session) => sessionView(session, token)), ...cursor } };
  },
});

function pageOf({ query }: HttpRequest, token: string): { from: Position; limit: number } {
  const [limit, cursor] = [limitIn(query), oneOf(query, 'cursor')];
  return { limit, from: cursor === null ? { shard: 0 } : positionOf(token, cursor) };
}

/** Opaque, and of this token only: shard, uid, and a hash of both with the token, so that a changed one is seen. */
function cursorOf(token: string, { shard, after = '' }: Position): string {
  return `${shards[shard]}${after}.${sealOf(token, `${shards[shard]}${after}`)}`;
}

function positionOf(token: string, cursor: string): Position {
  const match = /^([0-9a-f])(blt[0-9a-f]{16})?\.([0-9a-f]{16})$/.exec(cursor);
  const [, shard = '', after, seal] = match ?? [];
  if (!match || seal !== sealOf(token, `${shard}${after ?? ''}`)) throw badCursor();
  return { shard: shards.indexOf(shard as (typeof shards)[number]), ...(after ? { after } : {}) };
}

/** Guards against mistakes, not against forgers: a forged position shows nothing but this token's own sessions. */
function sealOf(token: string, position: string): string {
  return createHash('sha256').update(`${token}\0${position}`).digest('hex').slice(0, 16);
}

/** `DELETE /v3/stacks/management_tokens/{uid}/sessions`: ends all of them; the token stays. */
export const endSessionsEndpoint = (deps: ChangeTokensDependencies): Endpoint => ({
  failed: 'The sessions could not be ended. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    await endAllSessions(deps, { actor, stack: requireStack(request), uid: request.params.uid ?? '' });
    return { status: 200, body: { notice: 'All sessions ended successfully.' } };
  },
});

/** `DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}`: ends one. */
export const endSessionEndpoint = (deps: ChangeTokensDependencies & { sessions: ManagedSessions }): Endpoint => ({
  failed: 'The session could not be ended. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const { uid = '', session_uid: session = '' } = request.params;
    await endOneSession(deps, { actor, stack: requireStack(request), uid, session });
    return { status: 200, body: { notice: 'Session ended successfully.' } };
  },
});
