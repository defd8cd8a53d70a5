import fc from 'fast-check';
import { routes } from '../../../functions/http/chain/routes.ts';
import { kindOf, type OddRequest, requestsOf } from './kind.ts';

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;
/** Every path of the table with something in the place of its variables. */
const paths = [...new Set(Object.values(routes).flat())]
  .flatMap((key) => key.split(' ').slice(1))
  .map((path) => path.replaceAll(/\{\w+\}/g, 'blt00000000000000ff'));

const asked = (path: string): readonly OddRequest[] =>
  methods.map((method) => ({ route: `${method} ${path}`, headers: { api_key: 'MINE' }, body: '', field: /./ }));
/** A path with one of its inner slashes written in another way. */
const withSlash = (...written: readonly string[]) =>
  fc.tuple(fc.constantFrom(...paths), fc.nat(5), fc.constantFrom(...written)).map(([path, at, slash]) => {
    const [first = '', ...rest] = path.slice(1).split('/');
    const cut = at % Math.max(1, rest.length);
    return rest.length === 0
      ? `/${first}${slash}`
      : `/${[first, ...rest.slice(0, cut)].join('/')}${slash}${rest.slice(cut).join('/')}`;
  });
const withEnd = (...ends: readonly string[]) =>
  fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...ends)).map((parts) => parts.join(''));
const refused = (some: fc.Arbitrary<string>) => requestsOf(some, asked, 'be refused');

/** Over HTTP only: a gateway finds a route by the path as it was sent, and hands on the path as it reads. */
export const oddPaths = kindOf({
  'an encoded slash': refused(withSlash('%2f', '%2F')),
  'a slash that is encoded twice': refused(withSlash('%252f')),
  'a backslash': refused(withSlash('%5c', '%5C')),
  'two slashes': refused(withSlash('//', '/%2f', '%2f%2f')),
  'a slash at the end': refused(withEnd('/', '%2f', '//')),
  'something behind the path': refused(withEnd('%00', '%20', '%0a', ';x=1', '%3fx=1', '%23', '.json', '%e2%80%8b')),
  'dots for a part of the path': refused(withSlash('/%252e%252e/', '/%2e%2e%2f', '/.%2f')),
  capitals: refused(fc.constantFrom(...paths).map((path) => path.toUpperCase())),
});
