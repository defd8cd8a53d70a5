import type { Token } from '../tokens/token.ts';
import type { Notice } from './notice-repository.ts';

/** A token's item before and after a write, as the table's stream has them; null where there was none. */
export interface TokenImages {
  readonly before: Token | null;
  readonly after: Token | null;
}

/** What a write to the table is about. A row that is gone (TTL) is null. */
export type RowChange = TokenImages | { readonly deadUse: DeadUse | null } | { readonly notice: Notice | null };

/** Somebody called with the value of a dead token, as the row of an hour has it. */
export interface DeadUse {
  readonly token_uid: string;
  readonly token_version: number;
  readonly epoch: number;
  readonly api_key: string;
  readonly name: string;
  /** ISO 8601 instant. */
  readonly at: string;
  readonly client: string;
  readonly remote_addr: string;
  /** So many calls until then. */
  readonly calls: number;
}
