import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIssuerKeys } from '../../functions/outbound/issuer-keys.ts';
import { refusalOf } from '../sessions/refusal-of.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let first: JWK;
let other: JWK;
beforeAll(async () => {
  [first, other] = await Promise.all([publicKey('first'), publicKey('second')]);
});

async function publicKey(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair('ES256');
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
}

/** An issuer whose key set, availability and clock a test decides. */
class Scene {
  now = Date.parse('2026-03-01T12:00:00Z');
  /** How far the clock goes on each time that it is read, in ms. */
  tick = 0;
  /** What is answered: the keys, or an error that is thrown. */
  answer: unknown;
  fetches = 0;
  readonly failures: unknown[] = [];
  /** Requests wait for this before they are answered. */
  gate: Promise<void> = Promise.resolve();
  readonly #keys = createIssuerKeys({
    now: () => {
      this.now += this.tick;
      return new Date(this.now);
    },
    fetch: async () => {
      this.fetches += 1;
      await this.gate;
      if (this.answer instanceof Error) throw this.answer;
      return this.answer;
    },
    onFailure: (error) => this.failures.push(error),
  });

  constructor(...keys: JWK[]) {
    this.publish(...keys);
  }

  publish(...keys: JWK[]): void {
    this.answer = { keys };
  }

  fail(): void {
    this.answer = new Error('The endpoint is down.');
  }

  advance(ms: number): void {
    this.now += ms;
  }

  /** `found`, the code of jose's error, or the kind of the refusal. */
  async find(kid: string | undefined): Promise<string> {
    const header = { alg: 'ES256', ...(kid === undefined ? {} : { kid }) };
    return await Promise.resolve(this.#keys(header, { payload: '', signature: '' })).then(
      () => 'found',
      (error: { code?: string; kind?: string }) => error.code ?? error.kind ?? 'another error',
    );
  }

  refusal = () =>
    refusalOf(Promise.resolve(this.#keys({ alg: 'ES256', kid: 'first' }, { payload: '', signature: '' })));
}

const unknown = 'ERR_JWKS_NO_MATCHING_KEY';

let scene: Scene;
beforeEach(() => {
  scene = new Scene(first);
});

describe('while the endpoint works', () => {
  it('fetches at the first JWT, and then not for 10 minutes', async () => {
    expect(scene.fetches).toBe(0);
    for (let passed = 0; passed < 10 * minute; passed += minute) {
      expect(await scene.find('first')).toBe('found');
      scene.advance(minute);
    }
    expect(scene.fetches).toBe(1);
    await scene.find('first');
    expect(scene.fetches).toBe(2);
  });

  it('refuses a withdrawn key when 10 minutes have passed, to the millisecond', async () => {
    await scene.find('first');
    scene.publish(other);
    scene.advance(10 * minute - 1);
    expect(await scene.find('first')).toBe('found');
    scene.advance(1);
    expect(await scene.find('first')).toBe(unknown);
    expect(await scene.find('second')).toBe('found');
  });

  it('counts the 10 minutes from the start of the fetch, not from its answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.gate = promise;
    const finding = scene.find('first');
    scene.advance(2 * second);
    resolve();
    expect(await finding).toBe('found');
    scene.publish(other);
    scene.advance(10 * minute - 2 * second);
    expect(await scene.find('first')).toBe(unknown);
  });

  it('makes one fetch for requests that come at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.gate = promise;
    const finding = ['first', 'second', 'first', 'first'].map((kid) => scene.find(kid));
    resolve();
    expect(await Promise.all(finding)).toEqual(['found', unknown, 'found', 'found']);
    expect(scene.fetches).toBe(1);
  });

  it('looks for an unknown key at once, and then at most every 5 s', async () => {
    await scene.find('first');
    scene.advance(5 * second);
    scene.publish(first, other);
    expect(await scene.find('second')).toBe('found');
    expect(scene.fetches).toBe(2);
    for (let passed = 0; passed < 5 * second; passed += 100) {
      expect(await scene.find(`unknown ${passed}`)).toBe(unknown);
      scene.advance(100);
    }
    expect(scene.fetches).toBe(2);
    expect(await scene.find('unknown')).toBe(unknown);
    expect(scene.fetches).toBe(3);
  });

  it('measures those 5 s from the end of a fetch, too', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.gate = promise;
    const finding = scene.find('first');
    scene.advance(3 * second);
    resolve();
    await finding;
    scene.advance(5 * second - 1);
    await scene.find('second');
    expect(scene.fetches).toBe(1);
    scene.advance(1);
    await scene.find('second');
    expect(scene.fetches).toBe(2);
  });

  it('refuses every JWT when the issuer has withdrawn all keys', async () => {
    await scene.find('first');
    scene.publish();
    scene.advance(10 * minute);
    expect(await scene.find('first')).toBe(unknown);
    expect(scene.failures).toEqual([]);
  });

  it('fetches again after its clock was set back', async () => {
    await scene.find('first');
    scene.publish(other);
    scene.advance(-hour);
    expect(await scene.find('first')).toBe(unknown);
  });
});

describe('while fetching fails', () => {
  it('uses the keys of before for 24 hours and no longer', async () => {
    await scene.find('first');
    scene.fail();
    scene.advance(10 * minute);
    expect(await scene.find('first')).toBe('found');
    scene.advance(24 * hour - 10 * minute - 1);
    expect(await scene.find('first')).toBe('found');
    scene.advance(1);
    expect(await scene.find('first')).toBe('unavailable');
  });

  it('uses them within the pause, too, and never beyond the 24 hours', async () => {
    await scene.find('first');
    scene.fail();
    scene.advance(24 * hour - second);
    expect(await scene.find('first')).toBe('found');
    scene.advance(second);
    expect(await scene.find('first')).toBe('unavailable');
    expect(scene.fetches).toBe(2);
  });

  it('tries again at most every 5 s, and uses what it gets', async () => {
    await scene.find('first');
    scene.fail();
    scene.advance(10 * minute);
    for (let passed = 0; passed < 5 * second; passed += 100) {
      expect(await scene.find('first')).toBe('found');
      scene.advance(100);
    }
    expect(scene.fetches).toBe(2);
    scene.publish(other);
    expect(await scene.find('first')).toBe(unknown);
    expect(scene.fetches).toBe(3);
  });

  it('measures the pause from the end of a fetch, so that an endpoint that hangs is not waited for again and again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.gate = promise;
    scene.fail();
    const finding = scene.find('first');
    scene.advance(3 * second);
    resolve();
    expect(await finding).toBe('unavailable');
    scene.advance(5 * second - 1);
    expect(await scene.find('first')).toBe('unavailable');
    expect(scene.fetches).toBe(1);
    scene.advance(1);
    await scene.find('first');
    expect(scene.fetches).toBe(2);
  });

  it('counts every failed fetch, once', async () => {
    scene.fail();
    await Promise.all(['first', 'first', 'second'].map((kid) => scene.find(kid)));
    expect(scene.failures).toEqual([scene.answer]);
    scene.advance(5 * second);
    await scene.find('first');
    expect(scene.failures).toHaveLength(2);
  });

  it('says that it cannot know about a key that it does not have, and refuses it once it can', async () => {
    await scene.find('first');
    scene.fail();
    scene.advance(5 * second);
    expect(await scene.find('second')).toBe('unavailable');
    expect(await scene.find('second')).toBe('unavailable');
    expect(await scene.find('first')).toBe('found');
    scene.publish(first);
    scene.advance(5 * second);
    expect(await scene.find('second')).toBe(unknown);
  });

  it('tells when it tries again, in whole seconds', async () => {
    scene.fail();
    expect(await scene.refusal()).toMatchObject({ kind: 'unavailable', headers: { 'retry-after': '5' } });
    scene.advance(2.5 * second);
    expect(await scene.refusal()).toMatchObject({ headers: { 'retry-after': '3' }, cause: scene.answer });
    scene.advance(2.4 * second);
    expect(await scene.refusal()).toMatchObject({ headers: { 'retry-after': '1' } });
    scene.publish(first);
    scene.advance(100);
    expect(await scene.find('first')).toBe('found');
  });

  it.each([
    ['no object', 'text'],
    ['null', null],
    ['an object without keys', {}],
    ['keys that are no list', { keys: 'none' }],
    ['a list of other things', { keys: [1] }],
    ['a list of keys', []],
  ])('takes %s for a failed fetch, and keeps what it has', async (_what, answer) => {
    await scene.find('first');
    scene.answer = answer;
    scene.advance(10 * minute);
    expect(await scene.find('first')).toBe('found');
    expect(scene.failures).toHaveLength(1);
    expect(scene.fetches).toBe(2);
  });
});

it('never tells a caller to come again in 0 s, when the pause ends while it answers', async () => {
  scene.fail();
  await scene.refusal();
  scene.advance(5 * second - 2);
  scene.tick = 1;
  expect(await scene.refusal()).toMatchObject({ headers: { 'retry-after': '1' } });
  expect(scene.fetches).toBe(1);
});

it('leaves it to jose which of the keys fits: without a key id only one may', async () => {
  expect(await scene.find(undefined)).toBe('found');
  scene = new Scene(first, other);
  expect(await scene.find(undefined)).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
  scene.advance(5 * second);
  expect(await scene.find(undefined)).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
  expect(scene.fetches).toBe(1);
});
