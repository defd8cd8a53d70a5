/** Holds what callers were told against what is stored. */
import assert from 'node:assert/strict';
import type { CreatedToken } from '../../functions/tokens/create-token.ts';
import type { Receipt } from '../../functions/tokens/revocation.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { RefusalKind } from '../../functions/values/refusals.ts';
import { digestOf } from '../../functions/values/token-value.ts';
import { type Person, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { simulatedProduct } from '../simulation/simulated-stack.ts';
import { endingOperation, type Row, type StoredRows } from '../support/row-consistency.ts';

export interface Call {
  readonly what: 'create' | 'rename' | 'describe' | 'delete';
  readonly name: string;
  readonly key?: string;
}

export interface Answered {
  readonly call: Call;
  readonly who: Person;
  /** In the audit entry of what was done. */
  readonly request: string;
  readonly refused?: RefusalKind;
  readonly created?: CreatedToken;
  readonly edited?: Token;
  readonly deleted?: Receipt;
}

/** What an owner or admin can be told where nothing is wrong but the call, or storage. */
const possible: readonly unknown[] = [
  'invalid',
  'token-not-found',
  'conflict',
  'idempotency-key-reused',
  'unavailable',
];
const firstStates: readonly Row[] = simulatedProduct({}).rows().tokens;

/** What was acknowledged is there, once; what was refused is not; where storage gave no answer, it is there once or not at all. */
export function checkAnswers(answers: readonly Answered[], product: SimulatedProduct, rows: StoredRows): void {
  const later = product.commits(tables.tokens).map(({ after }) => after);
  const states = [...firstStates, ...later].filter((row) => row?.sk === 'META');
  const meta = (uid: string) => rows.tokens.find((row) => row.uid === uid && row.sk === 'META');
  for (const { request, refused, created, edited, deleted } of answers) {
    const entries = entriesOf(request, rows);
    const least = deleted || created?.value ? 1 : 0;
    const most = (refused && refused !== 'unavailable') || created?.value === null ? 0 : 1;
    assert(least <= entries && entries <= most, `${request} was done ${entries} times.`);
    if (refused) assert(possible.includes(refused), `${request} was refused: ${refused}`);
    if (created?.value) assert.equal(meta(created.token.uid)?.digest, digestOf(created.value));
    if (deleted) assert.equal(endingOperation(meta(deleted.token_uid)), deleted.operation);
    if (edited)
      assert(
        states.some((state) => isSame(state, edited)),
        `${request} was acknowledged, and not done.`,
      );
  }
}

/** One key makes one token, its value is shown once at most, and every later answer says which token it is. */
export function checkKeys(answers: readonly Answered[], rows: StoredRows): void {
  const byKey = Map.groupBy(answers, ({ who, call }) => (call.key ? `${who} ${call.key}` : ''));
  byKey.delete('');
  for (const same of byKey.values()) {
    const created = same.flatMap((answer) => answer.created ?? []);
    const entries = same.flatMap(({ request }) => rows.audit.filter((row) => row.request_id === request));
    const made = entries.filter(({ outcome }) => outcome === 'done').map(({ metadata }) => (metadata as Row).uid);
    assert(made.length <= 1, `One key made ${made.join(' and ')}.`);
    assert(created.filter(({ value }) => value !== null).length <= 1);
    for (const { token } of created) assert.equal(token.uid, made[0]);
    const last = same.at(-1);
    const isTold = created.length > 0 || last?.refused === 'conflict' || last?.refused === 'idempotency-key-reused';
    assert(made.length === 0 || isTold, `${made[0]} was made, and its maker cannot find out.`);
  }
}

const entriesOf = (request: string, { audit }: StoredRows): number =>
  audit.filter(({ request_id, outcome }) => request_id === request && outcome === 'done').length;

const isSame = (state: Row | null | undefined, { uid, version, updated_at, name, description }: Token): boolean =>
  state?.uid === uid &&
  state.version === version &&
  state.updated_at === updated_at &&
  state.name === name &&
  state.description === description;
