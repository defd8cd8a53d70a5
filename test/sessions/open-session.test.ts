import { describe, expect, it } from 'vitest';
import { endOwnSession, type OpenSessionDependencies, openSession } from '../../functions/sessions/open-session.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { unavailable } from '../../functions/values/refusals.ts';
import { digestOf, mintTokenValue } from '../../functions/values/token-value.ts';
import { rateHeaders, rateLimited, type WindowUse } from '../../functions/verification/rate-windows.ts';
import type { Session } from '../../functions/verification/session.ts';
import { tokenLike } from '../tokens/token-like.ts';
import { refusalOf } from './refusal-of.ts';

const now = new Date('2026-03-01T08:00:56.000Z');
const stack = 'blt00000000000000a1';
const by = { client: 'curl', remote_addr: '192.0.2.1' };
const token = tokenLike({ epoch: 3 });

interface World {
  /** What the token has become when the session is verified. */
  readonly meanwhile?: Partial<Token> | Error;
  readonly admits?: boolean;
  readonly endFails?: boolean;
}

/** Opens a session over rows in this process. */
function world({ meanwhile = {}, admits = true, endFails = false }: World = {}) {
  const rows = new Map<string, Session>();
  const admitted: WindowUse[] = [];
  const nothing = async () => Promise.reject(new Error('Nobody asks for this.'));
  const deps: OpenSessionDependencies = {
    sessions: {
      open: async (mint) => {
        const minted = mint();
        rows.set(minted.session.uid, minted.session);
        return minted;
      },
      end: async (of, uid) => {
        if (endFails) throw new Error('The row cannot be deleted.');
        return of === token.uid && rows.delete(uid);
      },
      page: nothing,
      epochs: nothing,
      deleteAll: nothing,
    },
    windows: {
      admit: async (use) => {
        admitted.push(use);
        return admits ? { remaining: 599 } : null;
      },
    },
    credentials: {
      find: async ({ session: uid = '' }) => {
        if (meanwhile instanceof Error) throw meanwhile;
        return { token: { ...token, ...meanwhile }, session: rows.get(uid) ?? null, branch: null };
      },
    },
    uses: { used: async () => {}, refused: async () => {}, usedDead: async () => {} },
    now: () => now,
    random: (bytes) => new Uint8Array(bytes).fill(7),
  };
  const open = (fields: unknown = {}) => openSession(deps, { token, stack, fields, by });
  return { rows, admitted, open, sessions: deps.sessions };
}

it('a session ends itself, and having ended ends again', async () => {
  const { open, rows, sessions } = world();
  await open();
  const [session] = rows.values();
  if (!session) throw new Error('There is no session.');
  for (let times = 0; times < 2; times += 1) {
    await endOwnSession(sessions, session);
    expect(rows.size).toBe(0);
  }
});

describe('opening a session', () => {
  it('gives its value once, keeps the digest, and holds for 12 hours', async () => {
    const { open, rows, admitted } = world();
    const opened = await open({ client: 'nightly-import' });
    expect(opened).toMatchObject({
      session: {
        uid: 'blt0707070707070707',
        token_uid: token.uid,
        api_key: stack,
        epoch: 3,
        client: 'nightly-import',
        remote_addr: by.remote_addr,
        opened_at: now.toISOString(),
        expires_at: '2026-03-01T20:00:56.000Z',
      },
      token,
      openings: { limit: 600, remaining: 599 },
    });
    const { value, session } = opened as Extract<typeof opened, { value: string }>;
    expect(value).toMatch(/^css_0123456789abcdef_0707070707070707_/);
    expect([...rows.values()]).toEqual([session]);
    expect(session.digest).toBe(digestOf(value));
    expect(admitted).toEqual([{ of: token.uid, kind: 'open', limit: 600, seconds: 60, now }]);
  });

  it.for([undefined, null, {}])('with the fields %j has no name', async (fields) => {
    expect(await world().open(fields)).toMatchObject({ session: { client: '' } });
  });

  it('gives the token as it is by then', async () => {
    expect(await world({ meanwhile: { name: 'renamed' } }).open()).toMatchObject({ token: { name: 'renamed' } });
  });

  it('that is refused in the end leaves no row, and says why', async () => {
    const { open, rows } = world({ meanwhile: { state: 'deleted' } });
    expect(await open()).toMatchObject({ active: false, reason: 'deleted' });
    expect(rows.size).toBe(0);
  });

  it.for([false, true])('that cannot be verified leaves no row where it can, and fails (%j)', async (endFails) => {
    const { open, rows } = world({ meanwhile: unavailable(null), endFails });
    expect(await refusalOf(open())).toMatchObject({ kind: 'unavailable' });
    expect(rows.size).toBe(endFails ? 1 : 0);
  });

  it('beyond 600 in a minute is refused, and leaves no row', async () => {
    const { open, rows } = world({ admits: false });
    expect(await refusalOf(open())).toMatchObject({
      kind: 'too-many-requests',
      headers: { 'x-ratelimit-limit': '600', 'retry-after': '4' },
    });
    expect(rows.size).toBe(0);
  });
});

describe('the name of a client', () => {
  it.for(['', 'a', 'nightly import, \u00e4', 'a'.repeat(200)])('can be %j', async (client) => {
    expect(await world().open({ client })).toMatchObject({ session: { client } });
  });

  it.for([
    [{ client: 5 }, { client: ['must be text.'] }],
    [{ client: 'a'.repeat(201) }, { client: ['can be at most 200 characters long.'] }],
    [{ client: 'a\nb' }, { client: ['cannot have control characters or unpaired surrogates.'] }],
    [{ client: 'a\u2028b' }, { client: ['cannot have control characters or unpaired surrogates.'] }],
    [{ client: 'a\u2029' }, { client: ['cannot have control characters or unpaired surrogates.'] }],
    [{ client: 'a\ud800' }, { client: ['cannot have control characters or unpaired surrogates.'] }],
    [
      { client: `of ${mintTokenValue(token.uid, (bytes) => new Uint8Array(bytes))}` },
      { client: ['cannot hold the value of a token or session.'] },
    ],
    [[], { session: ['must be an object.'] }],
    ['nightly', { session: ['must be an object.'] }],
  ])('cannot be that of %j', async ([fields, errors]) => {
    const { open, rows, admitted } = world();
    expect(await refusalOf(open(fields))).toMatchObject({ kind: 'invalid', errors });
    expect([rows.size, admitted.length]).toEqual([0, 0]);
  });
});

describe('a limit', () => {
  it('that is reached says what it is, and when to try again', () => {
    const { kind, detail, headers } = rateLimited({ limit: 600, seconds: 60, now: new Date('2026-06-01T00:00:56Z') });
    expect([kind, detail]).toEqual(['too-many-requests', 'Too many requests. Try again in 4 s.']);
    expect(headers).toEqual({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'retry-after': '4' });
  });

  it.for([
    ['00:00.000', 60, '60'],
    ['00:00.001', 60, '60'],
    ['00:01.000', 60, '59'],
    ['00:55.999', 60, '5'],
    ['00:56.000', 60, '4'],
    ['00:59.000', 60, '1'],
    ['00:59.999', 60, '1'],
    ['07:00.000', 60, '60'],
    ['00:07.000', 1, '1'],
    ['00:07.999', 1, '1'],
  ] as const)('at %s of a window of %d s is over in %s s', ([at, seconds, left]) => {
    const { headers } = rateLimited({ limit: 1, seconds, now: new Date(`2026-06-01T00:${at}Z`) });
    expect(headers['retry-after']).toBe(left);
  });

  it('that is not says how much of it is left', () => {
    expect(rateHeaders(10, 3)).toEqual({ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '3' });
  });
});
