/** JWTs that name a person of the development issuer, and that nobody is to be let in by. */
import { createHmac, createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { AUDIENCE } from '../../local/people/accounts.ts';
import type { Issuer } from '../../local/people/issuer.ts';

export const forgeries = ['expired', 'wrong issuer', 'wrong audience', 'alg none', 'HS256', 'otherwise wrong'] as const;
export type Forgery = (typeof forgeries)[number];

/** @param sub the person whom each of them names, where it names anybody */
export async function forgedJwts(issuer: Issuer, sub: string): Promise<Readonly<Record<Forgery, readonly string[]>>> {
  const good = await issuer.mint({ sub });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const unsigned = `${encoded({ ...decoded(header), alg: 'none' })}.${payload}`;
  const nobody = encoded({ ...decoded(payload), sub: 'nobody' });
  return {
    expired: [await issuer.mint({ sub, lifetime: -60 })],
    'wrong issuer': [await issuer.mint({ sub, issuer: 'https://issuer.example' }), await ofAnotherKey(good)],
    'wrong audience': [
      await issuer.mint({ sub, audience: 'another' }),
      await issuer.mint({ sub, audience: null }),
      await issuer.mint({ sub, audience: null, client_id: 'another' }),
      await issuer.mint({ sub, audience: 'another', client_id: AUDIENCE }),
    ],
    'alg none': [`${unsigned}.`, `${unsigned}.${signature}`],
    HS256: await signedWithThePublicKey(issuer, good),
    'otherwise wrong': [
      await issuer.mint({ sub, nbf: Math.floor(Date.now() / 1000) + 600 }),
      await issuer.mint({ sub, exp: undefined }),
      await issuer.mint({ sub: '' }),
      `${header}.${nobody}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      'a.b.c',
      'x',
    ],
  };
}

/** The same header and claims, by a key that is not the issuer's: with its own name for it, and with the issuer's. */
async function ofAnotherKey(good: string): Promise<string> {
  const [header = '', payload = ''] = good.split('.');
  const { privateKey } = await generateKeyPair('RS256');
  const claims = { ...decoded(payload), iss: 'https://issuer.example' };
  return await new SignJWT(claims).setProtectedHeader({ ...decoded(header), alg: 'RS256' }).sign(privateKey);
}

/** What everybody can read taken for a shared secret, in each form that it is read in (RFC 8725, 2.1). */
async function signedWithThePublicKey(issuer: Issuer, good: string): Promise<string[]> {
  const [header = '', payload = ''] = good.split('.');
  const { keys } = (await (await fetch(issuer.jwksUrl)).json()) as { keys: JWK[] };
  const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
  const secrets = [
    key.export({ type: 'spki', format: 'pem' }),
    JSON.stringify(keys[0]),
    key.export({ type: 'pkcs1', format: 'pem' }),
    JSON.stringify(await exportJWK(key)),
  ];
  const signed = `${encoded({ ...decoded(header), alg: 'HS256' })}.${payload}`;
  return secrets.map((secret) => `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`);
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString());
