import { personUid } from '../../functions/stacks/person.ts';
import { mintTokenValue } from '../../functions/values/token-value.ts';
import type { FaultTarget } from '../../local/front/faults.ts';
import { people } from '../../local/people/accounts.ts';
import { type Call, type Reply, RunningSystem, type Who } from '../support/running-system.ts';

export interface KnownToken {
  readonly uid: string;
  readonly name: string;
  readonly value: string;
  readonly stack: string;
}

/** A request to a route; `{uid}` (or `{alias}`) and `{session_uid}` of its path are taken from here. */
export interface Attempt extends Call {
  readonly uid?: string;
  readonly sessionUid?: string;
  readonly query?: string;
}

interface KnownThings {
  readonly live: KnownToken;
  readonly stopped: KnownToken;
  readonly deleted: KnownToken;
  readonly readOnly: KnownToken;
  readonly limited: KnownToken;
  /** Of the outsider's stack, as the next two are. */
  readonly foreign: KnownToken;
  readonly foreignDeleted: KnownToken;
  /** The `api_key` of a stack to which everybody is invited who signs in with an address. */
  readonly inviting: string;
  /** The uid of an entry of the audit log. */
  readonly foreignEntry: string;
  /** Storage is down for everything that has to do with it, and for one person's list of stacks. */
  readonly broken: KnownToken;
  /** Every transaction of it meets another, and so does every new stack of another person. */
  readonly contested: KnownToken;
}

/** A running system with a token in every condition, and with one stack whose storage is down and one that is always in conflict. */
export interface ContractWorld extends KnownThings {
  readonly system: RunningSystem;
  send(route: string, attempt: Attempt): Promise<Reply>;
  /** @returns uid and value of a new session of a token */
  openSession(of: KnownToken): Promise<{ readonly uid: string; readonly token: string }>;
  /** A JWT of the person to whom the same happens as to that stack. */
  jwtOf(who: keyof typeof unlucky): Promise<string>;
  /** A value of the right shape that nobody was given. */
  unknownValue(): string;
  stop(): Promise<void>;
}

const unlucky = { broken: 'brita-broken', contested: 'carl-contested' } as const;
const addressOf = (who: keyof typeof unlucky) => `${unlucky[who]}@example.test`;

export async function startContractWorld(): Promise<ContractWorld> {
  const system = await RunningSystem.start({ streams: false });
  const known = await knownThings(system);
  injectFaults(system, known);
  return {
    ...known,
    system,
    send: async (route, { uid = '', sessionUid = '', query = '', ...call }) => {
      const [method = '', path = ''] = route.split(' ');
      const named = path.replace(/\{(uid|alias)\}/, uid).replace('{session_uid}', sessionUid);
      return await system.call(method, `${named}${query ? `?${query}` : ''}`, call);
    },
    openSession: async ({ value, stack }) => {
      const { status, text, body } = await system.call('POST', '/v3/token_sessions', {
        value,
        stack,
        json: { session: {} },
      });
      if (status !== 201) throw new Error(`No session was opened: ${status} ${text}`);
      return body.session;
    },
    jwtOf: (who) => system.system.issuer.mint({ sub: unlucky[who], email: addressOf(who), email_verified: true }),
    unknownValue: () => mintTokenValue(known.live.uid, (bytes) => new Uint8Array(bytes)),
    stop: () => system.stop(),
  };
}

async function knownThings(system: RunningSystem): Promise<KnownThings> {
  const token = async (fields: object = {}, as: Who = 'owner', stack = system.stack): Promise<KnownToken> => ({
    stack,
    ...(await system.createToken({ ...fields }, { as, stack })),
  });
  const theirs = await system.createStack('outsider');
  const branch = { module: 'branch', branches: ['main'], acl: { read: true } };
  const known = {
    live: await token(),
    stopped: await token(),
    deleted: await token(),
    readOnly: await token({ scope: [{ module: 'entry', acl: { read: true } }, branch] }),
    limited: await token({ rate_limits: { read: 1, write: 1 } }),
    foreign: await token({}, 'outsider', theirs),
    foreignDeleted: await token({}, 'outsider', theirs),
    broken: await token({}, 'owner', await system.createStack('owner')),
    contested: await token({}, 'owner', await system.createStack('owner')),
  };
  const stop = { as: 'owner', json: { token: { expires_on: 'now' } } } as const;
  await system.call('PUT', `/v3/stacks/management_tokens/${known.stopped.uid}`, stop);
  await system.deleteToken(known.deleted);
  await system.deleteToken(known.foreignDeleted, { as: 'outsider', stack: theirs });
  await addPeople(system, known.contested.stack);
  await addAlias(system, known.contested);
  const { body } = await system.call('GET', '/v3/audit-logs?limit=1', { as: 'outsider', stack: theirs });
  return { ...known, inviting: await invitingStack(system), foreignEntry: body.logs[0].uid };
}

async function invitingStack(system: RunningSystem): Promise<string> {
  const authtoken = await system.system.issuer.mint({ sub: 'hanna-host' });
  const made = { stack: null, headers: { authtoken }, json: { stack: { name: 'Inviting' } } };
  const { body } = await system.call('POST', '/v3/stacks', made);
  const stack: string = body.stack.api_key;
  const json = { emails: [...Object.values(people).map(({ email }) => email), addressOf('contested')] };
  await system.call('POST', '/v3/stacks/share', { stack, headers: { authtoken }, json });
  return stack;
}

/** Somebody to remove, and somebody to transfer it to. */
async function addPeople(system: RunningSystem, stack: string): Promise<void> {
  const json = { clients: ['bot'], emails: ['adam@example.test'] };
  await system.call('POST', '/v3/stacks/share', { as: 'owner', stack, json });
  await system.call('GET', '/v3/stacks', { as: 'admin', stack });
}

/** Named like the token: a request about that token is about this alias, too. It does not point where requests want it to. */
async function addAlias(system: RunningSystem, { uid, stack }: KnownToken): Promise<void> {
  await system.call('POST', '/v3/stacks/branches', { as: 'owner', stack, json: { branch: { uid: 'next' } } });
  const json = { branch_alias: { target_branch: 'next' } };
  await system.call('PUT', `/v3/stacks/branch_aliases/${uid}`, { as: 'owner', stack, json });
}

function injectFaults({ system: { front, issuer } }: RunningSystem, known: KnownThings): void {
  const personOf = (sub: string) => `PERSON#${personUid({ issuer: issuer.endpoint, sub })}`;
  const namesOf = (who: keyof typeof unlucky) => [known[who].stack, known[who].uid, personOf(unlucky[who])];
  const mentions = ({ body }: FaultTarget, names: readonly string[]) =>
    names.some((name) => JSON.stringify(body).includes(name));
  const [down, contested] = [namesOf('broken'), namesOf('contested')];
  front.inject({ kind: 'internal-error', when: (request) => mentions(request, down) });
  front.inject({ kind: 'conflict', when: (request) => mentions(request, contested) });
}
