import { describe, expect, it } from 'vitest';
import { routes } from '../../functions/http/chain/routes.ts';
import { openApiDocument } from '../../functions/http/openapi/openapi-document.ts';
import { committed, operations, parametersOf, requireDescribed } from '../support/described-answers.ts';
import { contract } from './endpoint-contracts.ts';
import { outcomesByRole } from './outcomes-by-role.ts';

const callable = Object.values(routes)
  .flat()
  .filter((route) => route !== '$default');

describe('openapi.json', () => {
  it('is what the schemas say now: `npm run openapi` writes it anew', () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('has every route of the table that the template is made from, and no other', () => {
    expect([...operations.keys()].sort()).toEqual([...callable].sort());
  });

  it.each(callable)('%s has every status that it can answer', (route) => {
    const byCase = Object.keys(contract[route].answers).map((outcome) => outcome.split('/')[0]);
    const answered = [...byCase, ...outcomesByRole[route].map(String)];
    // How often somebody may call, and what they have already, is not wrong with a request: `rate-limits.test.ts`, `openapi-served.test.ts`.
    const byOthers = ['429', '304'];
    const described = Object.keys(operations.get(route)?.responses ?? {}).filter(
      (status) => !byOthers.includes(status),
    );
    expect(described.sort()).toEqual([...new Set(answered)].sort());
  });

  it('has a name for every operation, which no other has and which reads as a function does', () => {
    const names = callable.map((route) => operations.get(route)?.operationId);
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]+)+$/.test(name ?? ''))).toEqual([]);
    expect(new Set(names).size).toBe(callable.length);
    // Some that generated clients have. A name is part of the contract.
    expect(operations.get('POST /v3/stacks/management_tokens')?.operationId).toBe('createManagementToken');
    expect(operations.get('DELETE /v3/stacks/management_tokens/{uid}')?.operationId).toBe('deleteManagementToken');
    expect(operations.get('POST /oauth2/introspect')?.operationId).toBe('introspectToken');
  });

  it.each(callable)('%s requires api_key where an answer without it is a refusal, and only there', (route) => {
    const { answers } = contract[route];
    const withoutStack = Object.keys(answers).find((outcome) => answers[outcome]?.includes('no api_key'));
    const isRefused = withoutStack !== undefined && !withoutStack.startsWith('2');
    const given = parametersOf(route).filter(({ name }) => name === 'api_key');
    expect(given.some(({ required }) => required === true)).toBe(isRefused);
  });

  it('refers to nothing that it does not have', () => {
    const references = [...JSON.stringify(committed).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(references.length).toBeGreaterThan(100);
    for (const path of new Set(references)) expect(committed, path).toHaveProperty(path.split('/'));
  });

  it.each([
    ['a status that is not described', 418, {}],
    ['a field that is not described', 200, { token: {}, more: 1 }],
    ['an answer without its fields', 200, {}],
  ])('holds answers to it: %s is found', (_, status, body) => {
    const reply = { status, body, headers: new Headers({ 'x-request-id': 'x' }) };
    expect(() => requireDescribed('GET', '/v3/stacks/management_tokens/blt1?x=y', reply)).toThrow('openapi.json');
  });
});
