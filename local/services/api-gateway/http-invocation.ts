import { randomUUID } from 'node:crypto';
import { environmentOf } from '../../template/resource-properties.ts';
import type { LocalStack } from '../../template/template.ts';
import { ABANDONED, type InvocationResult, THROTTLED } from '../lambda/function-pool.ts';
import type { Functions } from '../lambda/functions.ts';
import type { HttpResponse } from './http-payload.ts';

/** Who waits for an answer: aborted when they have gone, and when the gateway waits no longer. */
export type Caller = AbortController;

export interface Question {
  /** of the function */
  readonly logicalId: string;
  readonly event: object;
  /** how long it may take, its waiting included */
  readonly limitMs: number;
  readonly caller: Caller;
}

/** The function was not begun, or has not ended in time. The message is for the caller. */
export class FunctionUnavailable extends Error {
  override readonly name = 'FunctionUnavailable';
}

/**
 * Asks a function for a caller. What has begun when they give up, or when the time is over, runs to its end, as on Lambda.
 * @throws {FunctionUnavailable}
 */
export async function ask(
  functions: Pick<Functions, 'invoke'>,
  { logicalId, event, limitMs, caller }: Question,
): Promise<InvocationResult> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => {
    caller.abort();
    // Where it has not begun the pool says so, and that is the better answer.
    setImmediate(() => late.resolve('late'));
  }, limitMs);
  const result = await Promise.race([functions.invoke(logicalId, event, caller.signal), late.promise]);
  clearTimeout(timer);
  if (result === 'late')
    throw new FunctionUnavailable('The answer takes too long. The request may still be carried out.');
  if (result === THROTTLED || result === ABANDONED)
    throw new FunctionUnavailable('There are more requests than can be answered. This one was not begun.');
  return result;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * The answer, in the shape in which the product's functions say that they cannot answer. An HTTP API says `{"message":"Service Unavailable"}`
 * when Lambda throttles a function, and when an integration runs out of its time; with this a client can tell when to come again.
 */
export function unavailableResponse({ message: detail }: FunctionUnavailable, stack: LocalStack): HttpResponse {
  const requestId = randomUUID();
  const document = {
    type: `${problemTypesOf(stack)}unavailable`,
    title: 'The service cannot answer now.',
    status: 503,
    detail,
    instance: `urn:uuid:${requestId}`,
    error_message: 'The service cannot answer now. Try again in a moment.',
    error_code: 194,
    errors: {},
  };
  const headers = {
    'content-type': 'application/problem+json',
    'retry-after': String(RETRY_AFTER_SECONDS),
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return { status: document.status, headers, body: JSON.stringify(document) };
}

/** As the product's functions have it; empty in a template without them. */
function problemTypesOf(stack: LocalStack): string {
  const environments = stack.ofType('AWS::Lambda::Function').map(environmentOf);
  return environments.find(({ PROBLEM_TYPES }) => PROBLEM_TYPES)?.PROBLEM_TYPES ?? '';
}
