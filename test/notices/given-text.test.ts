import { expect, it } from 'vitest';
import { inSubject, oneLine } from '../../functions/notices/given-text.ts';

it.for([
  ['as it is', 'deploy', 'deploy'],
  ['as it is where it is as long as it may be', 'x'.repeat(254), 'x'.repeat(254)],
  ['with its end left out where it is longer', 'x'.repeat(255), `${'x'.repeat(253)}…`],
  ['counted in characters', '\u{1f511}'.repeat(254), '\u{1f511}'.repeat(254)],
] as const)('words that somebody chose are shown %s', ([, text, shown]) => {
  expect(oneLine(text)).toBe(shown);
});

it('a subject has 50 of their characters', () => {
  expect(inSubject('x'.repeat(50))).toBe('x'.repeat(50));
  expect(inSubject('x'.repeat(51))).toBe(`${'x'.repeat(49)}…`);
});
