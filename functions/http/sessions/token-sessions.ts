import * as z from 'zod/mini';
import { endOwnSession, type OpenSessionDependencies, openSession } from '../../sessions/open-session.ts';
import type { Token } from '../../tokens/token.ts';
import { shownIn } from '../../values/shape.ts';
import { rateHeaders } from '../../verification/rate-windows.ts';
import { endOf, type Session, sessionFields } from '../../verification/session.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { stackOf } from '../chain/caller.ts';
import { type Answer, type Endpoint, type HttpRequest, withHeaders } from '../chain/endpoint.ts';
import {
  expiryHeader,
  type Program,
  type ProgramDependencies,
  presenterOf,
  programOf,
  refusalOf,
  unauthenticated,
} from '../chain/program.ts';

export type TokenSessionsDependencies = OpenSessionDependencies & ProgramDependencies;

/** A session as people and its own program see it. */
export const SessionViewSchema = z.object(shownIn(sessionFields));

export const sessionView = (session: Session, token: Token) =>
  SessionViewSchema.parse({ ...session, expires_at: endOf(session, token) });

/** `POST /v3/token_sessions`: a program opens a session with its token; the session's value is shown once. */
export const openSessionEndpoint = (deps: TokenSessionsDependencies): Endpoint => ({
  failed: 'The session could not be opened. Please try again.',
  handle: async (request) => {
    const { token, session, headers } = await programOf(request, deps);
    // A session opens no session: its own end would not be theirs.
    if (session) throw unauthenticated();
    return await withHeaders(headers, () => open(request, deps, token));
  },
});

async function open(request: HttpRequest, deps: TokenSessionsDependencies, presented: Token): Promise<Answer> {
  const fields = request.event.body ? envelope(jsonBody(request.event), 'session') : null;
  const opening = { token: presented, stack: stackOf(request), fields, by: presenterOf(request) };
  const opened = await openSession(deps, opening);
  if ('active' in opened) throw refusalOf(opened);
  const { session, token, value, openings } = opened;
  return {
    status: 201,
    body: { session: { ...sessionView(session, token), token: value } },
    headers: { ...expiryHeader(token, null), ...rateHeaders(openings.limit, openings.remaining) },
  };
}

/** `GET /v3/token_sessions/current` */
export const currentSessionEndpoint = (deps: TokenSessionsDependencies): Endpoint => ({
  failed: 'The session could not be read. Please try again.',
  handle: async (request) => {
    const { session, token, headers } = await sessionOf(request, deps);
    const { uid, name, scope, expires_at } = token;
    return {
      status: 200,
      body: { session: sessionView(session, token), token: { uid, name, scope, expires_at } },
      headers,
    };
  },
});

/** `DELETE /v3/token_sessions/current` */
export const endCurrentSessionEndpoint = (deps: TokenSessionsDependencies): Endpoint => ({
  failed: 'The session could not be ended. Please try again.',
  handle: async (request) => {
    const { session, headers } = await sessionOf(request, deps);
    return await withHeaders(headers, async () => {
      await endOwnSession(deps.sessions, session);
      return { status: 200, body: { notice: 'Session ended successfully.' }, headers };
    });
  },
});

/** Only a session will do here: a token is not one. */
async function sessionOf(request: HttpRequest, deps: ProgramDependencies): Promise<Program & { session: Session }> {
  const program = await programOf(request, deps);
  if (!program.session) throw unauthenticated();
  return { ...program, session: program.session };
}
