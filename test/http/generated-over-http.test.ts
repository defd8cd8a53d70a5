import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteDrawn } from '../support/drawn.ts';
import { RunningSystem } from '../support/running-system.ts';
import { changesBetween } from '../support/stored-changes.ts';
import type { InProcessRequest } from './doors-in-process.ts';
import { cursors } from './odd/cursors.ts';
import { dates } from './odd/dates.ts';
import { headers } from './odd/headers.ts';
import { jsonStructure } from './odd/json-structure.ts';
import type { GivenRequest } from './odd/kind.ts';
import { limits } from './odd/limits.ts';
import { names } from './odd/names.ts';
import { oddPaths } from './odd/paths.ts';
import { scopes } from './odd/scopes.ts';
import { StackOfTokens } from './odd/stack-of-tokens.ts';
import { values } from './odd/values.ts';

const kinds = [names, dates, scopes, limits, jsonStructure, headers, cursors, values, oddPaths];
const ofEachKind = 63;

describe('whatever is sent over HTTP', () => {
  let tokenward: RunningSystem;
  let value: string;
  beforeAll(async () => {
    tokenward = await RunningSystem.start({ streams: false });
    ({ value } = await tokenward.createToken());
  });
  afterAll(() => tokenward.stop());

  const programs = ['/v3/environments', '/v3/token_sessions'];
  async function credentialsFor(path: string): Promise<Record<string, string>> {
    if (programs.includes(path)) return { authorization: value, api_key: tokenward.stack };
    const jwt = await tokenward.jwt(path.startsWith('/oauth2') ? 'resource_server' : 'owner');
    return path.startsWith('/oauth2') ? { authorization: `Bearer ${jwt}` } : { authtoken: jwt };
  }

  async function send({ route, params = {}, query = '', headers: given, body }: InProcessRequest) {
    const [method = '', path = ''] = route.split(' ');
    const target = `${path.replace('{uid}', encodeURIComponent(params.uid ?? ''))}?${query}`;
    const sent = { ...given, ...(await credentialsFor(path)) };
    return await tokenward.call(method, target, {
      stack: null,
      headers: sent,
      ...(method === 'GET' || !body?.length ? {} : { body }),
    });
  }

  /** Each lane has a stack and a token of its own: only their partitions are compared, because the other lanes go on meanwhile. */
  async function watched<T>({ stack, token }: { stack: string; token: string }, run: () => Promise<T>) {
    const { tokens, audit } = tokenward.operator.tables;
    const parts = [
      [tokens, `STACK#${stack}`],
      [tokens, `TOKEN#${token}`],
      [audit, `STACK#${stack}`],
    ] as const;
    const stored = async () =>
      (await Promise.all(parts.map(([table, pk]) => tokenward.operator.partition(table, pk)))).flat();
    const before = await stored();
    const done = await run();
    return { done, changed: changesBetween(before, await stored()) };
  }

  it('is answered by the contract, and leaves everything consistent', { timeout: 600_000 }, async () => {
    const requests = kinds.flatMap(({ requests }) => fc.sample(requests, ofEachKind));
    expect(requests.length).toBeGreaterThanOrEqual(500);
    noteDrawn(requests.length);
    const found: (GivenRequest & { readonly fault: string })[] = [];
    // Each lane has a stack of its own: changes of one are in each other's way.
    const lane = async () => {
      // What an answer costs is measured in process: here others start, and wait for each other.
      const stack = new StackOfTokens(() => ({ send, watched, invite: async () => null, spent: () => 0 }));
      for (let request = requests.pop(); request; request = requests.pop()) {
        const { fault } = await stack.fault(request);
        if (fault) found.push({ ...request, fault });
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    expect(found).toEqual([]);
    expect(await tokenward.operator.inconsistencies()).toEqual([]);
  });
});
