import type { Context } from 'aws-lambda';
import { beginInvocation } from './deadline.ts';

/**
 * Makes a deployed handler of a factory and of the runtime's dependencies, both at the first invocation: importing an entry point
 * reads no environment and opens nothing.
 */
export function fromRuntime<D, E, C extends Pick<Context, 'getRemainingTimeInMillis'>, R>(
  createHandler: (dependencies: D) => (event: E, context: C) => Promise<R>,
  dependencies: () => D,
): (event: E, context: C) => Promise<R> {
  let handler: ((event: E, context: C) => Promise<R>) | undefined;
  return async (event, context) => {
    beginInvocation(context.getRemainingTimeInMillis());
    handler ??= createHandler(dependencies());
    return await handler(event, context);
  };
}
