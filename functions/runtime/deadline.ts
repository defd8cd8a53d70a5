/** When the invocation under way is ended from outside. An instance of a function has one invocation at a time. */
let endsAt = Number.POSITIVE_INFINITY;

/** @param remainingMs as Lambda's context tells it: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export function beginInvocation(remainingMs: number): void {
  // Not `Date`: a clock that is set meanwhile would move the end.
  endsAt = performance.now() + remainingMs;
}

/** Whether the invocation goes on for that long yet. Always where none has begun. */
export function hasTimeFor(ms: number): boolean {
  return endsAt - performance.now() >= ms;
}
