/** How long one attempt of a request may take, in milliseconds. */
const connectionTimeout = 1000;
const requestTimeout = 2000;
/** One attempt, and time to answer after it. */
const attemptMs = connectionTimeout + requestTimeout + 1000;

/** The invocation has too little time left for another attempt of a request. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';

  constructor() {
    super('There was no time left for another request.');
  }
}

/** What all clients are made with. An attempt that stalls is given up and sent again: three attempts of 2 s. */
export const clientLimits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
} as const;

/** Where the guard below stands: after the middleware that repeats attempts, so that each of them is asked about. */
export const atEachAttempt = { step: 'finalizeRequest', priority: 'low', name: 'withinInvocation' } as const;

/**
 * Has a client begin no attempt that could outlast the invocation. Many calls and their pauses can add up to more than its time;
 * this way the caller still gets our answer, not the gateway's.
 */
export const withinInvocation =
  (hasTimeFor: (ms: number) => boolean) =>
  <A, R>(next: (args: A) => Promise<R>) =>
  async (args: A): Promise<R> => {
    if (!hasTimeFor(attemptMs)) throw new OutOfTime();
    return await next(args);
  };

/**
 * The place and name of the SDK's middleware that sends a request again. A command that adds `passOn` there is sent once, whatever
 * its client does with others.
 * https://github.com/smithy-lang/smithy-typescript/blob/main/packages/middleware-retry/src/retryMiddleware.ts
 */
export const insteadOfRetries = {
  name: 'retryMiddleware',
  step: 'finalizeRequest',
  priority: 'high',
  override: true,
} as const;

export const passOn = <A, R>(next: (args: A) => Promise<R>) => next;
