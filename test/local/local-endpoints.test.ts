import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClock } from '../../local/clock.ts';
import { type Home, openHome } from '../../local/home.ts';
import { localEndpoints } from '../../local/local-endpoints.ts';

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(path.join(tmpdir(), 'tokenward-local-')));
});
afterEach(() => {
  home.close();
  rmSync(home.directory, { recursive: true });
});

const up = async () => 'up';
const down = async () => {
  throw new Error('not there');
};
function ask(routeKey: string, json?: unknown, parts: Record<string, () => Promise<unknown>> = {}) {
  return localEndpoints({ clock: openClock(home), parts }).get(routeKey)?.({
    pathParameters: {},
    query: new URLSearchParams(),
    headers: {},
    json,
  });
}

test('health is 200 when every part is up', async () => {
  expect(await ask('GET /_local/health', undefined, { engine: up, issuer: up })).toEqual({
    status: 200,
    json: { parts: { engine: 'up', issuer: 'up' } },
  });
});

test('health is 503, names the part that is down, and says why', async () => {
  expect(await ask('GET /_local/health', undefined, { engine: down, issuer: up })).toEqual({
    status: 503,
    json: { parts: { engine: 'down', issuer: 'up' }, reasons: { engine: 'not there' } },
  });
});

test('the clock is shown, and moved by a duration or to an instant', async () => {
  expect(await ask('POST /_local/clock', { advance: 'P7D' })).toMatchObject({ json: { now: expect.any(String) } });
  expect(await ask('POST /_local/clock', { to: '2999-01-01T00:00:00Z' })).toMatchObject({
    json: { now: expect.stringMatching(/^2999-01-01/) },
  });
  expect(await ask('GET /_local/clock')).toMatchObject({ json: { now: expect.stringMatching(/^2999-01-01/) } });
});

test.each([
  [undefined],
  [null],
  [[]],
  [{}],
  [{ advance: 7 }],
  [{ advance: 'P1D', to: '2999-01-01T00:00:00Z' }],
  [{ advance: 'P1M' }],
  [{ to: 'tomorrow' }],
  [{ to: '1999-01-01T00:00:00Z' }],
])('a move by %j is a 400 that says what to do', async (json) => {
  expect(await ask('POST /_local/clock', json)).toEqual({
    status: 400,
    json: { message: expect.stringMatching(/P7D|2027|--fresh/) },
  });
});
