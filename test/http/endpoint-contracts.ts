import type { RouteKey } from '../../functions/http/chain/routes.ts';
import { allRights, type Reply } from '../support/running-system.ts';
import type { CaseName } from './contract-cases.ts';
import type { Attempt, ContractWorld } from './contract-world.ts';
import type { Role } from './outcomes-by-role.ts';

/** What a good request is made for: a case that alters it, or a role that sends it. */
export type Purpose = CaseName | Role;

/**
 * A good request, and what is answered to it and to others: `status/code`, and the cases that are answered so. What depends on who asks
 * is in `outcomes-by-role.ts`.
 */
export interface EndpointContract {
  readonly good: (world: ContractWorld, what: Purpose) => Attempt | Promise<Attempt>;
  readonly answers: Readonly<Record<string, readonly CaseName[]>>;
}

/** Also where a route takes no body. */
const ofBody = { '413/141': ['too large'] } as const;
const ofMembers = {
  ...ofBody,
  '412/109': ['no api_key', 'an unknown stack', 'another stack', 'what cannot be a stack'],
  '503/194': ['storage is down'],
} as const;
const ofJson = {
  ...ofBody,
  '400/141': ['not JSON', 'another content type'],
  '415/141': ['another charset', 'compressed'],
} as const;
const twice = { '400/141': ['two stacks', 'two credentials'] } as const;
const ofTokens = {
  '404/141': ['an unknown uid', 'what cannot be a uid', 'a uid of another stack', 'a deleted uid'],
} as const;
const ofNames = { '404/141': ['an unknown uid', 'what cannot be a uid'] } as const;
const ofPrograms = {
  ...ofBody,
  '401/105': ['an unknown value', 'an expired token', 'a deleted token'],
  '412/109': ['no api_key', 'an unknown stack', 'another stack', 'what cannot be a stack'],
  '503/194': ['storage is down'],
} as const;
/** Of a session nothing is told but that it is not good here: foreign, ended and unknown are one answer. */
const ofSessions = {
  ...ofBody,
  '401/105': [...ofPrograms['401/105'], ...ofPrograms['412/109']],
  '412/109': ['a management token of another stack'],
  '503/194': ['storage is down'],
} as const;
const ofScope = { '403/162': ['a token without the scope', 'an unknown branch'] } as const;

const ofLimit = ['a bad limit', 'a limit of 0', 'a limit of 101'] as const;
const ofList = { '422/141': [...ofLimit, 'a bad skip'] } as const;

/** Whether it will be carried out. */
const isDone = (what: Purpose) => ['as it should be', 'owner', 'admin', 'machine'].includes(what);

const aToken = ({ live }: ContractWorld): Attempt => ({ as: 'owner', uid: live.uid });
/** One that may go: only where a request is good, because a stack can have 30. */
const tokenToLose = async ({ system, live }: ContractWorld, what: Purpose) =>
  isDone(what) ? await system.createToken() : live;
const form = async ({ system }: ContractWorld, value: string): Promise<Attempt> => ({
  headers: { authorization: `Bearer ${await system.jwt('resource_server')}` },
  body: new URLSearchParams({ token: value }),
});
/**
 * Prepares a request by another. The good requests of all roles are made at once, so that one may be in another's way: 409. A
 * stack that has become full refuses it: the request's own answer shows that, wherever it matters.
 */
async function untilDone(send: () => Promise<Reply>): Promise<void> {
  const { status } = await send();
  if (status === 409) await untilDone(send);
}
let names = 0;
const newName = () => `name ${++names}`;

/** What changes a stack or its people answers alike. @param good the request, without who makes it */
function changesStack(
  done: string,
  good: (world: ContractWorld, what: Purpose) => Attempt | Promise<Attempt>,
  invalid: readonly CaseName[] = [],
): EndpointContract {
  return {
    good: async (world, what) => ({ as: 'owner', ...(await good(world, what)) }),
    answers: {
      [done]: ['as it should be'],
      ...ofMembers,
      ...ofJson,
      '400/141': [...twice['400/141'], ...ofJson['400/141']],
      '409/141': ['always in conflict'],
      '422/141': ['a field that breaks a rule', ...invalid],
    },
  };
}

/** Every route, with every status that it can answer. A route without a row here does not compile. */
export const contract: Record<RouteKey, EndpointContract> = {
  'GET /v3/stacks/management_tokens': {
    good: () => ({ as: 'owner' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofList },
  },
  'POST /v3/stacks/management_tokens': {
    good: () => ({ as: 'owner', json: { token: { name: newName(), scope: allRights } } }),
    answers: {
      '201': ['as it should be'],
      ...ofMembers,
      ...ofJson,
      '400/141': [...twice['400/141'], ...ofJson['400/141'], 'what is no idempotency key', 'two idempotency keys'],
      '409/141': ['always in conflict'],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'GET /v3/stacks/management_tokens/{uid}': {
    good: aToken,
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofTokens },
  },
  'PUT /v3/stacks/management_tokens/{uid}': {
    good: (world) => ({ ...aToken(world), json: { token: { description: newName() } } }),
    answers: {
      '200': ['as it should be'],
      ...ofMembers,
      ...ofTokens,
      ...ofJson,
      '400/141': [...twice['400/141'], ...ofJson['400/141'], 'what is no ETag'],
      '409/141': ['always in conflict'],
      '412/141': ['an old ETag'],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'DELETE /v3/stacks/management_tokens/{uid}': {
    good: async (world, what) => {
      const { uid, name } = await tokenToLose(world, what);
      return { as: 'owner', uid, query: `confirm_name=${encodeURIComponent(name)}` };
    },
    answers: {
      '200': ['as it should be'],
      ...ofMembers,
      ...ofTokens,
      '400/141': [...twice['400/141'], 'two names', 'what is no ETag'],
      '409/141': ['always in conflict'],
      '412/141': ['an old ETag'],
      '422/141': ['no name', 'what is no name', 'another name'],
    },
  },
  'GET /v3/stacks/management_tokens/{uid}/delete_preview': {
    good: aToken,
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofTokens },
  },
  'GET /v3/stacks/management_tokens/{uid}/revocation': {
    good: ({ deleted }) => ({ as: 'owner', uid: deleted.uid }),
    answers: {
      '200': ['as it should be', 'a stopped uid'],
      ...twice,
      ...ofMembers,
      '404/141': [
        ...ofTokens['404/141'].filter((what) => what !== 'a deleted uid'),
        'a deleted uid of another stack',
        'a uid of a token that was never revoked',
      ],
    },
  },
  'GET /v3/stacks/management_tokens/{uid}/sessions': {
    good: aToken,
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofTokens, '422/141': ofLimit },
  },
  'POST /v3/stacks/management_tokens/{uid}/successor': {
    good: (world) => ({ ...aToken(world), json: { overlap: 'P1D', token: { name: newName() } } }),
    answers: {
      '201': ['as it should be', 'no body'],
      ...ofMembers,
      ...ofTokens,
      ...ofJson,
      '400/141': [
        ...twice['400/141'],
        ...ofJson['400/141'],
        'what is no ETag',
        'what is no idempotency key',
        'two idempotency keys',
      ],
      '409/141': ['always in conflict'],
      '412/141': ['an old ETag'],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'DELETE /v3/stacks/management_tokens/{uid}/sessions': {
    good: ({ readOnly }) => ({ as: 'owner', uid: readOnly.uid }),
    answers: {
      '200': ['as it should be'],
      ...twice,
      ...ofMembers,
      ...ofTokens,
      '409/141': ['always in conflict'],
    },
  },
  'DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}': {
    good: async (world) => ({ ...aToken(world), sessionUid: (await world.openSession(world.live)).uid }),
    answers: {
      '200': ['as it should be'],
      ...twice,
      ...ofMembers,
      '404/141': [...ofTokens['404/141'], 'an unknown session', 'a session of another token'],
      '409/141': ['always in conflict'],
    },
  },
  'POST /v3/stacks': {
    good: () => ({ as: 'owner', stack: null, json: { stack: { name: newName() } } }),
    answers: {
      '201': ['as it should be'],
      ...ofJson,
      '409/141': ['always in conflict for me'],
      '422/141': ['a field that breaks a rule'],
      '503/194': ['storage is down for me'],
    },
  },
  'GET /v3/stacks': {
    good: () => ({ as: 'developer' }),
    answers: {
      '200': ['as it should be', 'no api_key'],
      '400/141': [...twice['400/141'], 'a parameter twice', 'a parameter twice, by who is invited'],
      ...ofBody,
      '403/162': ['a developer who asks for people', 'an invited developer who asks for people'],
      '409/141': ['an invitation that is always in conflict'],
      '412/109': ['an unknown stack', 'another stack', 'what cannot be a stack'],
      '422/141': ['a bad limit of all stacks', 'a bad skip of all stacks'],
      '503/194': ['storage is down'],
    },
  },
  'GET /v3/stacks/branches': {
    good: () => ({ as: 'admin' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofList },
  },
  'GET /v3/stacks/branches/{uid}': {
    good: () => ({ as: 'admin', uid: 'main' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofNames },
  },
  'GET /v3/stacks/branch_aliases': {
    good: () => ({ as: 'admin' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofList },
  },
  'GET /v3/stacks/branch_aliases/{alias}': {
    good: () => ({ as: 'admin', uid: 'deploy' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofNames },
  },
  'GET /v3/stacks/users': {
    good: () => ({ as: 'admin' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers, ...ofList },
  },
  'PUT /v3/stacks': changesStack('200', () => ({ json: { stack: { description: newName() } } })),
  'POST /v3/stacks/share': changesStack('200', () => ({ json: { clients: [newName().replace(' ', '-')] } }), [
    'a member who has the role already',
  ]),
  'POST /v3/stacks/unshare': changesStack('200', async ({ system }, what) => {
    const isGood = isDone(what);
    const json = { client: isGood ? newName().replace(' ', '-') : 'bot' };
    const share = () => system.call('POST', '/v3/stacks/share', { as: 'owner', json: { clients: [json.client] } });
    if (isGood) await untilDone(share);
    return { json };
  }),
  'POST /v3/stacks/transfer_ownership': changesStack('200', async ({ system }, what) => {
    // On a stack of their own: on the others the owner stays.
    const json = { transfer_to: 'adam@example.test' };
    if (what !== 'as it should be' && what !== 'owner') return { json };
    const stack = await system.createStack('owner');
    await system.call('POST', '/v3/stacks/share', { as: 'owner', stack, json: { emails: [json.transfer_to] } });
    await system.call('GET', '/v3/stacks', { as: 'admin', stack });
    return { json, stack };
  }),
  'POST /v3/stacks/branches': changesStack('201', () => ({ json: { branch: { uid: newName().replace(' ', '-') } } })),
  'PUT /v3/stacks/branch_aliases/{alias}': changesStack('200', () => ({
    uid: newName().replace(' ', '-'),
    json: { branch_alias: { target_branch: 'main' } },
  })),
  'DELETE /v3/stacks/branch_aliases/{alias}': {
    good: async ({ system }, what) => {
      const uid = newName().replace(' ', '-');
      const json = { branch_alias: { target_branch: 'main' } };
      if (isDone(what) || what === 'no force')
        await untilDone(() => system.call('PUT', `/v3/stacks/branch_aliases/${uid}`, { as: 'owner', json }));
      return { as: 'owner', uid, query: 'force=true' };
    },
    answers: {
      '200': ['as it should be'],
      ...twice,
      ...ofMembers,
      ...ofNames,
      '409/141': ['always in conflict'],
      '422/141': ['no force'],
    },
  },
  'GET /v3/stacks/token_hygiene': {
    good: () => ({ as: 'owner' }),
    answers: { '200': ['as it should be'], ...twice, ...ofMembers },
  },
  'PUT /v3/stacks/token_hygiene': {
    good: () => ({ as: 'owner', json: { token_hygiene: { max_cleanup_per_day: 9 } } }),
    answers: {
      '200': ['as it should be'],
      ...ofMembers,
      ...ofJson,
      '400/141': [...twice['400/141'], ...ofJson['400/141']],
      '409/141': ['always in conflict'],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'POST /v3/stacks/token_hygiene/preview': {
    good: () => ({ as: 'owner', json: { token_hygiene: { max_cleanup_per_day: 9 } } }),
    answers: {
      '200': ['as it should be'],
      ...ofMembers,
      ...ofJson,
      '400/141': [...twice['400/141'], ...ofJson['400/141']],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'GET /v3/audit-logs': {
    good: () => ({ as: 'owner' }),
    answers: {
      '200': ['as it should be'],
      ...ofMembers,
      ...ofBody,
      '400/141': [...twice['400/141'], 'a bad skip', 'a skip that is too far', 'what is no cursor'],
      '422/141': ofLimit,
    },
  },
  'GET /v3/audit-logs/{uid}': {
    good: async ({ system }) => {
      const { body } = await system.call('GET', '/v3/audit-logs?limit=1', { as: 'owner' });
      return { as: 'owner', uid: body.logs[0].uid };
    },
    answers: {
      '200': ['as it should be'],
      ...twice,
      ...ofMembers,
      '404/141': ['an unknown entry', 'what cannot be a uid', 'an entry of another stack'],
    },
  },
  'GET /v3/environments': {
    good: ({ live }) => ({ value: live.value }),
    answers: { '200': ['as it should be'], '400/141': ['two stacks'], ...ofPrograms, ...ofScope, ...ofList },
  },
  'POST /v3/environments': {
    good: ({ live }) => ({ value: live.value, json: { environment: { name: newName() } } }),
    answers: {
      '201': ['as it should be'],
      ...ofPrograms,
      ...ofScope,
      ...ofJson,
      '400/141': ['two stacks', ...ofJson['400/141']],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'POST /v3/token_sessions': {
    good: ({ live }) => ({ value: live.value, json: { session: { client: 'deployer/1.2' } } }),
    answers: {
      '201': ['as it should be'],
      ...ofPrograms,
      ...ofJson,
      '400/141': ['two stacks', ...ofJson['400/141']],
      '422/141': ['a field that breaks a rule'],
    },
  },
  'GET /v3/token_sessions/current': {
    good: async ({ live, openSession }) => ({ value: (await openSession(live)).token }),
    answers: { '200': ['as it should be'], '400/141': ['two stacks'], ...ofSessions },
  },
  'DELETE /v3/token_sessions/current': {
    good: async ({ live, openSession }) => ({ value: (await openSession(live)).token }),
    answers: { '200': ['as it should be'], '400/141': ['two stacks'], ...ofSessions },
  },
  'POST /oauth2/introspect': {
    good: (world) => form(world, world.live.value),
    answers: {
      '200': ['as it should be', 'another stack', 'an unknown stack'],
      '400/141': ['no api_key', 'what cannot be a stack', 'two stacks', 'no token', 'not JSON'],
      '413/141': ['a form that is too large'],
      '415/141': ['a form in another charset'],
      '503/194': ['storage is down'],
    },
  },
  'POST /oauth2/revoke': {
    good: async ({ system, stopped }, what) => {
      const { value } = what === 'as it should be' ? await system.createToken() : stopped;
      return { body: new URLSearchParams({ token: value }) };
    },
    answers: {
      '200': ['as it should be', 'no api_key', 'another stack'],
      '400/141': ['no token', 'not JSON'],
      '409/141': ['always in conflict'],
      '413/141': ['a form that is too large'],
      '415/141': ['a form in another charset'],
      '503/194': ['storage is down'],
    },
  },
  'GET /openapi.json': { good: () => ({ stack: null }), answers: { '200': ['as it should be'], ...ofBody } },
  $default: { good: () => ({}), answers: {} },
};
