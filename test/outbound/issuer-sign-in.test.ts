import { createLocalJWKSet, errors, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSignIn, type SignInOptions } from '../../functions/outbound/issuer-sign-in.ts';
import { isService, type SignIn } from '../../functions/stacks/sign-in.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import { refusalOf } from '../sessions/refusal-of.ts';

const issuer = 'https://issuer.example.test';
const scopeNames = { 'tokens:introspect': 'tokens:introspect', 'tokens:manage': 'tokens:manage' };
/** A whole second, as issuers write times. */
const whole = Date.parse('2026-03-01T12:00:00Z') / 1000;

let keys: SignInOptions['keys'];
let privateKey: CryptoKey;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  privateKey = pair.privateKey;
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'key', alg: 'ES256' }] });
});

let now: number;
let signIn: SignIn;
beforeEach(() => {
  now = whole * 1000;
  signIn = signInWith({});
});

const signInWith = (options: Partial<SignInOptions>) =>
  createSignIn({ issuer, keys, audience: ['api'], scopeNames, now: () => new Date(now), ...options });

type Claims = Readonly<Record<string, unknown>>;

async function signed(claims: Claims): Promise<string> {
  const payload = { iss: issuer, sub: 'somebody', aud: 'api', exp: whole + 3600, ...claims };
  return await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'key' }).sign(privateKey);
}

const recognize = async (claims: Claims) => await signIn.recognize(await signed(claims));
const outcomeOf = async (claims: Claims) =>
  await recognize(claims).then(
    () => 'recognized',
    (error: Refusal) => error.kind,
  );

describe('the times of a JWT', () => {
  it.each([
    [0, 30, 'recognized'],
    [0, 31, 'unauthenticated'],
    [999, 30, 'recognized'],
    [999, 31, 'unauthenticated'],
    [1000, 31, 'recognized'],
    [0, -86_400, 'recognized'],
  ])('%i ms after a whole second, an nbf that is %i s after that second is %s', async (ms, ahead, outcome) => {
    now += ms;
    expect(await outcomeOf({ nbf: whole + ahead })).toBe(outcome);
  });

  it.each([
    [-1, 0, 'recognized'],
    [0, 0, 'unauthenticated'],
    [1, 0, 'unauthenticated'],
    [999, 1, 'recognized'],
    [1000, 1, 'unauthenticated'],
    [29_999, 0, 'unauthenticated'],
    [499, 0.5, 'recognized'],
    [500, 0.5, 'unauthenticated'],
  ])('%i ms after a whole second, an exp that is %f s after that second is %s', async (ms, ahead, outcome) => {
    now += ms;
    expect(await outcomeOf({ exp: whole + ahead })).toBe(outcome);
  });

  it('are compared when the keys have come, which may take seconds', async () => {
    const late: SignInOptions['keys'] = async (...jws) => {
      now += 2000;
      return await keys(...jws);
    };
    signIn = signInWith({ keys: late });
    expect(await outcomeOf({ exp: whole + 2 })).toBe('unauthenticated');
    now = whole * 1000;
    expect(await outcomeOf({ exp: whole + 3 })).toBe('recognized');
  });

  it.each([
    ['in the past', -86_400, -86_400],
    ['now', 0, 0],
    ['as far ahead as a clock may be', 30, 30],
    ['further ahead', 31, 30],
    ['a year ahead', 31_536_000, 30],
    ['a part of a second ahead', 0.5, 0.5],
  ])('count an iat that is %s at most 30 s from now', async (_what, ahead, counted) => {
    now += 999;
    expect((await recognize({ iat: whole + ahead })).identity.issued_at).toBe(whole + counted);
  });

  it.each<[string, Claims]>([
    ['exp is absent', { exp: undefined }],
    ['exp is a text', { exp: '9999999999' }],
    ['nbf is a text', { nbf: '0' }],
  ])('have to be numbers, and exp has to be there: %s', async (_what, claims) => {
    expect(await outcomeOf(claims)).toBe('unauthenticated');
  });
});

describe('the scopes of a JWT', () => {
  it.each<[string, Claims, string[]]>([
    ['a text', { scope: 'openid tokens:manage email' }, ['tokens:manage']],
    ['a list', { scope: ['openid', 'tokens:manage'] }, ['tokens:manage']],
    ['scp as a text', { scp: 'tokens:introspect tokens:manage' }, ['tokens:introspect', 'tokens:manage']],
    ['scp as a list', { scp: ['tokens:introspect'] }, ['tokens:introspect']],
    ['both', { scope: 'tokens:manage', scp: ['tokens:introspect'] }, ['tokens:introspect', 'tokens:manage']],
    ['neither', {}, []],
    ['others', { scope: 'tokens tokens:introspection Tokens:manage x/tokens:manage', scp: ['a tokens:manage'] }, []],
    ['what is no scope', { scope: 5, scp: { 'tokens:manage': true } }, []],
    ['lists of other things', { scope: [['tokens:manage'], null, 5] }, []],
  ])('are read from %s', async (_what, claims, scopes) => {
    expect((await recognize(claims)).scopes).toEqual(scopes);
  });

  it('have the names that the issuer gives them', async () => {
    signIn = signInWith({
      scopeNames: { 'tokens:introspect': 'tokenward/tokens:introspect', 'tokens:manage': 'api://1/manage' },
    });
    const { scopes } = await recognize({ scope: 'tokenward/tokens:introspect api://1/manage' });
    expect(scopes).toEqual(['tokens:introspect', 'tokens:manage']);
    expect((await recognize({ scope: 'tokens:introspect tokens:manage' })).scopes).toEqual([]);
  });

  it.each([
    ['tokens:introspect', true],
    ['tokens:introspect tokens:manage', false],
    ['tokens:manage', false],
    ['openid email', false],
    [undefined, false],
  ])('make a service of a machine: %s → %s', async (scope, expected) => {
    expect(isService(await recognize({ scope }))).toBe(expected);
  });
});

it.each([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  ['True', false],
  ['', false],
  [1, false],
  ['1', false],
  [['true'], false],
  [null, false],
  [undefined, false],
])('takes an address with email_verified %j for verified: %s', async (claim, isVerified) => {
  const { identity } = await recognize({ email: 'a@example.test', email_verified: claim });
  expect(identity).toEqual({ issuer, sub: 'somebody', email: 'a@example.test', email_verified: isVerified });
});

describe('when a key cannot be had', () => {
  it.each([
    ['its key is broken', new TypeError('requires key modulusLength to be 2048 bits or larger')],
    ['it is private', new errors.JWKSInvalid('JSON Web Key Set members must be public keys')],
    ['there are no keys', new Refusal('unavailable', { headers: { 'retry-after': '4' } })],
  ])('says that it cannot answer: %s', async (_what, error) => {
    signIn = signInWith({ keys: () => Promise.reject(error) });
    const refusal = await refusalOf(signed({}).then((jwt) => signIn.recognize(jwt)));
    expect(refusal).toMatchObject({ kind: 'unavailable', headers: { 'retry-after': expect.any(String) } });
    if (error instanceof Refusal) expect(refusal).toBe(error);
  });

  it('does not ask for keys for what nobody could have signed with one', async () => {
    signIn = signInWith({ keys: () => Promise.reject(new Error('asked')) });
    const claims = Buffer.from(JSON.stringify({ iss: issuer, sub: 's', aud: 'api', exp: whole + 9 }));
    for (const alg of ['none', 'HS256', 'RS512', 'x']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'key' }));
      const jwt = `${header.toString('base64url')}.${claims.toString('base64url')}.AAAA`;
      expect(await refusalOf(signIn.recognize(jwt)), alg).toMatchObject({ kind: 'unauthenticated' });
    }
  });
});
