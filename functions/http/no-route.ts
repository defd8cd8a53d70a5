import { Refusal } from '../refusals.ts';
import type { Endpoint } from './endpoint.ts';
import { routes } from './routes.ts';

/** `$default`: what no route matches. Says which methods there are where only the method is wrong. */
export const noRouteEndpoint = (): Endpoint => ({
  failed: 'There is no such route.',
  handle: async ({ event }) => {
    const methods = methodsOf(event.rawPath);
    // Not the path: a value that was put into it by mistake would come back in an error.
    if (methods.length === 0) throw new Refusal('no-route');
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
