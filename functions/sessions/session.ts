/** One program working with a token. Its permissions are its token's at the moment of each request. */
export interface Session {
  /** `blt` and 16 hexadecimal digits. */
  readonly uid: string;
  readonly token_uid: string;
  readonly api_key: string;
  readonly digest: string;
  /** The token's epoch when it was opened; under another it is over. */
  readonly epoch: number;
  /** What the program calls itself, or empty. */
  readonly client: string;
  readonly remote_addr: string;
  /** ISO 8601 instants, UTC, with milliseconds. */
  readonly opened_at: string;
  /** Its own lifetime only: the token's expiry is compared each time. */
  readonly expires_at: string;
}
