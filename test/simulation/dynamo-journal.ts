/** Applies writes, and tells of every change in commit order. */
import { isChange } from './dynamo-table.ts';
import type { AttributeMap } from './dynamo-values.ts';
import type { Write } from './dynamo-writes.ts';

/** One committed change of an item. A write that left the item as it was is none, as in DynamoDB's streams. */
export interface Change {
  readonly sequence: number;
  readonly table: string;
  readonly key: AttributeMap;
  readonly before: AttributeMap | undefined;
  readonly after: AttributeMap | undefined;
}

export class Journal {
  readonly #tell: (change: Change) => void;
  #changes = 0;

  constructor(tell: (change: Change) => void) {
    this.#tell = tell;
  }

  apply({ table, row }: Write, after: AttributeMap | undefined): void {
    const before = row.versions[0];
    table.commit(row, after);
    if (isChange(before, after))
      this.#tell({ sequence: ++this.#changes, table: table.spec.name, key: row.key, before, after });
  }
}
