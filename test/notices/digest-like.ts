/** A digest as tests tell of it. */
import type { Digest, DigestEntry } from '../../functions/notices/digest.ts';

export const now = new Date('2026-11-22T08:00:00Z');
export const entry = (fields: Partial<DigestEntry> = {}): DigestEntry => ({
  uid: 'blt00000000000000aa',
  name: 'deploy',
  hint: 'a1B2',
  what: 'expiring',
  expires_at: '2026-11-23T07:00:00.000Z',
  last_use: { at: '2026-11-22T07:59:30.000Z', client: 'ci runner' },
  in_use: true,
  created_by: 'olivia@example.test',
  cleaned_up_at: '2026-12-23T07:00:00.000Z',
  link: 'https://console.example/tokens/aa?stack=blt99&tab=1',
  ...fields,
});
export const digest = (entries: readonly DigestEntry[], fields: Partial<Digest> = {}): Digest => ({
  stack: { name: 'Acme website', api_key: 'blt0000000000000099' },
  time_zone: 'Europe/Berlin',
  now,
  entries,
  again: false,
  ...fields,
});
export const later = entry({ name: 'report', expires_at: '2026-12-22T08:00:00Z', in_use: false });
export const namesIn = (text: string) => [...text.matchAll(/^\* (.*) \(value/gm)].map(([, name]) => name);
