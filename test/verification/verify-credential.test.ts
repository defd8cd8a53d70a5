import { describe, expect, it } from 'vitest';
import type { Token } from '../../functions/tokens/token.ts';
import { digestOf, mintSessionValue, mintTokenValue } from '../../functions/values/token-value.ts';
import type { FoundCredential, WantedCredential } from '../../functions/verification/credential-reader.ts';
import { endOf, isOpen, lifetimeMs, type Session } from '../../functions/verification/session.ts';
import type { Use } from '../../functions/verification/usage.ts';
import { type Verification, verifyCredential } from '../../functions/verification/verify-credential.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const [uid, session_uid, stack] = ['blt0123456789abcdef', 'blt00000000000000c1', 'blt00000000000000a1'];
const zeros = (bytes: number) => new Uint8Array(bytes);
const [value, sessionValue] = [mintTokenValue(uid, zeros), mintSessionValue(uid, session_uid, zeros)];
const by = { client: 'deployer/1.2', remote_addr: '192.0.2.1' };
const onMain = { name: 'main', aliases: ['live'] };
const token = (facts: Partial<Token> = {}) => tokenLike({ uid, digest: digestOf(value), ...facts });
const session = (client = '') => ({
  uid: session_uid,
  token_uid: uid,
  api_key: stack,
  digest: digestOf(sessionValue),
  epoch: 1,
  client,
  remote_addr: '192.0.2.2',
  opened_at: '2026-03-01T07:00:00.000Z',
  expires_at: '2026-03-01T19:00:00.000Z',
});

/** Verifies over rows that are found, whatever is asked for. */
async function verify(asked: Partial<Verification> = {}, found: Partial<FoundCredential> = {}) {
  const reads: WantedCredential[] = [];
  const noted: [what: string, use: Use][] = [];
  const rows = { token: token(), session: null, branch: onMain, ...found };
  const verified = await verifyCredential(
    {
      credentials: {
        find: async (wanted) => {
          reads.push(wanted);
          return rows;
        },
      },
      uses: {
        used: async (use) => void noted.push(['used', use]),
        refused: async (use) => void noted.push(['refused', use]),
        usedDead: async (use) => void noted.push(['dead', use]),
      },
      now: () => now,
    },
    { value, stack, by, ...asked },
  );
  return { verified, reads, noted };
}

const outcome = ({ verified }: Awaited<ReturnType<typeof verify>>) => (verified.active ? 'active' : verified.reason);
const need = { module: 'entry', access: 'read' } as const;
const onlyOn = (name: string): Partial<Token> => ({
  scope: [
    { module: 'entry', acl: { read: true } },
    { module: 'branch', branches: [name], acl: { read: true } },
  ],
});

describe('what is read', () => {
  it('for what cannot be a value is nothing, and it is unknown', async () => {
    const { verified, reads, noted } = await verify({ value: 'cs_x' });
    expect(verified).toEqual({ active: false, reason: 'unknown', session: null, holder: null });
    expect([reads, noted]).toEqual([[], []]);
  });

  it.for([
    ['a token', { value }, { token: uid }],
    ['a session', { value: sessionValue }, { token: uid, session: session_uid }],
    ['the main branch, where a need names none', { need }, { token: uid, branch: { stack, name: 'main' } }],
    ['the branch of a need', { need: { ...need, branch: 'next' } }, { token: uid, branch: { stack, name: 'next' } }],
    ['no branch that cannot be one', { need: { ...need, branch: 'a b' } }, { token: uid }],
    ['no branch of what cannot be a stack', { need, stack: 'META' }, { token: uid }],
    ['no branch of no stack', { need, stack: null }, { token: uid }],
  ] as const)('is %s', async ([, asked, wanted]) => {
    expect((await verify(asked)).reads).toEqual([wanted]);
  });
});

describe('the branch of a need', () => {
  it.for([
    ['the main one where none is named', {}, {}, 'active'],
    ['one that the token is not for', {}, { token: token(onlyOn('next')) }, 'out-of-scope'],
    ['the main one of a stack without branches', {}, { branch: null, token: token(onlyOn('next')) }, 'active'],
    ['another one that is not there', { branch: 'next' }, { branch: null }, 'out-of-scope'],
    ['one that an alias points to', {}, { token: token(viaAlias()) }, 'active'],
  ] as const)('is %s', async ([, more, found, expected]) => {
    expect(outcome(await verify({ need: { ...need, ...more } }, found))).toBe(expected);
  });

  it('decides nothing where nothing is needed', async () => {
    expect(outcome(await verify({}, { token: token(onlyOn('next')), branch: null }))).toBe('active');
  });
});

function viaAlias(): Partial<Token> {
  const entry = { module: 'branch_alias', branch_aliases: ['live'], acl: { read: true } } as const;
  return { scope: [{ module: 'entry', acl: { read: true } }, entry] };
}

it.for<[string, Partial<Session>]>([
  ['of an older epoch', { epoch: 0 }],
  ['past its lifetime', { expires_at: now.toISOString() }],
])('a session %s is over', async ([, facts]) => {
  const answer = await verify({ value: sessionValue }, { session: { ...session(), ...facts } });
  expect(outcome(answer)).toBe('session-over');
  expect(answer.noted).toEqual([]);
});

describe('the holder', () => {
  it.for([
    ['is who presents the value, whatever else is wrong', { stack: null }, {}, 'other-stack', true],
    ['is nobody with another value', {}, { token: token({ digest: digestOf('other') }) }, 'unknown', false],
    ['is nobody where there is no token', {}, { token: null }, 'unknown', false],
    ['is who presents a session', { value: sessionValue }, { session: session() }, 'active', true],
    ['is nobody with a session that is gone', { value: sessionValue }, {}, 'unknown', false],
    [
      'is nobody with another session value',
      { value: sessionValue },
      { session: { ...session(), digest: digestOf(value) } },
      'unknown',
      false,
    ],
  ] as const)('%s', async ([, asked, found, expected, isKnown]) => {
    const answer = await verify(asked, found);
    expect(outcome(answer)).toBe(expected);
    expect(answer.verified.holder?.uid).toBe(isKnown ? uid : undefined);
  });

  it('of a session is told with it', async () => {
    const open = session();
    expect((await verify({ value: sessionValue }, { session: open })).verified).toMatchObject({ session: open });
  });
});

describe('what is noted', () => {
  it('of a use is when, by whom and from where', async () => {
    const { noted } = await verify();
    expect(noted).toEqual([['used', { ...by, at: now, token: token() }]]);
  });

  it.for([
    ['its own name, for a session that has one', 'indexer', 'indexer'],
    ["the program's, for one that has none", '', by.client],
  ] as const)('is %s', async ([, client, told]) => {
    const { noted } = await verify({ value: sessionValue }, { session: session(client) });
    expect(noted).toMatchObject([['used', { client: told, remote_addr: by.remote_addr }]]);
  });

  it.for([
    ['deleted', { token: token({ state: 'deleted' }) }, ['dead']],
    ['expired', { token: token({ expires_at: now.toISOString() }) }, ['dead']],
    ['of another stack', { token: token({ api_key: 'blt00000000000000a2' }) }, []],
    ['deleted, of which the value is not known', { token: token({ state: 'deleted', digest: '' }) }, []],
  ] as const)('of a token that is %s is %j', async ([, found, what]) => {
    const { noted } = await verify({}, found);
    expect(noted).toEqual(what.map((one) => [one, { ...by, at: now, token: found.token }]));
  });

  it.for([
    ['a token', { value, need: { ...need, access: 'write' } }, {}, ['refused']],
    ['a session', { value: sessionValue, need: { ...need, access: 'write' } }, { session: session() }, ['refused']],
    ['a value that is not right', { value, need: { ...need, access: 'write' } }, { digest: '' }, []],
    ['a token of another stack', { value, need: { ...need, access: 'write' } }, { api_key: 'blt00000000000000a2' }, []],
  ] as const)('of %s that its scope refuses is a refusal, and no use', async ([, asked, found, what]) => {
    const { session: opened = null, ...facts } = found as { session?: Session } & Partial<Token>;
    const kept = token({ ...onlyOn('main'), ...facts });
    const { noted } = await verify(asked, { token: kept, session: opened });
    expect(noted).toEqual(what.map((one) => [one, { ...by, at: now, token: kept }]));
  });
});

describe('a session by itself', () => {
  const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();

  it.for([
    ['within its lifetime', 1, 1, true],
    ['at its end', 0, 1, false],
    ['of an older epoch', 1, 2, false],
  ] as const)('is open or not: %s', ([, ms, epoch, open]) => {
    expect(isOpen({ epoch: 1, expires_at: inMs(ms) }, { epoch }, now)).toBe(open);
  });

  it('lives for 12 hours', () => {
    expect(lifetimeMs).toBe(43_200_000);
  });

  it.for([
    ['its own lifetime', null, 2],
    ['its own lifetime, where the token lives longer', 3, 2],
    ["its token's expiry, where that is sooner", 1, 1],
  ] as const)('can act until %s', ([, token, end]) => {
    expect(endOf({ expires_at: inMs(2) }, { expires_at: token === null ? null : inMs(token) })).toBe(inMs(end));
  });
});
