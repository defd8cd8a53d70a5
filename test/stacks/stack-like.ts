import type { Stack } from '../../functions/stacks/stack.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

/** The stack of `tokenLike`, with the default settings, but for what is given. */
export function stackLike(facts: Partial<Stack> = {}): Stack {
  return {
    api_key: tokenLike().api_key,
    org_uid: '',
    name: 'Web',
    description: '',
    master_locale: 'en-us',
    plan: { max_tokens: 30, manage_rate_limits: true },
    settings: { branches: true },
    hygiene: settingsLike(),
    hygiene_version: 1,
    changes: 0,
    created_by: '',
    created_at: '2026-03-01T06:00:00.000Z',
    updated_at: '2026-03-01T06:00:00.000Z',
    ...facts,
  };
}
