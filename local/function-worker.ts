/** Runs one Lambda function in a thread of its own: what Lambda's Node.js runtime does, one event at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, Invocation, WorkerSetup } from './function-sandbox.ts';

type Handler = (event: unknown, context: object) => unknown;

const setup: WorkerSetup = workerData;
const port = parentPort;
if (!port) throw new Error('local/function-worker.ts runs as a worker of local/function-sandbox.ts');
moveDate(setup.offset);

const send = (message: FromWorker) => port.postMessage(message);
try {
  const handler = await loadHandler(setup);
  port.on('message', async (invocation: Invocation) => send(await answer(handler, invocation)));
  send('ready');
} catch (error) {
  send({ error: describe(error) });
}

/**
 * Replaces the thread's `Date`, and nothing else: timers and `performance` keep the machine's time. `Date.prototype` is
 * kept, so that `instanceof` holds for dates that were made before or by the runtime.
 */
function moveDate(shared: SharedArrayBuffer): void {
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

async function loadHandler({ module, exportName }: WorkerSetup): Promise<Handler> {
  const handler = (await import(module))[exportName];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${exportName} is not exported`);
  // Node.js 24 on Lambda has no callback handlers: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  if (handler.length > 2)
    throw named('Runtime.CallbackHandlerDeprecated', 'the handler must be async, without callback');
  return handler;
}

async function answer(handler: Handler, { event, requestId, limitMs }: Invocation): Promise<FromWorker> {
  try {
    const result = await handler(JSON.parse(event), contextOf(requestId, limitMs));
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    console.error(requestId, error);
    return { error: describe(error) };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(awsRequestId: string, limitMs: number): object {
  const end = performance.now() + limitMs;
  return {
    ...setup.context,
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())),
  };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function describe(error: unknown): { errorType: string; errorMessage: string } {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}
