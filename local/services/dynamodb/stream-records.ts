import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ENGINE_VERSION } from './find-engine.ts';

const STREAM_COLUMNS = ['table_name', 'sequence_number', 'event_name', 'keys_json', 'new_image', 'old_image'];

/**
 * Gives the engine an index. Each write asks for the table's highest sequence number, and without this index that reads every record: at 25,000 records
 * a put takes 30 times as long. It leans on the engine's own tables, so it first looks whether they are as expected.
 */
export function indexStreamRecords(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('_stream_records');
    const missing = STREAM_COLUMNS.filter((name) => !columns.some((column) => column.name === name));
    if (missing.length > 0) {
      throw new Error(
        `the DynamoDB engine keeps its stream records differently than version ${ENGINE_VERSION} does ` +
          `(_stream_records lacks ${missing.join(', ')}): install that version, or revise indexStreamRecords in local/services/dynamodb/stream-records.ts`,
      );
    }
    database.exec(
      'CREATE INDEX IF NOT EXISTS tokenward_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
    );
  } finally {
    database.close();
  }
}

/** Removes a table's stream records up to a sequence number. The table's last record stays: the engine counts on from it, and would begin at 1 again without. */
export function trimStream(file: string, table: string, upTo: string): void {
  // Opening it would make it anew where somebody has deleted it.
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    database
      .prepare(
        'DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= CAST(?2 AS INTEGER) ' +
          'AND id < (SELECT MAX(id) FROM _stream_records WHERE table_name = ?1)',
      )
      .run(table, upTo);
  } finally {
    database.close();
  }
}
