/** One token that a digest tells of. */
export interface DigestEntry {
  readonly uid: string;
  readonly name: string;
  /** The last four characters of the token value. */
  readonly hint: string;
  readonly what: 'expiring' | 'expired' | 'cleanup_held_back';
  /** ISO instant. */
  readonly expires_at: string;
  readonly last_use: { readonly at: string; readonly client: string } | null;
  readonly in_use: boolean;
  /** What to show of who made it: an address, or a uid. */
  readonly created_by: string;
  /** ISO instant at which clean-up will delete it; null: never. */
  readonly cleaned_up_at: string | null;
  /** Its page in the console; null: the deployment has no console. */
  readonly link: string | null;
}

/** What one person is told about one stack in one mail. */
export interface Digest {
  readonly stack: { readonly name: string; readonly api_key: string };
  /** IANA name, in which the mail shows instants beside UTC. */
  readonly time_zone: string;
  readonly now: Date;
  /** In any order, at least one. */
  readonly entries: readonly DigestEntry[];
  /** An earlier try may have arrived: the mail says so. */
  readonly again: boolean;
}
