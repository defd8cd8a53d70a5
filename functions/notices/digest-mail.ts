import { digestContent } from './digest-content.ts';
import { renderAsHtml } from './digest-html.ts';
import { renderAsText } from './digest-text.ts';

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

/**
 * The mail of a digest. Sorted here: the most urgent first, and among those that are as urgent tokens in use before idle ones, then by
 * expiry. Names are anybody's to choose, so HTML and text isolate them, and the subject is one line of bounded length.
 * @throws {RangeError} for a time zone that is none, and for a digest without entries
 */
export function renderDigest(digest: Digest): { subject: string; html: string; text: string } {
  const content = digestContent(digest);
  return { subject: content.subject, html: renderAsHtml(content), text: renderAsText(content) };
}
