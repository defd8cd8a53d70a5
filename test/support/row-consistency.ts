/** Whether stored rows agree with each other: what law 11 leaves behind when everything is at rest. */
import { canonicalJson } from '../../functions/values/canonical-json.ts';

export type Row = Readonly<Record<string, unknown>>;

/** All rows of the tables, as plain data. */
export interface StoredRows {
  readonly tokens: readonly Row[];
  readonly audit: readonly Row[];
  readonly usage: readonly Row[];
}

interface Change {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What is wrong, one sentence each; empty where all rows agree. */
export function inconsistencies(rows: StoredRows): string[] {
  const tokens = rows.tokens.filter(({ pk, sk }) => isOf(pk, 'TOKEN#') && sk === 'META');
  const stacks = rows.tokens.filter(({ pk, sk }) => isOf(pk, 'STACK#') && sk === 'META');
  const entries = rows.audit.filter(({ module, outcome }) => module === 'management_token' && outcome === 'done');
  const uids = new Set(tokens.map(({ uid }) => uid));
  return [
    ...stacks.flatMap((stack) => wrongInStack(stack, { rows, tokens })),
    ...tokens.flatMap((token) =>
      wrongInToken(token, { rows, entries: entries.filter((entry) => uidIn(entry) === token.uid) }),
    ),
    ...entries.filter((entry) => !uids.has(uidIn(entry))).map(({ uid }) => `Audit entry ${uid} is of no token.`),
    ...rows.usage
      .filter(({ pk, token_uid }) => isOf(pk, 'IDEMPOTENCY#') && !uids.has(token_uid))
      .map(({ pk }) => `${pk} names no token.`),
  ];
}

/** Roster, names and count of a stack are those of its tokens that are not deleted. */
function wrongInStack(stack: Row, { rows, tokens }: { rows: StoredRows; tokens: readonly Row[] }): string[] {
  const key = stack.api_key;
  const here = rows.tokens.filter(({ pk }) => pk === `STACK#${key}`);
  const alive = tokens.filter(({ api_key, state }) => api_key === key && state !== 'deleted');
  const below = (prefix: string) =>
    here.filter(({ sk }) => isOf(sk, prefix)).map(({ sk }) => String(sk).slice(prefix.length));
  const names = here.filter(({ sk }) => isOf(sk, 'NAME#')).map(({ sk, token_uid }) => `${sk} = ${token_uid}`);
  const count = here.find(({ sk }) => sk === 'COUNT')?.tokens;
  return [
    ...differences(
      `Roster of ${key}`,
      below('TOKEN#'),
      alive.map(({ uid }) => String(uid)),
    ),
    ...differences(
      `Names of ${key}`,
      names,
      alive.map(({ name, uid }) => `NAME#${name} = ${uid}`),
    ),
    ...(count === alive.length ? [] : [`${key} counts ${count} tokens and has ${alive.length}.`]),
  ];
}

/** A token's version, epoch, state and settings are what its audit entries and receipts say. */
function wrongInToken(token: Row, { rows, entries }: { rows: StoredRows; entries: readonly Row[] }): string[] {
  const { uid, version, epoch } = token;
  const isDeleted = token.state === 'deleted';
  const receipts = rows.tokens.filter(({ pk, sk }) => pk === `TOKEN#${uid}` && isOf(sk, 'RECEIPT#'));
  const ofType = (type: string) => entries.filter(({ event_type }) => event_type === type);
  const edits = ofType('update').filter((entry) => changesIn(entry).some(({ field }) => field in token));
  const operations = new Set(entries.map((entry) => entry.uid));
  const end = token.end as Row | undefined;
  const checks: Record<string, boolean> = {
    'is created once': ofType('create').length === 1,
    'is deleted once, or not at all': ofType('delete').length === (isDeleted ? 1 : 0),
    'has an audit entry for each version': edits.length === Number(version) - 1,
    'has a receipt for each epoch': receipts.length === Number(epoch) - 1,
    'has receipts of its own operations': receipts.every(({ operation }) => operations.has(operation)),
    'has the receipt of its end, if it has one':
      isDeleted === receipts.some(({ operation, reason }) => operation === end?.operation && reason === end?.reason),
    'has a ttl if and only if it is deleted': 'ttl' in token === isDeleted,
    'is due if and only if something is to be done': 'due_at' in token === 'next_action' in token,
    'is not due once it is deleted': !(isDeleted && 'due_at' in token),
  };
  const broken = Object.entries(checks).flatMap(([check, holds]) =>
    holds ? [] : [`${uid}: not so that it ${check}.`],
  );
  return [...broken, ...wrongInTrail(token, entries)];
}

/**
 * The changes of a field lead from its first value to its present one, in whatever order they were written down: each value but the
 * last is left as often as it is reached. A change that was lost breaks the trail. (`expires_at` follows from `expires_on`.)
 */
function wrongInTrail(token: Row, entries: readonly Row[]): string[] {
  const visits = new Map<string, number>();
  const visit = (field: string, value: unknown, times: number) => {
    const place = `${field} ${canonicalJson(value)}`;
    visits.set(place, (visits.get(place) ?? 0) + times);
  };
  const changes = entries.flatMap((entry) =>
    changesIn(entry).map((change) => ({ ...change, isFirst: entry.event_type === 'create' })),
  );
  const fields = new Set(changes.map(({ field }) => field).filter((field) => field in token && field !== 'expires_at'));
  for (const { field, from, to, isFirst } of changes.filter((change) => fields.has(change.field))) {
    visit(field, to, 1);
    if (!isFirst) visit(field, from, -1);
  }
  for (const field of fields) visit(field, token[field], -1);
  return [...visits].filter(([, times]) => times !== 0).map(([place]) => `${token.uid}: the trail breaks at ${place}.`);
}

function differences(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const [has, wants] = [new Set(found), new Set(expected)];
  return [
    ...found.filter((each) => !wants.has(each)).map((each) => `${what}: ${each} is there.`),
    ...expected.filter((each) => !has.has(each)).map((each) => `${what}: ${each} is missing.`),
  ];
}

/** The operation that ended a token, from its tombstone. */
export function endingOperation(token: Row | null | undefined): unknown {
  return (token?.end as Row | undefined)?.operation;
}

const isOf = (key: unknown, prefix: string): boolean => String(key).startsWith(prefix);
const changesIn = (entry: Row): readonly Change[] => entry.changes as readonly Change[];
const uidIn = (entry: Row): unknown => (entry.metadata as Row).uid;
