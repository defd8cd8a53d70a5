import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunningSystem } from '../test/support/running-system.ts';
import { awsVariables, bundleBare, callOf, deployedDoor, httpEvent, presentStack } from './built-handlers.ts';
import { type Bar, block, compare, interleave, type Row, run } from './measure.ts';

const about =
  'Warm invocations, one after the other, of doors as they are bundled, over bare handlers built by the same recipe that ask the same of\n' +
  'storage by the same client: time at the median of a block, and CPU time for each call. The engine is asked directly.';

/** Short blocks, so that both sides of a round meet the same weather. */
const calls = 20;

async function measureWarm(rounds: number, sizes: Readonly<Record<string, number>>): Promise<readonly Row[]> {
  await presentStack({});
  const directory = await mkdtemp(path.join(tmpdir(), 'tokenward-bench-'));
  const running = await RunningSystem.start();
  try {
    const samples = await interleave(await warmCalls(running, directory, sizes['warm-up']), rounds);
    const rows = (of: keyof typeof samples, over: keyof typeof samples, bar?: { bar: Bar }): Row[] => [
      compare(samples, { of, over, by: ({ median }) => median, ...bar }),
      compare(samples, { of, over, by: ({ cpu }) => cpu, what: '  the same in CPU time', ...bar }),
    ];
    return [
      ...rows('GET /v3/environments', 'its two reads, bare', { bar: { atMost: 1.2 } }),
      // Without a bar: what it takes beside its read is the check of the service's own JWT.
      ...rows('POST /oauth2/introspect', 'its one read, bare'),
    ];
  } finally {
    await running.stop();
    await rm(directory, { recursive: true });
  }
}

async function warmCalls(running: RunningSystem, directory: string, warmUp = 0) {
  const warmCall = async (module: string, event: object) => {
    const call = await callOf(module, event);
    await block(call, { calls: warmUp });
    return () => block(call, { calls });
  };
  const { system, stack } = running;
  const { uid, value } = await running.createToken();
  const [environments, introspect] = [
    deployedDoor(system.stack, 'http/environments'),
    deployedDoor(system.stack, 'http/introspect'),
  ];
  Object.assign(process.env, environments.variables, introspect.variables, awsVariables(system.engine.endpoint));
  const bare = await bundleBare(directory, 'recipe');
  const bareEvent = { pk: `TOKEN#${uid}`, stack };
  const service = `Bearer ${await running.jwt('resource_server')}`;
  const form = {
    headers: { api_key: stack, authorization: service, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token: value }).toString(),
  };
  const using = httpEvent('GET /v3/environments', { headers: { api_key: stack, authorization: value } });
  return {
    'GET /v3/environments': await warmCall(environments.module, using),
    'its two reads, bare': await warmCall(bare('environment-reads'), bareEvent),
    'POST /oauth2/introspect': await warmCall(introspect.module, httpEvent('POST /oauth2/introspect', form)),
    'its one read, bare': await warmCall(bare('strong-read'), bareEvent),
  };
}

await run({ about, rounds: 200, sizes: { 'warm-up': 1000 }, measure: measureWarm });
