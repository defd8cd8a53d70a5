import type { DigestNotice } from '../notices/digest-repository.ts';
import type { DigestKey } from '../notices/notice-repository.ts';
import type { Key } from './storage/expressions.ts';

/** The names of the four tables of this deployment. */
export interface Tables {
  readonly tokens: string;
  readonly sessions: string;
  readonly audit: string;
  readonly usage: string;
}

/** Every key of every table, in one place. */
export function keysOf(tables: Tables) {
  return { ...tokenKeys(tables), ...stackKeys(tables), ...sideKeys(tables) };
}

function tokenKeys({ tokens: table }: Tables) {
  const ofToken = (uid: string, sk: string): Key => ({ table, pk: `TOKEN#${uid}`, sk });
  return {
    token: (uid: string) => ofToken(uid, 'META'),
    receipt: (uid: string, operation: string) => ofToken(uid, `RECEIPT#${operation}`),
    progress: (uid: string, operation: string, shard: string) => ofToken(uid, `PROGRESS#${operation}#${shard}`),
    /** Beside the tokens for the sake of their stream, and in a partition of its own: who puts it has no right among them. */
    notice: (token: string, expiry: string, threshold: string): Key => ({
      table,
      pk: `NOTICE#${token}`,
      sk: `${expiry}#${threshold}`,
    }),
    digest: (stack: string, sendAt: string): Key => ({ table, pk: `DIGEST#${stack}`, sk: sendAt }),
    /** Its sort key begins with the digest's, so that one query reads a digest with all its notices. */
    noticeInDigest: ({ stack, send_at }: DigestKey, { token_uid, expires_at, threshold }: DigestNotice): Key => ({
      table,
      pk: `DIGEST#${stack}`,
      sk: `${send_at}#${token_uid}#${expires_at}#${threshold}`,
    }),
    ghost: (token: string, hour: string): Key => ({ table, pk: `GHOST#${token}`, sk: hour }),
  };
}

function stackKeys({ tokens: table }: Tables) {
  const inStack = (stack: string, sk: string): Key => ({ table, pk: `STACK#${stack}`, sk });
  return {
    stack: (stack: string) => inStack(stack, 'META'),
    count: (stack: string) => inStack(stack, 'COUNT'),
    member: (stack: string, uid: string) => inStack(stack, `MEMBER#${uid}`),
    invitation: (stack: string, address: string) => inStack(stack, `INVITE#${address}`),
    /** Where an address finds the stacks that it was invited to. */
    invited: (address: string, stack: string): Key => ({ table, pk: `INVITE#${address}`, sk: `STACK#${stack}` }),
    branch: (stack: string, name: string) => inStack(stack, `BRANCH#${name}`),
    alias: (stack: string, name: string) => inStack(stack, `ALIAS#${name}`),
    roster: (stack: string, uid: string) => inStack(stack, `TOKEN#${uid}`),
    /** `name` in NFC: one name has one row. */
    name: (stack: string, name: string) => inStack(stack, `NAME#${name}`),
    person: (uid: string): Key => ({ table, pk: `PERSON#${uid}`, sk: 'META' }),
    personStack: (uid: string, stack: string): Key => ({ table, pk: `PERSON#${uid}`, sk: `STACK#${stack}` }),
    environment: (stack: string, name: string): Key => ({ table, pk: `ENVIRONMENTS#${stack}`, sk: name }),
  };
}

function sideKeys({ sessions, audit, usage }: Tables) {
  return {
    /** By the first hex digit of the session's uid, so that one token's end is not bound to one partition's writes. */
    session: (token: string, uid: string): Key => ({
      table: sessions,
      pk: sessionPartition(token, uid.slice(3, 4)),
      sk: uid,
    }),
    audit: (stack: string, uid: string): Key => ({ table: audit, pk: `STACK#${stack}`, sk: uid }),
    window: (token: string, kind: string, start: number): Key => ({
      table: usage,
      pk: `WINDOW#${token}#${kind}`,
      sk: String(start),
    }),
    lastUse: (token: string): Key => ({ table: usage, pk: `USED#${token}`, sk: 'LAST' }),
    deadUse: (token: string): Key => ({ table: usage, pk: `USED#${token}`, sk: 'DEAD' }),
    delivery: (stack: string, sendAt: string, person: string): Key => ({
      table: usage,
      pk: `DELIVERY#${stack}`,
      sk: `${sendAt}#${person}`,
    }),
    idempotency: (id: string): Key => ({ table: usage, pk: `IDEMPOTENCY#${id}`, sk: 'RECORD' }),
  };
}

/** The partition of the audit log's index that holds the entries about one subject of a stack: a token, or the stack itself. */
export const auditSubject = (stack: string, subject: string): string => `STACK#${stack}#${subject}`;

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
