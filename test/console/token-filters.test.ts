import { expect, it } from 'vitest';
import type { Token } from '../../console/src/api/tokens.ts';
import { tokensWanted } from '../../console/src/tokens/token-filters.ts';
import { tokenView } from '../../functions/http/tokens/token-view.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

type Differing = Partial<Pick<Token, 'expires_at' | 'last_used_at' | 'created_at' | 'created_by' | 'status'>>;

const named = (name: string, differing: Differing = {}): Token => {
  const token = tokenLike({ uid: `cs_uid_${name}`, name, created_by: 'olivia' });
  return { ...tokenView({ token, lastUse: null }, stackLike(), new Date(token.created_at)), ...differing };
};

const sorted = (tokens: readonly Token[], column: string, direction: 'ascending' | 'descending' = 'ascending') =>
  tokensWanted(tokens, { filter: 'all', search: '', sort: { column, direction }, nameOf: (uid) => uid }).map(
    ({ name }) => name,
  );

it('sorts by expiry: what never expires comes last, and first the other way round', () => {
  const tokens = [
    named('never'),
    named('late', { expires_at: '2030-01-01T00:00:00.000Z' }),
    named('soon', { expires_at: '2026-02-01T00:00:00.000Z' }),
  ];
  expect(sorted(tokens, 'expiry')).toEqual(['soon', 'late', 'never']);
  expect(sorted(tokens, 'expiry', 'descending')).toEqual(['never', 'late', 'soon']);
});

it('sorts by last use: what was never used comes first', () => {
  const tokens = [named('lately', { last_used_at: '2026-02-01T00:00:00.000Z' }), named('never')];
  expect(sorted(tokens, 'last_used')).toEqual(['never', 'lately']);
});

it('sorts by creation, and those of one instant by who made them', () => {
  const at = '2026-01-02T00:00:00.000Z';
  const tokens = [named('b', { created_at: at, created_by: 'paul' }), named('a', { created_at: at }), named('first')];
  expect(sorted(tokens, 'created')).toEqual(['first', 'a', 'b']);
});

it('sorts names as people do', () => {
  expect(
    sorted(
      ['b', 'Á', 'a10', 'a9'].map((name) => named(name)),
      'name',
    ),
  ).toEqual(['Á', 'a9', 'a10', 'b']);
});
