import { describe, expect, it } from 'vitest';
import { type AuthorizeDependencies, authorizer } from '../../functions/http/oauth/authorize.ts';
import { unavailable } from '../../functions/values/refusals.ts';
import { digestOf, mintTokenValue } from '../../functions/values/token-value.ts';
import { keepErrorLines } from '../support/error-lines.ts';
import { tokenLike } from '../tokens/token-like.ts';

const stack = 'blt00000000000000a1';
const value = mintTokenValue('blt0123456789abcdef', (bytes) => new Uint8Array(bytes));
const token = tokenLike({ digest: digestOf(value) });
const needs = { 'GET /a': { module: 'entry', access: 'read' } };

/** The authorizer over a storage with one token; the number of its reads beside it. */
function over(deps: Partial<AuthorizeDependencies> = {}) {
  const reads: unknown[] = [];
  const authorize = authorizer({
    credentials: {
      find: async (wanted) => {
        reads.push(wanted);
        return { token, session: null, branch: { name: 'main', aliases: [] } };
      },
    },
    uses: { used: async () => {}, refused: async () => {}, usedDead: async () => {} },
    windows: { admit: async () => null },
    now: () => new Date('2026-06-01T00:00:00Z'),
    protection: { stack: null, needs },
    ...deps,
  });
  const ask = (routeKey = 'GET /a', headers: Record<string, string> = { authorization: value, api_key: stack }) =>
    authorize({ routeKey, headers, requestContext: { http: { sourceIp: '192.0.2.1' } } });
  return { ask, reads };
}

describe('the authorizer', () => {
  it('admits a good token, and tells whose it is', async () => {
    expect(await over().ask()).toEqual({ isAuthorized: true, context: { token_uid: token.uid, api_key: stack } });
  });

  it.each(['GET /b', 'POST /a', '$default', 'constructor', '__proto__'])(
    'admits nobody to a route whose need nobody said (%s), and reads nothing',
    async (routeKey) => {
      const { ask, reads } = over();
      await expect(ask(routeKey)).rejects.toThrow(`Nobody has said what ${routeKey} needs.`);
      expect(reads).toEqual([]);
    },
  );

  it('admits tokens of the one stack that the API is for, whichever the caller names', async () => {
    const others = over({ protection: { stack: 'blt00000000000000a2', needs } });
    for (const named of [stack, 'blt00000000000000a2'])
      expect(await others.ask('GET /a', { authorization: value, api_key: named })).toEqual({ isAuthorized: false });
    expect(await over({ protection: { stack, needs } }).ask()).toMatchObject({ isAuthorized: true });
    const twice = { authorization: value, api_key: stack, 'x-stack-api-key': 'blt00000000000000a2' };
    expect(await over({ protection: { stack, needs } }).ask('GET /a', twice)).toEqual({ isAuthorized: false });
  });

  it.each([{}, { authorization: '' }, { authorization: value }])(
    'admits nobody with the headers %j',
    async (headers) => {
      expect(await over().ask('GET /a', headers)).toEqual({ isAuthorized: false });
    },
  );

  it.each([
    ['storage cannot answer', unavailable(new Error(value))],
    ['something breaks', new Error(value)],
  ])('says neither yes nor no when %s, and nothing of the value', async (_, error) => {
    const { ask } = over({ credentials: { find: () => Promise.reject(error) } });
    const errors = keepErrorLines();
    await expect(ask()).rejects.toThrow(/^The verification could not be made\.$/);
    expect(errors).toEqual([expect.stringContaining('"message":"a caller was neither admitted nor refused"')]);
    expect(errors.join()).not.toContain(value);
  });

  it.each([
    ['no need of a route', { stack: null, needs: { 'GET /a': {} } }],
    ['a module that there is not', { stack: null, needs: { 'GET /a': { module: 'entrys', access: 'read' } } }],
    ['no stack', { needs }],
    ['nothing', null],
  ])('does not start when it is told %s', (_, protection) => {
    expect(() => over({ protection })).toThrow();
  });
});
