import { blankSettings } from '../../functions/tokens/create-token.ts';
import type { Token } from '../../functions/tokens/token.ts';

/** A token that may do everything and never expires, but for what is given. */
export function tokenLike(facts: Partial<Token> = {}): Token {
  return {
    uid: 'blt0123456789abcdef',
    api_key: 'blt00000000000000a1',
    org_uid: 'blt00000000000000ff',
    state: 'live',
    digest: '0'.repeat(64),
    digest_algorithm: 'sha256',
    hint: 'abcd',
    version: 1,
    epoch: 1,
    next: null,
    armed_under: 1,
    created_by: 'blt00000000000000b1',
    updated_by: 'blt00000000000000b1',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    ...blankSettings,
    name: 'ci-deploy',
    scope: [
      { module: '$all', acl: { read: true, write: true } },
      { module: 'branch', branches: ['$all'], acl: { read: true } },
    ],
    expires_on: facts.expires_at ?? null,
    ...facts,
  };
}
