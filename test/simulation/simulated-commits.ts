/** What was committed, in commit order, as plain data; read only when it is asked for. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AttributeMap, Change } from './simulated-dynamo.ts';

export type Row = Record<string, unknown>;

export interface Commit {
  /** Counts the changes of all tables. */
  readonly at: number;
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

export class SimulatedCommits {
  readonly #changes: Change[] = [];
  readonly #commits: Commit[] = [];

  add(change: Change): void {
    this.#changes.push(change);
  }

  get count(): number {
    return this.#changes.length;
  }

  of(table: string): Commit[] {
    const read = (image: AttributeMap | undefined) => (image ? unmarshall(image) : null);
    for (const change of this.#changes.slice(this.#commits.length)) {
      const at = this.#commits.length;
      this.#commits.push({ at, table: change.table, before: read(change.before), after: read(change.after) });
    }
    return this.#commits.filter((commit) => commit.table === table);
  }
}
