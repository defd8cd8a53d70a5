import * as z from 'zod/mini';
import { endOwnSession, type OpenSessionDependencies, openSession } from '../sessions/open-session.ts';
import { endOf, type Session } from '../sessions/session.ts';
import type { Token } from '../tokens/token.ts';
import { envelope, jsonBody } from './body.ts';
import { stackOf } from './caller.ts';
import { type Endpoint, type HttpRequest, withHeaders } from './endpoint.ts';
import {
  type Program,
  type ProgramDependencies,
  presenterOf,
  programOf,
  refusalOf,
  requireValue,
  unauthenticated,
} from './program.ts';

export type TokenSessionsDependencies = OpenSessionDependencies & ProgramDependencies;

/** A session as people and its own program see it. */
export const SessionViewSchema = z.object({
  uid: z.string(),
  client: z.string(),
  remote_addr: z.string(),
  opened_at: z.string(),
  expires_at: z.string(),
});

export const sessionView = (session: Session, token: Token) =>
  SessionViewSchema.parse({ ...session, expires_at: endOf(session, token) });

const expiryHeader = (session: Session, token: Token) => ({ 'token-expires-at': endOf(session, token) });

/** `POST /v3/token_sessions`: a program opens a session with its token; the session's value is shown once. */
export const openSessionEndpoint = (deps: TokenSessionsDependencies): Endpoint => ({
  failed: 'The session could not be opened. Please try again.',
  handle: async (request) => {
    const value = requireValue(request);
    const fields = request.event.body ? envelope(jsonBody(request.event), 'session') : null;
    const opening = { value, stack: stackOf(request), fields, by: presenterOf(request) };
    const opened = await openSession(deps, opening);
    if ('active' in opened) throw refusalOf(opened);
    const session = { ...sessionView(opened.session, opened.token), token: opened.value };
    return { status: 201, body: { session }, headers: expiryHeader(opened.session, opened.token) };
  },
});

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
