import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findEngine } from '../../local/services/dynamodb/find-engine.ts';
import type { System } from '../../local/system.ts';

/**
 * Ends the engine and starts it again on the same file and port, as after a crash: what it had acknowledged is there, and what it only
 * had in memory (the request tokens of transactions) is gone. @returns what ends the new one
 */
export async function restartEngine({ engine, home }: System): Promise<() => Promise<void>> {
  const found = findEngine({});
  if (!('binary' in found)) throw new Error('There is no engine to restart.');
  await engine.stop();
  const { port } = new URL(engine.endpoint);
  const options = ['serve', '--host', '127.0.0.1', '--port', port, '--db-path', home.path('engine.db')];
  const child = spawn(found.binary, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const [line] = await once(createInterface({ input: child.stderr }), 'line');
  if (!String(line).includes('listening')) throw new Error(`The engine did not start again: ${line}`);
  return async () => {
    child.kill();
    await ended;
  };
}
