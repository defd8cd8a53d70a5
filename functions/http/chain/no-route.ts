import { Refusal } from '../../values/refusals.ts';
import type { Endpoint } from './endpoint.ts';
import { routes } from './routes.ts';

/** `$default`: what no route matches. Says which methods there are where only the method is wrong. */
export const noRouteEndpoint = (): Endpoint => ({
  failed: 'There is no such route.',
  handle: async ({ event }) => {
    const methods = methodsOf(event.rawPath);
    // The gateway finds routes by the path as it was sent, and hands on the decoded one (`/v3%2fstacks` as `/v3/stacks`). Where that
    // has a route for this method, the path that was sent has none. The path is not repeated: it may hold a value by mistake.
    if (methods.length === 0 || methods.includes(event.requestContext.http.method)) throw new Refusal('no-route');
    const allow = methods.join(', ');
    throw new Refusal('method-not-allowed', { detail: `This route knows ${allow}.`, headers: { allow } });
  },
});

function methodsOf(path: string): readonly string[] {
  const keys = Object.values(routes).flat();
  const found = keys.flatMap((key) => {
    const [method = '', pattern] = key.split(' ');
    return pattern && matches(pattern, path) ? [method] : [];
  });
  return [...new Set(found)].sort();
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === given[index] || (part.startsWith('{') && given[index] !== ''))
  );
}
