import { type RouteKey, routes } from '../../functions/http/chain/routes.ts';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { forgedJwts } from '../support/forged-jwts.ts';
import type { Reply } from '../support/running-system.ts';
import type { Attempt, ContractWorld } from './contract-world.ts';
import { contract } from './endpoint-contracts.ts';
import { outcomesByRole, type Role, roles } from './outcomes-by-role.ts';

export const everyRoute: readonly RouteKey[] = Object.values(routes).flat();

/** What somebody was answered at a route. */
export interface Answered {
  readonly route: RouteKey;
  readonly role: Role;
  readonly reply: Reply;
}

export interface Heard {
  readonly answers: readonly Answered[];
  /** What reached storage while nobody asked but who is nobody, or not who they say. */
  readonly forNobody: readonly FrontRequest[];
  /** What was written while nobody asked but who may not. */
  readonly writtenForRefused: readonly FrontRequest[];
}

type Question = Omit<Answered, 'reply'> & { readonly attempt: Attempt };

/** Every role asks at every route, in each form that it has. Who is refused asks first: what reaches storage then was asked by nobody else. */
export async function askAsEverybody(world: ContractWorld): Promise<Heard> {
  const credentials = await credentialsOf(world);
  const questions: Question[] = [];
  await inLanes(everyRoute, 4, async (route) => void questions.push(...(await questionsAt(route, world, credentials))));
  const refused = questions.filter(({ route, role }) => outcomeAt(route, role) >= 400);
  const answers: Answered[] = [];
  const ask = async (some: readonly Question[], lanes: number): Promise<void> => {
    const answered = async ({ attempt, ...of }: Question) =>
      void answers.push({ ...of, reply: await sent(world, of.route, attempt) });
    await inLanes(some, lanes, answered);
  };
  const forNobody = await world.system.requestsDuring(() => ask(refused.filter(isNobody), 4));
  const forRefused = await world.system.requestsDuring(() =>
    ask(
      refused.filter((one) => !isNobody(one)),
      4,
    ),
  );
  // One after the other: changes of one stack are in each other's way.
  await ask(
    questions.filter((question) => !refused.includes(question)),
    1,
  );
  return { answers, forNobody, writtenForRefused: forRefused.filter(isWrite) };
}

/** A write that was carried out. */
export const isWrite = ({ operation, status }: FrontRequest) =>
  status === 200 && !/^(?:BatchGet|Get)Item|Query$/.test(operation);

const outcomeAt = (route: RouteKey, role: Role) => outcomesByRole[route][roles.indexOf(role)] ?? 0;
const isNobody = ({ role }: Question) => roles.indexOf(role) >= roles.indexOf('expired') || role === 'nobody';
const sent = (world: ContractWorld, route: RouteKey, attempt: Attempt) =>
  world.send(route === '$default' ? 'GET /v3/nothing' : route, attempt);

/** `Authorization` of each role, in each form that there is. */
type Credentials = Readonly<Record<Role, readonly string[]>>;

async function credentialsOf({ system, live, openSession }: ContractWorld): Promise<Credentials> {
  const forged = await forgedJwts(system.system.issuer, 'olivia-owner');
  const jwts = {
    owner: [await system.jwt('owner')],
    admin: [await system.jwt('admin')],
    machine: [await system.jwt('automation')],
    developer: [await system.jwt('developer')],
    outsider: [await system.jwt('outsider')],
    service: [await system.jwt('resource_server')],
    expired: forged.expired,
    'wrong issuer': forged['wrong issuer'],
    'wrong audience': forged['wrong audience'].slice(0, 1),
    'alg none': forged['alg none'].slice(0, 1),
    // By the PEM and by the JWK. All forms of everything are sent by law 10.
    HS256: forged.HS256.slice(0, 2),
  };
  const bearer = Object.entries(jwts).map(([role, some]) => [role, some.map((jwt) => `Bearer ${jwt}`)]);
  return {
    ...Object.fromEntries(bearer),
    nobody: [''],
    token: [live.value],
    session: [(await openSession(live)).token],
  };
}

async function questionsAt(route: RouteKey, world: ContractWorld, credentials: Credentials): Promise<Question[]> {
  const { good } = contract[route];
  const ofRefused = await good(world, 'nobody');
  const questions = roles.map(async (role) => {
    const { as, value, headers, ...attempt } = outcomeAt(route, role) < 400 ? await good(world, role) : ofRefused;
    const { authorization: _, ...kept } = headers ?? {};
    // A session that is about to be ended is one that nobody else works with.
    const own = role === 'session' && value?.startsWith('css_') ? [value] : credentials[role];
    return own.map((authorization) => {
      const by = authorization === '' ? {} : { authorization };
      return { route, role, attempt: { ...attempt, headers: { ...kept, ...by } } };
    });
  });
  return (await Promise.all(questions)).flat();
}

/** Few at once: a function that more are waiting for is started more than once, which costs more than the waiting. */
async function inLanes<T>(all: readonly T[], lanes: number, each: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await each(one);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
