import { gzipSync } from 'node:zlib';
import type { Attempt, ContractWorld, KnownToken } from './contract-world.ts';

/** Turns a good request into one that something is wrong with. */
type Alteration = (attempt: Attempt, world: ContractWorld) => Attempt | Promise<Attempt>;

const parameterTwice = 'include_collaborators=true&include_collaborators=true';

/** What can be wrong with a request, by the words of the table in `statuses.test.ts`. */
export const cases = {
  'as it should be': (attempt) => attempt,
  'nobody signed in': ({ as, value, headers, ...attempt }) => attempt,
  'two credentials': (attempt) => withHeaders(attempt, { authorization: 'Bearer another' }),
  'an unknown value': (attempt, world) => ({ ...attempt, value: world.unknownValue() }),
  'an expired token': (attempt, { stopped }) => ({ ...attempt, value: stopped.value }),
  'a deleted token': (attempt, { deleted }) => ({ ...attempt, value: deleted.value }),
  'a management token of another stack': (attempt, { live, foreign }) => ({
    ...attempt,
    value: live.value,
    stack: foreign.stack,
  }),
  'a token without the scope': (attempt, { readOnly }) => ({ ...attempt, value: readOnly.value }),
  'an unknown branch': (attempt) => withHeaders(attempt, { branch: 'none' }),
  'a developer': (attempt) => ({ ...attempt, as: 'developer' }),
  'a developer who asks for people': (attempt) => ({
    ...attempt,
    as: 'developer',
    query: 'include_collaborators=true',
  }),
  'an invited developer who asks for people': (attempt, { inviting }) => ({
    ...attempt,
    as: 'developer',
    stack: inviting,
    query: 'include_collaborators=true',
  }),
  'a parameter twice': (attempt) => ({ ...attempt, query: parameterTwice }),
  'a parameter twice, by who is invited': (attempt, { inviting }) => ({
    ...attempt,
    stack: inviting,
    query: parameterTwice,
  }),
  'an outsider': (attempt) => ({ ...attempt, as: 'outsider' }),
  'no api_key': (attempt) => ({ ...attempt, stack: null }),
  'an unknown stack': (attempt) => ({ ...attempt, stack: 'blt00000000000000ff' }),
  'another stack': (attempt, { foreign }) => ({ ...attempt, stack: foreign.stack }),
  'what cannot be a stack': (attempt) => ({ ...attempt, stack: `blt${'x'.repeat(3000)}` }),
  'two stacks': (attempt) => withHeaders(attempt, { 'x-stack-api-key': 'blt00000000000000ff' }),
  'an unknown uid': (attempt) => ({ ...attempt, uid: 'blt00000000000000ff' }),
  'what cannot be a uid': (attempt) => ({ ...attempt, uid: '%00' }),
  'a uid of another stack': (attempt, { foreign }) => about(attempt, foreign),
  'a deleted uid': (attempt, { deleted }) => about(attempt, deleted),
  'a deleted uid of another stack': (attempt, { foreignDeleted }) => about(attempt, foreignDeleted),
  'a stopped uid': (attempt, { stopped }) => about(attempt, stopped),
  'a uid of a token that was never revoked': (attempt, { limited }) => about(attempt, limited),
  'an unknown session': (attempt) => ({ ...attempt, sessionUid: 'blt00000000000000ff' }),
  'a session of another token': async (attempt, { foreign, openSession }) => ({
    ...attempt,
    sessionUid: (await openSession(foreign)).uid,
  }),
  'an unknown entry': (attempt) => ({ ...attempt, uid: '0'.repeat(32) }),
  'an entry of another stack': (attempt, { foreignEntry }) => ({ ...attempt, uid: foreignEntry }),
  'an old ETag': (attempt) => withHeaders(attempt, { 'if-match': '"77"' }),
  'what is no ETag': (attempt) => withHeaders(attempt, { 'if-match': '77' }),
  'what is no idempotency key': (attempt) => withHeaders(attempt, { 'idempotency-key': ' ' }),
  'two idempotency keys': (attempt) => withHeaders(attempt, { 'idempotency-key': 'a,b' }),
  'no name': ({ query, ...attempt }) => attempt,
  'what is no name': (attempt) => ({ ...attempt, query: 'confirm_name=%00' }),
  'no force': ({ query, ...attempt }) => attempt,
  'another name': (attempt) => ({ ...attempt, query: 'confirm_name=another' }),
  'two names': (attempt) => ({ ...attempt, query: `${attempt.query}&${attempt.query}` }),
  'a bad limit': (attempt) => ({ ...attempt, query: 'limit=-1' }),
  'a limit of 0': (attempt) => ({ ...attempt, query: 'limit=0' }),
  'a limit of 101': (attempt) => ({ ...attempt, query: 'limit=101' }),
  'a bad skip': (attempt) => ({ ...attempt, query: 'skip=1.5' }),
  'a bad limit of all stacks': (attempt) => ({ ...attempt, stack: null, query: 'limit=0' }),
  'a bad skip of all stacks': (attempt) => ({ ...attempt, stack: null, query: 'skip=-1' }),
  'a skip that is too far': (attempt) => ({ ...attempt, query: 'skip=1001' }),
  'what is no cursor': (attempt) => ({ ...attempt, query: 'cursor=n0' }),
  'a field that breaks a rule': (attempt) => ({
    ...attempt,
    json: {
      token: { name: '' },
      overlap: 'P91D',
      stack: { name: '' },
      environment: { name: '' },
      session: { client: 5 },
      token_hygiene: { send_hour: 24 },
      branch: { uid: '' },
      branch_alias: { target_branch: '' },
      emails: [''],
      email: '',
      transfer_to: '',
    },
  }),
  'a member who has the role already': (attempt) => ({
    ...attempt,
    json: { emails: ['adam@example.test'], roles: { 'adam@example.test': ['admin'] } },
  }),
  'no body': ({ json, ...attempt }) => attempt,
  'not JSON': (attempt) => asIs(attempt, '{"token":'),
  'another content type': (attempt) => withHeaders(attempt, { 'content-type': 'text/plain' }),
  'another charset': (attempt) => withHeaders(attempt, { 'content-type': 'application/json; charset=latin1' }),
  compressed: (attempt) => withHeaders(asIs(attempt, gzipSync('{}')), { 'content-encoding': 'gzip' }),
  'too large': (attempt) => asIs(attempt, JSON.stringify({ token: { description: 'x'.repeat(64 * 1024) } })),
  'no token': (attempt) => ({ ...attempt, body: new URLSearchParams() }),
  'a form that is too large': (attempt) => ({
    ...attempt,
    body: new URLSearchParams({ token: 'x'.repeat(64 * 1024) }),
  }),
  'a form in another charset': (attempt) =>
    withHeaders(attempt, { 'content-type': 'application/x-www-form-urlencoded; charset=latin1' }),
  'storage is down': (attempt, { broken }) => elsewhere(attempt, broken),
  'storage is down for me': ({ as, ...attempt }, world) => signedInBy(attempt, world.jwtOf('broken')),
  'always in conflict': (attempt, { contested }) => elsewhere(attempt, contested),
  'always in conflict for me': ({ as, ...attempt }, world) => signedInBy(attempt, world.jwtOf('contested')),
  'an invitation that is always in conflict': ({ as, ...attempt }, world) =>
    signedInBy({ ...attempt, stack: world.inviting }, world.jwtOf('contested')),
} as const satisfies Record<string, Alteration>;

export type CaseName = keyof typeof cases;

function withHeaders(attempt: Attempt, headers: Readonly<Record<string, string>>): Attempt {
  return { ...attempt, headers: { ...attempt.headers, ...headers } };
}

async function signedInBy(attempt: Attempt, jwt: Promise<string>): Promise<Attempt> {
  return withHeaders(attempt, { authtoken: await jwt });
}

function asIs({ json, ...attempt }: Attempt, body: string | Buffer): Attempt {
  return withHeaders({ ...attempt, body }, { 'content-type': 'application/json' });
}

/** The same request about another token, whose name is known. */
function about(attempt: Attempt, { uid, name }: KnownToken): Attempt {
  const confirmed = attempt.query?.startsWith('confirm_name');
  return { ...attempt, uid, ...(confirmed ? { query: `confirm_name=${encodeURIComponent(name)}` } : {}) };
}

/** The same request about a stack, a token and a value of another condition. */
function elsewhere(attempt: Attempt, to: ContractWorld['broken']): Attempt {
  return {
    ...(attempt.uid ? about(attempt, to) : attempt),
    stack: to.stack,
    ...(attempt.value ? { value: to.value } : {}),
    ...(attempt.body instanceof URLSearchParams ? { body: new URLSearchParams({ token: to.value }) } : {}),
  };
}
