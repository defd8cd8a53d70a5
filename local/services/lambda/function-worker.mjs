// @ts-check
/**
 * Runs one Lambda function in a thread of its own: what Lambda's Node.js runtime does, one event at a time. It is JavaScript, because what
 * strips types from TypeScript takes 10 MB and 20 ms in every thread.
 */
import { parentPort, workerData } from 'node:worker_threads';

/** @import { FromWorker, FunctionError, Invocation, WorkerSetup } from './function-sandbox.ts' */
/** @typedef {(event: unknown, context: object) => unknown} Handler */

/** @type {WorkerSetup} */
const setup = workerData;
const port = parentPort;
if (!port)
  throw new Error(
    'local/services/lambda/function-worker.mjs runs as a worker of local/services/lambda/function-sandbox.ts',
  );
moveDate(setup.offset);

/** @param {FromWorker} message */
const send = (message) => port.postMessage(message);
try {
  const handler = await loadHandler(setup);
  port.on('message', async (invocation) => send(await answer(handler, invocation)));
  send('ready');
} catch (error) {
  send({ error: describe(error) });
}

/**
 * Replaces the thread's `Date`, and nothing else: timers and `performance` keep the machine's time. `Date.prototype` is
 * kept, so that `instanceof` holds for dates that were made before or by the runtime.
 * @param {SharedArrayBuffer} shared
 */
function moveDate(shared) {
  const offset = new BigInt64Array(shared);
  const RealDate = Date;
  const machineNow = RealDate.now.bind(RealDate);
  const now = () => machineNow() + Number(Atomics.load(offset, 0));
  RealDate.now = now;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  });
  RealDate.prototype.constructor = globalThis.Date;
}

/**
 * @param {WorkerSetup} setup
 * @returns {Promise<Handler>}
 */
async function loadHandler({ module, exportName }) {
  const handler = (await import(module))[exportName];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${exportName} is not exported`);
  // Node.js 24 on Lambda has no callback handlers: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  if (handler.length > 2)
    throw named('Runtime.CallbackHandlerDeprecated', 'the handler must be async, without callback');
  return handler;
}

/**
 * @param {Handler} handler
 * @param {Invocation} invocation
 * @returns {Promise<FromWorker>}
 */
async function answer(handler, { event, requestId, limitMs }) {
  try {
    const result = await handler(JSON.parse(event), contextOf(requestId, limitMs));
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    console.error(requestId, error);
    return { error: describe(error) };
  }
}

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 * @param {string} awsRequestId
 * @param {number} limitMs
 */
function contextOf(awsRequestId, limitMs) {
  const end = performance.now() + limitMs;
  return {
    ...setup.context,
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())),
  };
}

/**
 * @param {string} name
 * @param {string} message
 */
function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/**
 * @param {unknown} error
 * @returns {FunctionError}
 */
function describe(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}
