/** What a verification may say, from what was committed between its start and its end: a table of rules, not asked of the product. */
import { createHash } from 'node:crypto';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { canonicalJson } from '../../functions/values/canonical-json.ts';
import type { Door, Question } from '../simulation/simulated-doors.ts';
import type { Snapshot } from '../simulation/simulated-dynamo.ts';
import { keys, type Row, type SimulatedProduct, scopes } from '../simulation/simulated-product.ts';

export type Word = 'active' | 'unknown' | 'deleted' | 'session-over' | 'expired' | 'other-stack' | 'out-of-scope';

/** When something began. */
export interface Beginning {
  /** How many changes had been committed. */
  readonly moment: number;
  /** In ms, by our clock. */
  readonly ms: number;
}

interface Facts {
  readonly question: Question;
  readonly token: Row | null;
  /** Undefined where a token was presented. */
  readonly session: Row | null | undefined;
  /** In ms, by the clock of who verifies. */
  readonly now: number;
}

/** The first rule that holds is the answer; where none does, it is "active". */
const rules: readonly (readonly [Exclude<Word, 'active'>, (facts: Facts) => boolean])[] = [
  ['unknown', ({ token, session, question }) => !token || kept(token, session) !== sha256(question.value)],
  ['deleted', ({ token }) => token?.state === 'deleted'],
  ['session-over', ({ token, session, now }) => !!session && (session.epoch !== token?.epoch || isPast(session, now))],
  ['expired', ({ token, now }) => token?.state === 'stopped' || isPast(token, now)],
  ['other-stack', ({ token, question }) => question.stack !== token?.api_key],
  ['out-of-scope', ({ token, question: { branch } }) => !!branch && !readableBranches(token).includes(branch)],
];

const kept = (token: Row, session: Row | null | undefined) => (session === undefined ? token : session)?.digest;
const isPast = (row: Row | null, now: number) =>
  typeof row?.expires_at === 'string' && now >= Date.parse(row.expires_at);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The branches whose environments each scope lets a program read; there are two in the stack. */
const readable: Readonly<Record<keyof typeof scopes, readonly string[]>> = {
  everything: ['main', 'development'],
  readOnly: ['main', 'development'],
  otherBranch: ['development'],
  otherModule: [],
};

function readableBranches(token: Row | null): readonly string[] {
  const name = Object.entries(scopes).find(([, scope]) => canonicalJson(scope) === canonicalJson(token?.scope))?.[0];
  return readable[name as keyof typeof scopes] ?? [];
}

/** How each door tells a verdict. A session is told nothing but that it is not good, or does not reach so far. */
export function toldBy(door: Door, { value, stack }: Question, word: Word): string {
  if (door === 'verification') return word;
  if (door === 'introspection') {
    // A service that does not name a stack is told so. It is not told that the token is not good.
    if (stack === null || !/^[\w-]{1,64}$/.test(stack)) return 'malformed';
    return word === 'active' ? 'active' : 'inactive';
  }
  const isSession = value.startsWith('css_');
  if (word === 'active')
    return door !== 'environments' && isSession === (door === 'opening') ? 'unauthenticated' : word;
  return isSession && word !== 'out-of-scope' ? 'unauthenticated' : kinds[word];
}

const kinds: Readonly<Record<Exclude<Word, 'active'>, string>> = {
  unknown: 'unauthenticated',
  deleted: 'token-revoked',
  'session-over': 'unauthenticated',
  expired: 'token-expired',
  'other-stack': 'stack-not-found',
  'out-of-scope': 'insufficient-scope',
};

export class VerdictOracle {
  readonly #product: SimulatedProduct;
  readonly #first: ReadonlyMap<string, Row>;

  /** The snapshot is what the product began with. */
  constructor(product: SimulatedProduct, snapshot: Snapshot) {
    this.#product = product;
    this.#first = rowsOf(snapshot);
  }

  begin(): Beginning {
    return { moment: this.#product.moment, ms: this.#product.now().getTime() };
  }

  /** What may be said of a question that was asked then and is answered now, by an instance whose clock is so many ms ahead. */
  words(question: Question, { moment, ms }: Beginning, ahead = 0): ReadonlySet<Word> {
    const [, token = '', session = ''] = question.value.split('_');
    const tokens = this.states(keys.token(`blt${token}`), moment);
    const sessions = question.value.startsWith('css_')
      ? this.states(keys.session(`blt${token}`, `blt${session}`), moment)
      : [undefined];
    const span = { from: ms + ahead, to: this.#product.now().getTime() + ahead };
    return new Set(
      tokens.flatMap((row) =>
        sessions.flatMap((of) =>
          instants([row, of], span).map((now) => wordOn({ question, token: row, session: of, now })),
        ),
      ),
    );
  }

  /** What an item was at that moment, and everything that it has been since. */
  states({ table, pk, sk }: { table: string; pk: string; sk: string }, moment: number): (Row | null)[] {
    const commits = this.#product.commits(table).filter(({ before, after }) => {
      const row = after ?? before;
      return row?.pk === pk && row.sk === sk;
    });
    const last = commits.findLast(({ at }) => at < moment);
    const first = last ? last.after : (this.#first.get(`${table} ${pk} ${sk}`) ?? null);
    return [first, ...commits.filter(({ at }) => at >= moment).map(({ after }) => after)];
  }
}

/** Those between which nothing changes but by a write. */
function instants(rows: readonly (Row | null | undefined)[], { from, to }: { from: number; to: number }): number[] {
  const ends = rows.flatMap((row) => (typeof row?.expires_at === 'string' ? [Date.parse(row.expires_at)] : []));
  return [from, to, ...ends.filter((end) => from < end && end < to)];
}

/** The verdict on rows at one instant. */
export function wordOn(facts: Facts): Word {
  return rules.find(([, holds]) => holds(facts))?.[0] ?? 'active';
}

const known = new WeakMap<Snapshot, ReadonlyMap<string, Row>>();

function rowsOf(snapshot: Snapshot): ReadonlyMap<string, Row> {
  const rows =
    known.get(snapshot) ??
    new Map(
      snapshot.flatMap(([table, items]) =>
        items.map((item) => unmarshall(item)).map((row): [string, Row] => [`${table} ${row.pk} ${row.sk}`, row]),
      ),
    );
  known.set(snapshot, rows);
  return rows;
}
