import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { branchNamesFrom } from '../../functions/aws/stack-items.ts';
import { tokenFrom } from '../../functions/aws/token-item.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { digestMatches, mintTokenValue } from '../../functions/values/token-value.ts';
import { type JudgedCase, judge } from '../../functions/verification/judge.ts';
import { type Reply, RunningSystem } from '../support/running-system.ts';
import { tokenLike } from '../tokens/token-like.ts';

const random = (bytes: number) => randomBytes(bytes);

// Law 2. One judge. One pure function decides: judge({token, session, presented, now}), where `presented` says whether the digest
// matches, for which stack, and what is needed. Every door calls it. Epochs must be equal; a session keeps only its own lifetime, and
// the token's present expiry is compared each time.
describe('law 2: one judge', () => {
  const now = new Date('2030-06-01T12:00:00.000Z');
  const [before, after] = ['2030-06-01T11:59:59.999Z', '2030-06-01T12:00:00.001Z'];
  const token = tokenLike({
    api_key: 'ours',
    scope: [
      { module: 'environment', acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
      { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
    ],
    expires_at: after,
    epoch: 7,
  });
  const main = { name: 'main', aliases: ['deploy'] };
  const need = { module: 'environment', access: 'read', branch: main } as const;
  const presented = { digestMatches: true, stack: 'ours', need };
  const session = { uid: 's', epoch: 7, expires_at: after };
  const good: JudgedCase = { token, presented, now };
  const verdictOn = (change: Partial<JudgedCase>) => {
    const verdict = judge({ ...good, ...change });
    return verdict.active ? 'active' : verdict.reason;
  };
  const needs = (change: object) => ({ presented: { ...presented, need: { ...need, ...change } } });
  const by = (change: Partial<Token>) => ({ token: { ...token, ...change } });

  it.each<[string, Partial<JudgedCase>, string]>([
    ['a live token, a moment before its expiry', {}, 'active'],
    ['a token that never expires', by({ expires_at: null }), 'active'],
    ['a token at its expiry', by({ expires_at: now.toISOString() }), 'expired'],
    ['a token after its expiry', by({ expires_at: before }), 'expired'],
    ['a stopped token whose instant is ahead of this clock', by({ state: 'stopped' }), 'expired'],
    ['a deleted token, whatever its expiry', by({ state: 'deleted' }), 'deleted'],
    ['a deleted token that has expired too', by({ state: 'deleted', expires_at: before }), 'deleted'],
    ['no token', { token: null }, 'unknown'],
    ['another value', { presented: { ...presented, digestMatches: false } }, 'unknown'],
    [
      'another value of a deleted token',
      { ...by({ state: 'deleted' }), presented: { ...presented, digestMatches: false } },
      'unknown',
    ],
    ['another stack', { presented: { ...presented, stack: 'theirs' } }, 'other-stack'],
    ['no stack', { presented: { ...presented, stack: null } }, 'other-stack'],
    ['no need', { presented: { digestMatches: true, stack: 'ours' } }, 'active'],
    ['an access that the scope has not', needs({ access: 'write' }), 'out-of-scope'],
    ['a module that the scope has not', needs({ module: 'asset' }), 'out-of-scope'],
    ['a branch that the scope has not', needs({ branch: { name: 'development', aliases: [] } }), 'out-of-scope'],
    ['a branch by an alias that points to it', needs({ branch: { name: 'next', aliases: ['deploy'] } }), 'active'],
    ['a branch that is not there', needs({ branch: undefined }), 'out-of-scope'],
    ['a stack without branches', needs({ branch: null }), 'active'],
    ['a session of this epoch', { session }, 'active'],
    ['a session without a row', { session: null }, 'session-over'],
    ['a session of the epoch before', { session: { ...session, epoch: 6 } }, 'session-over'],
    ['a session of a later epoch', { session: { ...session, epoch: 8 } }, 'session-over'],
    ['a session at the end of its life', { session: { ...session, expires_at: now.toISOString() } }, 'session-over'],
    ['a session that outlives its token', { session, ...by({ expires_at: now.toISOString() }) }, 'expired'],
    ['a session of a deleted token', { session, ...by({ state: 'deleted' }) }, 'deleted'],
  ])('%s', (_, change, verdict) => {
    expect(verdictOn(change)).toBe(verdict);
  });

  it('is active only where everything is good at the same time', () => {
    const tokens = [{}, { state: 'stopped' }, { state: 'deleted' }, { expires_at: now.toISOString() }] as const;
    const sessions = [undefined, session, null, { ...session, epoch: 6 }, { ...session, expires_at: before }];
    const asked = [{}, { digestMatches: false }, { stack: 'theirs' }, { need: { ...need, access: 'write' as const } }];
    const cases = tokens.flatMap((change) =>
      sessions.flatMap((one) =>
        asked.map((ask) => ({
          isGood: change === tokens[0] && (one === undefined || one === session) && ask === asked[0],
          judged: verdictOn({
            ...by(change),
            ...(one === undefined ? {} : { session: one }),
            presented: { ...presented, ...ask },
          }),
        })),
      ),
    );
    expect(cases).toHaveLength(80);
    expect(cases.filter(({ isGood, judged }) => isGood !== (judged === 'active'))).toEqual([]);
  });
});

describe('law 2: no other place decides', () => {
  const root = path.resolve(import.meta.dirname, '../../functions');
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, code: withoutComments(readFileSync(path.join(root, name), 'utf8')) }));
  const filesWith = (pattern: RegExp) =>
    sources
      .filter(({ code }) => pattern.test(code))
      .map(({ name }) => name)
      .sort();

  it.each([
    // Beside the judge: a token without power has no live sessions to list or to count.
    [
      'what is alive',
      /\bisAlive\(/,
      ['sessions/list-sessions.ts', 'sessions/preview-deletion.ts', 'tokens/token.ts', 'verification/judge.ts'],
    ],
    [
      'which sessions are open',
      /\bisOpen\(/,
      ['sessions/list-sessions.ts', 'sessions/reconcile.ts', 'verification/judge.ts', 'verification/session.ts'],
    ],
    ['what a scope covers', /\bcovers\(/, ['values/scope.ts', 'verification/judge.ts']],
    // An edit is asked whether the value that an SDK sends back is the token's own; who revokes has to hold the value.
    [
      'digests',
      /\bdigestMatches\(/,
      [
        'sessions/revoke-by-value.ts',
        'tokens/edit-token.ts',
        'values/token-value.ts',
        'verification/verify-credential.ts',
      ],
    ],
    ['digests, byte by byte', /timingSafeEqual\(/, ['values/token-value.ts']],
    ['verdicts', /\bjudge\(/, ['verification/judge.ts', 'verification/verify-credential.ts']],
    [
      'credentials',
      /\bverifyCredential\(/,
      [
        'http/chain/program.ts',
        'http/oauth/introspect.ts',
        'sessions/open-session.ts',
        'verification/verify-credential.ts',
      ],
    ],
  ])('%s are judged where the law allows it', (_, pattern, files) => {
    expect(filesWith(pattern)).toEqual(files);
  });

  const subject = String.raw`\b(?:expires_at|state|digest|epoch)\b`;
  const comparison = new RegExp(
    String.raw`${subject}\)?\s*(?:===|!==|<=|>=|<|>)\s*[^,;]|(?:===|!==|<=|>=|<|(?<!=)>)\s*(?:Date\.parse\()?[\w.?]*${subject}`,
  );

  it('expiry, state, digest and epoch are compared in no other file', () => {
    // The repositories' are conditions of writes and states of receipts: what verifies reads by dynamo-credential-reader.
    const others = filesWith(comparison).filter((name) => !/^aws\/dynamo-\w+-repository\.ts$/.test(name));
    expect(others).toEqual([
      'aws/dynamo-managed-sessions.ts', // a condition of a write
      'aws/token-steps.ts', // conditions of writes
      'http/tokens/fetch-revocation.ts', // the state of a receipt
      'hygiene/schedule.ts', // whether there is anything to do about a token later
      'notices/delivery-tries.ts', // the state of a mail
      'notices/digest-content.ts', // how a mail speaks of an expiry
      'notices/digest-entries.ts', // of a deleted token, or of another expiry, no mail tells
      'notices/send-digest.ts', // the state of a mail
      'sessions/end-sessions.ts', // the state of a receipt
      'sessions/end-shard.ts', // which rows an operation ends: those of an older epoch
      'sessions/reconcile.ts', // which leftovers are to be tidied
      'sessions/resume-revocations.ts', // the state of a receipt
      'sessions/revoke-by-value.ts', // what is stopped already is not stopped again, and keeps an expiry that is past
      'stacks/invitation.ts', // the expiry of an invitation
      'stream/token-changes.ts', // what an event tells of a change
      'tokens/delete-token.ts', // the same
      'tokens/edit-token.ts', // the same, and what an edit changes
      'tokens/expiry.ts', // no expiry is later than any instant
      'tokens/idempotency.ts', // a deleted token is none, for its owners
      'tokens/read-tokens.ts', // a deleted token is none, for its owners
      'tokens/revocation.ts', // whether an edit raises the epoch
      'tokens/settings.ts', // a past expiry is refused
      'tokens/succeed-token.ts', // whose expiry an overlap moves: never to a later one
      'tokens/token.ts', // isAlive; and how a token is called in a list
      'verification/judge.ts',
      'verification/session.ts', // isOpen; and which of two instants comes first
    ]);
  });
});

describe('law 2: every door answers what the judge says', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  const reasons: Readonly<Record<string, string>> = {
    unauthenticated: 'unknown',
    'token-expired': 'expired',
    'token-revoked': 'deleted',
    'stack-not-found': 'other-stack',
    'insufficient-scope': 'out-of-scope',
  };
  const answered = ({ status, body }: Reply) =>
    status === 200 ? 'active' : reasons[String(body.type).split('/').at(-1) ?? ''];

  /** The judge, on what is stored, at this moment. */
  async function judged(value: string, { stack, branch }: { stack: string; branch: string }, isScoped: boolean) {
    const { operator, system } = running;
    const uid = `blt${value.split('_')[1]}`;
    const row = await operator.item(operator.tables.tokens, `STACK#${stack}`, `BRANCH#${branch}`);
    const token = tokenFrom(await operator.item(operator.tables.tokens, `TOKEN#${uid}`, 'META'));
    const need = { module: 'environment', access: 'read', branch: branchNamesFrom(row) ?? undefined } as const;
    const matches = token !== null && digestMatches(value, token.digest);
    const presented = { digestMatches: matches, stack, ...(isScoped ? { need } : {}) };
    const verdict = judge({ token, presented, now: system.clock.now() });
    return verdict.active ? 'active' : verdict.reason;
  }

  it('for values in every state, on every branch', async () => {
    const { system } = running;
    const inAnHour = new Date(system.clock.now().getTime() + 3_600_000).toISOString();
    const entries = [
      { module: 'entry', acl: { read: true } },
      { module: 'branch', branches: ['$all'], acl: { read: true } },
    ];
    const onMain = [
      { module: 'environment', acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ];
    const [live, expired, stopped, deleted, unscoped, narrow, other] = await Promise.all([
      running.createToken(),
      running.createToken({ expires_on: inAnHour }),
      running.createToken(),
      running.createToken(),
      running.createToken({ scope: entries }),
      running.createToken({ scope: onMain }),
      running.createStack().then((stack) => running.createToken({}, { stack })),
    ]);
    system.clock.advance('PT2H');
    await running.call('PUT', `/v3/stacks/management_tokens/${stopped.uid}`, {
      as: 'owner',
      json: { token: { expires_on: 'now' } },
    });
    await running.deleteToken(deleted);
    const values = [live, expired, stopped, deleted, unscoped, narrow, other].map(({ value }) => value);
    const forged = [live, deleted].map(({ uid }) => mintTokenValue(uid, random));
    const unheardOf = mintTokenValue(`blt${random(8).toString('hex')}`, random);
    const seen = new Set<string>();
    for (const value of [...values, ...forged, unheardOf]) {
      for (const branch of ['main', 'development', 'no-such-branch']) {
        const verdict = await judged(value, { stack: running.stack, branch }, true);
        seen.add(verdict);
        expect(answered(await running.use(value, { headers: { branch } }))).toBe(verdict);
      }
      const { body } = await running.introspect(value);
      expect(body.active ? 'active' : 'not active').toBe(
        (await judged(value, { stack: running.stack, branch: 'main' }, false)) === 'active' ? 'active' : 'not active',
      );
      expect(body.active || Object.keys(body)).toEqual(body.active || ['active']);
    }
    expect([...seen].sort()).toEqual(['active', ...Object.values(reasons)].sort());
  });
});

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
