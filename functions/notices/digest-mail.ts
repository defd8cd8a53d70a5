import type { Digest } from './digest.ts';
import { digestContent } from './digest-content.ts';
import { renderAsHtml } from './digest-html.ts';
import { renderAsText } from './digest-text.ts';

/**
 * The mail of a digest. Sorted here: the most urgent first, and among those that are as urgent tokens in use before idle ones, then by
 * expiry. Names are anybody's to choose, so HTML and text isolate them, and the subject is one line of bounded length.
 * @throws {RangeError} for a time zone that is none, and for a digest without entries
 */
export function renderDigest(digest: Digest): { subject: string; html: string; text: string } {
  const content = digestContent(digest);
  return { subject: content.subject, html: renderAsHtml(content), text: renderAsText(content) };
}
