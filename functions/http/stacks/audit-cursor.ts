import { createHash } from 'node:crypto';
import { type AuditPosition, newestEntry } from '../../stacks/read-audit-log.ts';
import { canonicalJson } from '../../values/canonical-json.ts';
import { Refusal } from '../../values/refusals.ts';

/** What a cursor belongs to: with another stack, or for another query, it would leave entries out. */
export interface Listing {
  readonly stack: string;
  readonly where: Readonly<Record<string, unknown>>;
}

const letters = { newest: 'n', indexed: 'i', unindexed: 'o' } as const;

/** Where a listing of the audit log goes on: opaque, and sealed for this listing, so that a mistake is seen (decision 16). */
export function cursorOf(position: AuditPosition, listing: Listing): string {
  const edge = position.part === 'indexed' ? position.edge : '';
  const text = `${letters[position.part]}${position.after}${edge}`;
  return `${text}.${sealOf(text, listing)}`;
}

/** @param cursor null: from the beginning. @throws {Refusal} `malformed` for one that was not given for this listing */
export function positionAt(cursor: string | null, listing: Listing): AuditPosition {
  if (cursor === null) return newestEntry;
  const [text = '', seal, ...more] = cursor.split('.');
  const [, part, after = '', edge] = /^([nio])([0-9a-f]{32})([0-9a-f]{32})?$/.exec(text) ?? [];
  if (!part || more.length > 0 || seal !== sealOf(text, listing)) throw badCursor();
  if (part === 'n') return { part: 'newest', after };
  if (part === 'o') return { part: 'unindexed', after };
  return { part: 'indexed', after, edge: edge ?? after };
}

function sealOf(text: string, { stack, where }: Listing): string {
  return createHash('sha256')
    .update(canonicalJson([stack, where, text]))
    .digest('hex')
    .slice(0, 16);
}

const badCursor = () =>
  new Refusal('malformed', {
    errors: { cursor: ['is not one that was given for this stack and this query. Start again without it.'] },
  });
