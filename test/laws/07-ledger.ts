/** What was done about a stack's tokens, read off what was committed. Nothing of it is asked of the product. */

import { unmarshall } from '@aws-sdk/util-dynamodb';
import { deliveryFrom, digestNoticeFrom, noticeFrom } from '../../functions/aws/notice-items.ts';
import { stackFrom } from '../../functions/aws/stack-items.ts';
import { tokenFrom } from '../../functions/aws/token-item.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { Delivery, DigestNotice } from '../../functions/notices/digest-repository.ts';
import type { DigestKey, Notice } from '../../functions/notices/notice-repository.ts';
import type { Stack } from '../../functions/stacks/stack.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Snapshot } from '../simulation/simulated-dynamo.ts';
import { type Commit, type Row, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';

/** When what was there before was committed. */
export const wasThere = -1;

/** A change of a token's item; `commit` counts the changes of all tables. */
export interface Move {
  readonly commit: number;
  readonly before: Token | null;
  readonly after: Token;
  /** The stack then. */
  readonly stack: Stack;
  /** The notice that was claimed with it. */
  readonly notice: PlacedNotice | undefined;
}

export type PlacedNotice = Notice & DigestKey & { readonly commit: number };

/** A change of a digest's item. */
export interface DigestMove {
  readonly commit: number;
  readonly send_at: string;
  readonly before: Row | null;
  readonly after: Row;
}

/** A notice that was put into a digest. */
export type HeldNotice = DigestNotice & { readonly commit: number; readonly send_at: string };

export class Ledger {
  readonly moves: Move[] = [];
  readonly notices: PlacedNotice[] = [];
  readonly digests: DigestMove[] = [];
  readonly held: HeldNotice[] = [];
  readonly deliveries: { readonly commit: number; readonly before: Delivery | null; readonly after: Delivery }[] = [];
  readonly stacks: { readonly commit: number; readonly stack: Stack }[] = [];
  /** When notices were put a second time. */
  readonly overwritten: number[] = [];
  readonly #settings = new Map<number, HygieneSettings>();
  readonly #tokens = new Map<string, Token>();

  constructor(product: SimulatedProduct, snapshot: Snapshot) {
    const before = rowsOf(snapshot).map((after) => ({ at: wasThere, before: null, after }));
    const commits = [...before, ...product.commits(tables.tokens)];
    for (const commit of commits) if (/^NOTICE#/.test(pkOf(commit))) this.#notice(commit);
    for (const commit of commits) this.#read(commit);
    for (const { at: commit, before, after } of product.commits(tables.usage)) {
      const found = String(after?.pk).startsWith('DELIVERY#') ? deliveryFrom(after) : null;
      if (found) this.deliveries.push({ commit, before: deliveryFrom(before), after: found });
    }
  }

  /** The settings of a version. */
  settings(version: number): HygieneSettings {
    const found = this.#settings.get(version);
    if (!found) throw new Error(`No settings of version ${version} were ever stored.`);
    return found;
  }

  /** The stack as it was when something was committed. */
  stackAt(commit: number): Stack {
    const found = this.stacks.findLast((each) => each.commit <= commit);
    if (!found) throw new Error('There is no stack.');
    return found.stack;
  }

  /** What a digest holds when something is committed. */
  heldBy(send_at: string, commit: number): readonly HeldNotice[] {
    return this.held.filter((one) => one.send_at === send_at && one.commit <= commit);
  }

  /** Whether a digest takes no more notices when something is committed. */
  isClosed(send_at: string, commit: number): boolean {
    const last = this.digests.findLast((each) => each.send_at === send_at && each.commit < commit);
    return last !== undefined && last.after.state !== 'filling';
  }

  /** How a token was at one of the moments from one commit to another. */
  statesOf(uid: string, from: number, to: number): readonly Token[] {
    const moves = this.moves.filter(({ after }) => after.uid === uid);
    const first = moves.findLastIndex(({ commit }) => commit <= from);
    return moves.slice(Math.max(first, 0)).flatMap(({ commit, after }) => (commit <= to ? [after] : []));
  }

  #read({ at: commit, before, after }: Pick<Commit, 'at' | 'before' | 'after'>): void {
    const [pk, sk] = [String(after?.pk), String(after?.sk)];
    if (sk === 'META' && pk.startsWith('STACK#')) this.#stack(commit, after);
    if (sk === 'META' && pk.startsWith('TOKEN#')) this.#token(commit, after);
    if (pk.startsWith('DIGEST#') && after) this.#digest({ commit, send_at: sk, before, after });
  }

  /** The row of a digest, or of one of its notices. */
  #digest(move: DigestMove): void {
    const [send_at = '', ...notice] = move.send_at.split('#');
    if (notice.length === 0) return void this.digests.push(move);
    const held = digestNoticeFrom(move.after);
    if (held) this.held.push({ ...held, commit: move.commit, send_at });
  }

  #stack(commit: number, row: Row | null): void {
    const stack = stackFrom(row);
    if (!stack) return;
    this.stacks.push({ commit, stack });
    this.#settings.set(stack.hygiene_version, stack.hygiene);
  }

  #token(commit: number, row: Row | null): void {
    const after = tokenFrom(row);
    if (!after) return;
    const before = this.#tokens.get(after.uid) ?? null;
    this.#tokens.set(after.uid, after);
    // A transaction's changes follow each other: the token's first, then the notice's.
    const notice = this.notices.find((each) => each.commit === commit + 1 && each.token_uid === after.uid);
    this.moves.push({ commit, before, after, stack: this.stackAt(commit), notice });
  }

  #notice({ at: commit, before, after }: Pick<Commit, 'at' | 'before' | 'after'>): void {
    const [notice, digest] = [noticeFrom(after), after?.send_at];
    if (before && after) this.overwritten.push(commit);
    if (notice && !before) this.notices.push({ ...notice, stack: notice.api_key, send_at: String(digest), commit });
  }
}

const pkOf = ({ before, after }: Pick<Commit, 'before' | 'after'>) => String(after?.pk ?? before?.pk);

const known = new WeakMap<Snapshot, readonly Row[]>();

/** The stack and the tokens that were there before. Of each snapshot they are read once. */
function rowsOf(snapshot: Snapshot): readonly Row[] {
  const items = snapshot.find(([table]) => table === tables.tokens)?.[1] ?? [];
  const rows = known.get(snapshot) ?? items.map((item) => unmarshall(item));
  known.set(snapshot, rows);
  return rows;
}
