export interface RouteMatch<T> {
  /** `GET /v3/stacks/{uid}`, or `$default` */
  readonly routeKey: string;
  readonly target: T;
  /** decoded */
  readonly pathParameters: Readonly<Record<string, string>>;
}
export type FindRoute<T> = (method: string, segments: readonly string[]) => RouteMatch<T> | undefined;

interface Route<T> {
  readonly routeKey: string;
  readonly target: T;
  readonly method: string;
  readonly pattern: readonly string[];
}

const ROUTE_KEY = /^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/(.*)$/;
const VARIABLE = /^\{([\w.:-]+)(\+?)\}$/;

/**
 * Finds the route as an HTTP API does: a full match before a greedy one before `$default`; in each, a literal segment
 * before a variable, from left to right, and a route's own method before ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 * @throws when a key is none that API Gateway would take
 */
export function routeTable<T>(targets: ReadonlyMap<string, T>): FindRoute<T> {
  const fallback = targets.get('$default');
  const routes = [...targets]
    .filter(([routeKey]) => routeKey !== '$default')
    .map(([routeKey, target]) => routeOf(routeKey, target))
    .sort((a, b) => compare(rank(a), rank(b)));
  return (method, segments) => {
    for (const route of routes) {
      const pathParameters =
        route.method === method || route.method === 'ANY' ? match(route.pattern, segments) : undefined;
      if (pathParameters) return { routeKey: route.routeKey, target: route.target, pathParameters };
    }
    return fallback && { routeKey: '$default', target: fallback, pathParameters: {} };
  };
}

function routeOf<T>(routeKey: string, target: T): Route<T> {
  const [, method, path] = ROUTE_KEY.exec(routeKey) ?? [];
  const pattern = path?.split('/') ?? [];
  const isMisplaced = (segment: string, at: number) =>
    /[{}]/.test(segment) && (!VARIABLE.test(segment) || (isGreedy(segment) && at < pattern.length - 1));
  if (method === undefined || pattern.some(isMisplaced)) {
    throw new Error(`"${routeKey}" is not a route key: METHOD /path/{variable}, with {variable+} only at its end`);
  }
  return { routeKey, target, method, pattern };
}

function isGreedy(segment: string | undefined): boolean {
  return segment?.endsWith('+}') ?? false;
}

/** Sorts first what is preferred; a longer literal beginning comes before a shorter one. */
function rank({ method, pattern }: Route<unknown>): readonly string[] {
  const segments = pattern.map((segment) => (isGreedy(segment) ? '2' : segment.startsWith('{') ? '1' : '0')).join('');
  return [isGreedy(pattern.at(-1)) ? '1' : '0', segments, method === 'ANY' ? '1' : '0'];
}

function compare(a: readonly string[], b: readonly string[]): number {
  return a.map((part, at) => part.localeCompare(b[at] ?? '')).find((order) => order !== 0) ?? 0;
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const hasGreedy = isGreedy(pattern.at(-1));
  if (hasGreedy ? segments.length < pattern.length : segments.length !== pattern.length) return undefined;
  const found: [string, string][] = [];
  for (const [at, expected] of pattern.entries()) {
    const [, name, greedy] = VARIABLE.exec(expected) ?? [];
    const actual = greedy ? segments.slice(at).join('/') : (segments[at] ?? '');
    if (name === undefined ? actual !== expected : actual === '') return undefined;
    if (name !== undefined) found.push([name, actual]);
  }
  return Object.fromEntries(found);
}
