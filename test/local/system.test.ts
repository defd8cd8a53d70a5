import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../local/home.ts';
import { closeServer, listen, PortTaken } from '../../local/loopback.ts';
import { startSystem } from '../../local/system.ts';
import { synthesizeIfChanged } from '../../local/template/synthesize.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');
let home: string;
let assembly: string;
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'tokenward-system-'));
  assembly = await synthesizeIfChanged(projectRoot);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true }));

test('the synthesized template answers, and a moved clock holds for its functions at once', async () => {
  const system = await startSystem({ home, assembly });
  try {
    const authtoken = await system.issuer.mintForPerson('owner');
    const list = () => fetch(`${system.endpoint}/v3/stacks`, { headers: { authtoken } });
    const local = (call: string, init?: RequestInit) => fetch(`${system.endpoint}/_local/${call}`, init);
    expect((await local('health')).status).toBe(200);
    expect((await list()).status).toBe(200);
    const moved = await local('clock', { method: 'POST', body: '{"advance":"P1D"}' });
    expect(await moved.json()).toEqual({ now: expect.any(String) });
    expect((await list()).status).toBe(401);
  } finally {
    await system.close();
  }
});

test('a home that is deleted is told of, what runs goes on, and it can be stopped', async () => {
  const lost = mkdtempSync(path.join(tmpdir(), 'tokenward-lost-'));
  const lines: string[] = [];
  const system = await startSystem({ home: lost, assembly, log: (line) => lines.push(line) });
  try {
    const health = async () => (await fetch(`${system.endpoint}/_local/health`)).json();
    expect(await health()).toMatchObject({ parts: { home: 'up' } });
    rmSync(lost, { recursive: true });
    const answer = await fetch(`${system.endpoint}/_local/health`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      parts: { home: 'down' },
      reasons: { home: expect.stringContaining(`${lost} was deleted`) },
    });
    const authtoken = await system.issuer.mintForPerson('owner');
    const stacks = await fetch(`${system.endpoint}/v3/stacks`, { headers: { authtoken } });
    expect([200, 503]).toContain(stacks.status);
    // Another start may have taken the place: that home is not ours either.
    openHome(lost).close();
    writeFileSync(path.join(lost, 'owner.json'), JSON.stringify({ pid: 1 }));
    expect(await health()).toMatchObject({ parts: { home: 'down' } });
  } finally {
    await system.close();
    rmSync(lost, { recursive: true, force: true });
  }
  expect(lines).toEqual([]);
});

test('a port that is taken is told of before anything is forgotten or started', async () => {
  const squatter = createServer();
  await listen(squatter, 0);
  const { port } = squatter.address() as AddressInfo;
  const before = openHome(home);
  before.writeJson('kept.json', 'kept');
  before.close();
  await expect(startSystem({ home, assembly, port, fresh: true })).rejects.toThrow(PortTaken);
  await closeServer(squatter);
  expect(existsSync(path.join(home, 'engine.db.pid'))).toBe(false);
  const after = openHome(home);
  expect(after.readJson('kept.json')).toBe('kept');
  after.close();
});

test('when the seeds, which come last, fail, everything is stopped', async () => {
  const seed = async () => {
    throw new Error('no seeds today');
  };
  await expect(startSystem({ home, assembly, seed })).rejects.toThrow('no seeds today');
  expect(existsSync(path.join(home, 'engine.db.pid'))).toBe(false);
  openHome(home).close();
});

test('a missing engine is told of, and nothing is left running', async () => {
  const env = { DYNOXIDE_BIN: path.join(home, 'no-such-binary') };
  await expect(startSystem({ home, assembly, env })).rejects.toThrow(/npm install --no-save @dynoxide/);
  openHome(home).close();
});
