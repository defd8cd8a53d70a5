import { expect, test } from 'vitest';
import { routeTable } from '../../../../local/services/api-gateway/http-routes.ts';

const keys = [
  '$default',
  'GET /',
  'GET /tokens',
  'POST /tokens',
  'ANY /tokens',
  'GET /tokens/{uid}',
  'ANY /tokens/{uid}',
  'GET /tokens/special',
  'GET /tokens/{uid}/sessions',
  'DELETE /tokens/{uid}/sessions/{session}',
  'GET /{anything}/special',
  'GET /files/{path+}',
  'GET /files/docs/{path+}',
  'GET /{a}/{b}',
];
const find = routeTable(new Map(keys.map((key) => [key, key])));
const route = (method: string, path: string) => find(method, path.slice(1).split('/'));

test.each([
  ['GET', '/', 'GET /', {}],
  ['GET', '/tokens', 'GET /tokens', {}],
  ['POST', '/tokens', 'POST /tokens', {}],
  ['PUT', '/tokens', 'ANY /tokens', {}],
  ['GET', '/tokens/blt1', 'GET /tokens/{uid}', { uid: 'blt1' }],
  ['PUT', '/tokens/blt1', 'ANY /tokens/{uid}', { uid: 'blt1' }],
  ['GET', '/tokens/special', 'GET /tokens/special', {}],
  ['PUT', '/tokens/special', 'ANY /tokens/{uid}', { uid: 'special' }],
  ['GET', '/tokens/blt1/sessions', 'GET /tokens/{uid}/sessions', { uid: 'blt1' }],
  ['DELETE', '/tokens/blt1/sessions/s1', 'DELETE /tokens/{uid}/sessions/{session}', { uid: 'blt1', session: 's1' }],
  ['GET', '/other/special', 'GET /{anything}/special', { anything: 'other' }],
  ['GET', '/files/a', 'GET /{a}/{b}', { a: 'files', b: 'a' }],
  ['GET', '/files/a/b/c', 'GET /files/{path+}', { path: 'a/b/c' }],
  ['GET', '/files/docs/b/c', 'GET /files/docs/{path+}', { path: 'b/c' }],
  ['GET', '/files/', '$default', {}],
  ['GET', '/tokens/', '$default', {}],
  ['GET', '/tokens//sessions', '$default', {}],
  ['GET', '/Tokens', '$default', {}],
  ['DELETE', '/unknown', '$default', {}],
])('%s %s goes to %s', (method, path, routeKey, pathParameters) => {
  expect(route(method, path)).toEqual({ routeKey, target: routeKey, pathParameters });
});

test('nothing is found without a default route', () => {
  expect(routeTable(new Map([['GET /a', 1]]))('GET', ['b'])).toBeUndefined();
});

test.each(['GET', 'get /a', 'FETCH /a', 'GET a', 'GET /{a', 'GET /{a+}/b', 'GET /x{a}'])(
  '%s is refused at start',
  (key) => {
    expect(() => routeTable(new Map([[key, 1]]))).toThrow(/is not a route key/);
  },
);
