import type { HttpFunction } from '../functions/http/chain/routes.ts';
import type { Right } from './data-store.ts';

export interface Door {
  /** What people notice when this function fails; the sentence on its alarm. */
  readonly failureImpact: string;
  readonly tokens?: readonly Right[];
  readonly sessions?: readonly Right[];
  readonly audit?: readonly Right[];
  readonly usage?: readonly Right[];
  /** It recognizes members or services by their JWT. */
  readonly signIn?: true;
  /** It needs the organization's limits, plan and contact. */
  readonly organization?: true;
}

const strongReads = ['GetItem', 'BatchGetItem', 'Query'] as const;

/** A door that verifies may put these rows into the streamed table, and nothing among the tokens. */
const usesOfDeadValues: Right = { actions: ['PutItem'], keys: ['GHOST#*'] };

/** The rights of each function behind the HTTP API, and what it means for people when it fails. */
export const doors: Record<HttpFunction, Door> = {
  'http/read-tokens': {
    failureImpact: 'Owners and admins cannot see their tokens. Programs that use tokens are not affected.',
    tokens: [{ actions: strongReads, keys: ['STACK#*', 'TOKEN#*'] }],
    sessions: [{ actions: ['Query'], keys: ['SESSION#*'] }],
    usage: [{ actions: ['BatchGetItem'], keys: ['USED#*'] }],
    signIn: true,
  },
  'http/change-tokens': {
    failureImpact:
      'Owners and admins cannot create, edit or delete tokens: a leaked token cannot be stopped by its name.',
    tokens: [
      {
        actions: ['GetItem', 'BatchGetItem', 'ConditionCheckItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
        keys: ['STACK#*', 'TOKEN#*'],
      },
    ],
    sessions: [{ actions: ['DeleteItem'], keys: ['SESSION#*'] }],
    audit: [{ actions: ['PutItem'], keys: ['STACK#*'] }],
    usage: [
      { actions: ['BatchGetItem', 'PutItem'], keys: ['IDEMPOTENCY#*'] },
      { actions: ['BatchGetItem'], keys: ['USED#*'] },
    ],
    signIn: true,
    organization: true,
  },
  'http/stacks': {
    failureImpact: 'People cannot see or create stacks.',
    tokens: [
      { actions: [...strongReads, 'PutItem'], keys: ['STACK#*', 'PERSON#*'] },
      // The address that the issuer vouches for today.
      { actions: ['UpdateItem', 'ConditionCheckItem'], keys: ['PERSON#*'] },
      { actions: ['Query'], keys: ['INVITE#*'] },
      // An invitation that is taken up is gone.
      { actions: ['DeleteItem'], keys: ['STACK#*', 'INVITE#*'] },
      { actions: ['ConditionCheckItem'], keys: ['STACK#*'] },
    ],
    audit: [{ actions: ['PutItem'], keys: ['STACK#*'] }],
    signIn: true,
    organization: true,
  },
  'http/branches': {
    failureImpact:
      'People and programs cannot see branches and aliases: scopes cannot be chosen, exports do not begin.',
    tokens: [
      { actions: strongReads, keys: ['STACK#*'] },
      { actions: ['GetItem', 'BatchGetItem'], keys: ['TOKEN#*'] },
      usesOfDeadValues,
    ],
    sessions: [{ actions: ['BatchGetItem'], keys: ['SESSION#*'] }],
    usage: [{ actions: ['UpdateItem'], keys: ['USED#*'] }],
    signIn: true,
  },
  'http/change-stacks': {
    failureImpact: 'Owners and admins cannot invite or remove people, nor change branches and aliases.',
    tokens: [
      { actions: [...strongReads, 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'], keys: ['STACK#*'] },
      { actions: ['BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'], keys: ['PERSON#*'] },
      { actions: ['PutItem', 'DeleteItem'], keys: ['INVITE#*'] },
    ],
    audit: [{ actions: ['PutItem'], keys: ['STACK#*'] }],
    signIn: true,
  },
  'http/token-hygiene': {
    failureImpact: 'Owners and admins cannot see or change when they are warned. Warnings go on as they were set.',
    tokens: [
      {
        actions: ['GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem', 'UpdateItem'],
        keys: ['STACK#*', 'TOKEN#*'],
      },
      { actions: ['GetItem', 'BatchGetItem'], keys: ['NOTICE#*'] },
    ],
    audit: [{ actions: ['PutItem'], keys: ['STACK#*'] }],
    usage: [
      { actions: ['BatchGetItem'], keys: ['USED#*'] },
      { actions: ['Query'], keys: ['DELIVERY#*'] },
    ],
    signIn: true,
  },
  'http/audit-logs': {
    failureImpact: 'Owners and admins cannot read the audit log. Entries are still written.',
    tokens: [{ actions: ['GetItem'], keys: ['STACK#*'] }],
    audit: [
      { actions: ['GetItem', 'Query'], keys: ['STACK#*'] },
      { actions: ['Query'], keys: ['STACK#*'], index: 'by_subject' },
    ],
    signIn: true,
  },
  'http/environments': {
    failureImpact: 'Programs cannot reach the sample resource, and tools cannot check their token with it.',
    tokens: [
      { actions: ['GetItem', 'BatchGetItem'], keys: ['STACK#*', 'TOKEN#*'] },
      { actions: ['Query', 'GetItem', 'PutItem'], keys: ['ENVIRONMENTS#*'] },
      usesOfDeadValues,
    ],
    sessions: [{ actions: ['BatchGetItem'], keys: ['SESSION#*'] }],
    usage: [{ actions: ['UpdateItem'], keys: ['WINDOW#*', 'USED#*'] }],
  },
  'http/introspect': {
    failureImpact: 'Services that ask whether a token is good get no answer, and refuse their callers.',
    tokens: [{ actions: ['GetItem', 'BatchGetItem'], keys: ['TOKEN#*'] }, usesOfDeadValues],
    sessions: [{ actions: ['BatchGetItem'], keys: ['SESSION#*'] }],
    usage: [{ actions: ['UpdateItem'], keys: ['USED#*'] }],
    signIn: true,
  },
  'http/token-sessions': {
    failureImpact: 'Programs cannot open sessions, nor ask for their own. Sessions that are open go on elsewhere.',
    tokens: [{ actions: ['GetItem', 'BatchGetItem'], keys: ['TOKEN#*'] }, usesOfDeadValues],
    sessions: [{ actions: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'], keys: ['SESSION#*'] }],
    usage: [{ actions: ['UpdateItem'], keys: ['WINDOW#*', 'USED#*'] }],
  },
  'http/revoke': {
    failureImpact: 'Who finds a leaked value cannot stop it by itself; owners and admins still can.',
    tokens: [
      { actions: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'], keys: ['TOKEN#*'] },
      { actions: ['BatchGetItem'], keys: ['STACK#*'] },
    ],
    sessions: [{ actions: ['BatchGetItem', 'DeleteItem'], keys: ['SESSION#*'] }],
    audit: [{ actions: ['PutItem'], keys: ['STACK#*'] }],
  },
  'http/openapi': {
    failureImpact: 'Tools cannot read what the API takes and answers.',
  },
  'http/no-route': {
    failureImpact: 'Callers of a route that does not exist get a bare error instead of an explanation.',
  },
};
