import { expect, it } from 'vitest';
import { effectsOf } from '../../console/src/tokens/effects.ts';
import { fieldsOf, newToken, rebased, type TokenForm } from '../../console/src/tokens/token-form.ts';

const form: TokenForm = {
  ...newToken,
  name: 'n',
  accesses: [{ module: '$all', read: true, write: false }],
  allBranches: false,
  branches: ['main'],
  expiresOn: '2030-01-01',
};

const cases: readonly (readonly [what: string, changes: Partial<TokenForm>, narrows: number, widens: number])[] = [
  ['nothing', {}, 0, 0],
  ['Write', { accesses: [{ module: '$all', read: true, write: true }] }, 0, 1],
  ['all branches', { allBranches: true }, 0, 1],
  ['another branch instead', { branches: ['development'] }, 1, 1],
  ['an alias too', { aliases: ['deploy'] }, 0, 1],
  ['a later end', { expiresOn: '2031-01-01' }, 0, 1],
  ['an earlier end', { expiresOn: '2029-12-31T23:59:59+00:00' }, 1, 0],
  ['the same instant in other words', { expiresOn: '2030-01-01T01:00:00+01:00' }, 0, 0],
  ['no end', { expiresOn: null }, 0, 1],
  ['limits', { limits: { read: 1, write: 1 } }, 1, 0],
  ['a name', { name: 'other' }, 0, 0],
];

it.each(cases)(
  '%s: what narrows and what widens is told apart, and back again is the other way round',
  (_, changes, narrows, widens) => {
    const after = { ...form, ...changes };
    const there = effectsOf(form, after);
    const back = effectsOf(after, form);
    expect([there.narrows.length, there.widens.length]).toEqual([narrows, widens]);
    expect([back.narrows.length, back.widens.length]).toEqual([widens, narrows]);
  },
);

it('sends only what was changed', () => {
  expect(fieldsOf({ ...form, name: 'other' }, form)).toEqual({ name: 'other' });
  expect(fieldsOf(form, form)).toEqual({});
});

it('keeps what was typed over what others saved, and takes the rest from them', () => {
  const theirs = { ...form, name: 'theirs', description: 'theirs' };
  const mine = { ...form, description: 'mine' };
  expect(rebased(mine, form, theirs)).toEqual({ ...theirs, description: 'mine' });
});
