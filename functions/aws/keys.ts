import type { Key } from './expressions.ts';

/** The names of the four tables of this deployment. */
export interface Tables {
  readonly tokens: string;
  readonly sessions: string;
  readonly audit: string;
  readonly usage: string;
}

/** Every key of every table, in one place. */
export function keysOf(tables: Tables) {
  const inStack = (stack: string, sk: string): Key => ({ table: tables.tokens, pk: `STACK#${stack}`, sk });
  return {
    token: (uid: string): Key => ({ table: tables.tokens, pk: `TOKEN#${uid}`, sk: 'META' }),
    receipt: (uid: string, operation: string): Key => ({
      table: tables.tokens,
      pk: `TOKEN#${uid}`,
      sk: `RECEIPT#${operation}`,
    }),
    progress: (uid: string, operation: string, shard: string): Key => ({
      table: tables.tokens,
      pk: `TOKEN#${uid}`,
      sk: `PROGRESS#${operation}#${shard}`,
    }),
    stack: (stack: string) => inStack(stack, 'META'),
    count: (stack: string) => inStack(stack, 'COUNT'),
    member: (stack: string, uid: string) => inStack(stack, `MEMBER#${uid}`),
    branch: (stack: string, name: string) => inStack(stack, `BRANCH#${name}`),
    alias: (stack: string, name: string) => inStack(stack, `ALIAS#${name}`),
    roster: (stack: string, uid: string) => inStack(stack, `TOKEN#${uid}`),
    /** `name` in NFC: one name has one row. */
    name: (stack: string, name: string) => inStack(stack, `NAME#${name}`),
    person: (uid: string): Key => ({ table: tables.tokens, pk: `PERSON#${uid}`, sk: 'META' }),
    personStack: (uid: string, stack: string): Key => ({
      table: tables.tokens,
      pk: `PERSON#${uid}`,
      sk: `STACK#${stack}`,
    }),
    environment: (stack: string, name: string): Key => ({
      table: tables.tokens,
      pk: `ENVIRONMENTS#${stack}`,
      sk: name,
    }),
    /** By the first hex digit of the session's uid, so that one token's end is not bound to one partition's writes. */
    session: (token: string, uid: string): Key => ({
      table: tables.sessions,
      pk: sessionPartition(token, uid.slice(3, 4)),
      sk: uid,
    }),
    audit: (stack: string, uid: string): Key => ({ table: tables.audit, pk: `STACK#${stack}`, sk: uid }),
    window: (token: string, kind: string, start: number): Key => ({
      table: tables.usage,
      pk: `WINDOW#${token}#${kind}`,
      sk: String(start),
    }),
    idempotency: (id: string): Key => ({ table: tables.usage, pk: `IDEMPOTENCY#${id}`, sk: 'RECORD' }),
  };
}

/** The partition of a token's sessions that share a shard: one hex digit. */
export const sessionPartition = (token: string, shard: string): string => `SESSION#${token}#${shard}`;

export type Keys = ReturnType<typeof keysOf>;

/**
 * The due index's attributes: one of 16 shards by the last hex digit of the uid, so that many tokens of one date do not meet in one
 * partition, and `instant#id`.
 */
export function dueAttributes(at: string, uid: string, id: string): { due_shard: string; due_at: string } {
  return { due_shard: String(Number.parseInt(uid.slice(-1), 16)), due_at: `${at}#${id}` };
}
