import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeServer, listen } from '../../local/loopback.ts';
import { AUDIENCE } from '../../local/people/accounts.ts';
import { RunningSystem } from '../support/running-system.ts';

let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start({ streams: false });
});
afterAll(() => running.stop());

/** Whether the owner may list tokens by a JWT. One request after the other, so that one instance answers all of them. */
async function listBy(...jwts: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const authtoken of jwts)
    statuses.push((await running.call('GET', '/v3/stacks/management_tokens', { headers: { authtoken } })).status);
  return statuses;
}

it('finds a new key, refuses a withdrawn one within 10 minutes, and goes on for a day while there are none', async () => {
  const { clock } = running.system;
  const before = await running.jwt('owner');
  expect(await listBy(before)).toEqual([200]);
  const [next, later] = [await anotherKey('next'), await anotherKey('later')];
  const issuer = await takeOverFromTheIssuer();

  issuer.keys = [...issuer.keysBefore, next.key];
  clock.advance('PT5S');
  expect(await listBy(next.jwt, later.jwt, before)).toEqual([200, 401, 200]);

  issuer.keys = [next.key];
  clock.advance('PT10M');
  expect(await listBy(before, next.jwt)).toEqual([401, 200]);

  issuer.keys = null;
  clock.advance('PT23H');
  // Whether the issuer has withdrawn the other key, or not, cannot be known now.
  expect(await listBy(next.jwt, before)).toEqual([200, 503]);
  clock.advance('PT1H');
  expect(await listBy(next.jwt)).toEqual([503]);

  issuer.keys = [later.key];
  clock.advance('PT5S');
  expect(await listBy(next.jwt, later.jwt)).toEqual([401, 200]);
  await closeServer(issuer.server);
});

interface OtherIssuer {
  /** What it publishes; null: it answers 500. */
  keys: readonly JWK[] | null;
  readonly keysBefore: readonly JWK[];
  readonly server: Server;
}

/** Stops the development issuer and answers at its address. */
async function takeOverFromTheIssuer(): Promise<OtherIssuer> {
  const { endpoint, jwksUrl, close } = running.system.issuer;
  const { keys: keysBefore } = (await (await fetch(jwksUrl)).json()) as { keys: JWK[] };
  await close();
  const server = createServer((_, response) => {
    if (other.keys) response.end(JSON.stringify({ keys: other.keys }));
    else response.writeHead(500).end();
  });
  const other: OtherIssuer = { keys: keysBefore, keysBefore, server };
  await listen(server, Number(new URL(endpoint).port));
  return other;
}

/** A key that the issuer does not have, and a JWT of the owner that is signed with it. */
async function anotherKey(kid: string): Promise<{ key: JWK; jwt: string }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwt = await new SignJWT({ iss: running.system.issuer.endpoint, sub: 'olivia-owner', aud: AUDIENCE })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime('10y')
    .sign(privateKey);
  return { key: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, jwt };
}
