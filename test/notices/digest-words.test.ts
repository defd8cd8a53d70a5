import { describe, expect, it } from 'vitest';
import { renderDigest } from '../../functions/notices/digest-mail.ts';
import { inSubject, oneLine } from '../../functions/notices/given-text.ts';
import { digest, entry, later, now } from './digest-like.ts';

describe('a mail', () => {
  it.each([
    [[entry()], '1 token needs your attention. It is in use.'],
    [[entry({ in_use: false })], '1 token needs your attention. It is not in use.'],
    [[entry({ in_use: false }), later], '2 tokens need your attention, none of them in use.'],
    [[entry(), entry(), later], '3 tokens need your attention, 2 of them in use.'],
  ])('begins with how many there are: %#', (entries, attention) => {
    expect(renderDigest(digest(entries)).text.split('\n\n')[1]).toBe(attention);
  });

  it.each([
    ['Expired while in use', entry({ what: 'expired' })],
    ['Expire within a day', entry({ expires_at: '2026-11-23T08:00:00.000Z' })],
    ['Expire within 7 days', entry({ expires_at: '2026-11-23T08:00:00.001Z' })],
    ['Expire within 7 days', entry({ expires_at: '2026-11-29T08:00:00.000Z' })],
    ['Expire later', entry({ expires_at: '2026-11-29T08:00:00.001Z' })],
    ['Expired', entry({ what: 'expired', in_use: false })],
    ['Clean-up held back', entry({ what: 'cleanup_held_back' })],
  ])('tells under the heading %s', (heading, one) => {
    expect(
      renderDigest(digest([one]))
        .text.split('\n\n')[2]
        ?.split('\n')[0],
    ).toBe(heading);
  });

  it.each([
    ['Expired', entry({ expires_at: now.toISOString() })],
    ['Expires', entry({ expires_at: '2026-11-22T08:00:00.001Z' })],
  ])('says that it %s', (word, one) => {
    expect(renderDigest(digest([one])).text).toContain(`  ${word}: Sun 22 Nov 2026`);
  });

  it('names a client that has no name', () => {
    const one = entry({ last_use: { at: '2026-11-22T07:59:30.000Z', client: '' } });
    expect(renderDigest(digest([one])).text).toContain('UTC), by a client without a name\n');
  });
});

it.for([
  ['as it is', 'deploy', 'deploy'],
  ['as it is where it is as long as it may be', 'x'.repeat(254), 'x'.repeat(254)],
  ['with its end left out where it is longer', 'x'.repeat(255), `${'x'.repeat(253)}…`],
  ['counted in characters', '\u{1f511}'.repeat(254), '\u{1f511}'.repeat(254)],
] as const)('words that somebody chose are shown %s', ([, text, shown]) => {
  expect(oneLine(text)).toBe(shown);
});

it.for([
  ['on one line', ' a \n\t b\u2028c ', 'a b c'],
  ['without what turns the words around them', '\u202ea\u2066b', 'ab'],
] as const)('words that somebody chose are shown %s', ([, text, shown]) => {
  expect(oneLine(text)).toBe(shown);
});

it('a subject has 50 of their characters', () => {
  expect(inSubject('x'.repeat(50))).toBe('x'.repeat(50));
  expect(inSubject('x'.repeat(51))).toBe(`${'x'.repeat(49)}…`);
});
