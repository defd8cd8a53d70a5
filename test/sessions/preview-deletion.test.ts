import { describe, expect, it } from 'vitest';
import { previewDeletion } from '../../functions/sessions/preview-deletion.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Sight } from '../../functions/tokens/token-repository.ts';
import { hourOf, type LastUse } from '../../functions/values/last-use.ts';
import type { Session } from '../../functions/verification/session.ts';

import { settingsLike } from '../hygiene/settings-like.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';
import { refusalOf } from './refusal-of.ts';
import { live, sessionWorld, stack } from './session-world.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const [hour, day] = [3_600_000, 86_400_000];
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
const never = 'It has never been used: whoever holds its value may be about to.';
const forGood = 'Deleting cannot be undone, and the value can never be used again.';

interface Facts {
  readonly token?: Partial<Token>;
  readonly lastUse?: LastUse | null;
  readonly lastRefusedAt?: string | null;
  readonly open?: number;
  readonly warnDays?: readonly number[];
}

/** The preview of a token with so many open sessions. */
function preview({ token: facts = {}, lastUse = null, lastRefusedAt = null, open = 0, warnDays = [30, 7, 1] }: Facts) {
  const token = tokenLike(facts);
  const ofStack = stackLike({ hygiene: settingsLike({ warn_days: warnDays }) });
  const member = { uid: token.created_by, role: 'owner', issuer: '', sub: '' } as const;
  const seen = { member, stack: ofStack, token, branches: [], aliases: [], earlier: null };
  const rows = Array.from({ length: open }, (_, index): Session => {
    const uid = `blt0${String(index).padStart(15, '0')}`;
    return { ...sessionOf(token), uid };
  });
  const page = async ({ shard, after = '', limit }: { shard: string; after?: string; limit: number }) =>
    shard === '0' ? rows.filter(({ uid }) => uid > after).slice(0, limit) : [];
  const nothing = async () => Promise.reject(new Error('Nothing is changed by a preview.'));
  return previewDeletion(
    {
      tokens: {
        see: async ({ lastUse: isWanted }: Sight) => ({
          ...seen,
          ...(isWanted ? { lastUse, lastRefusedAt } : { lastUse: null }),
        }),
        list: nothing,
      },
      sessions: { page, open: nothing, end: nothing, epochs: nothing, deleteAll: nothing },
      now: () => now,
    },
    { caller: member.uid, stack: token.api_key, uid: token.uid },
  );
}

const sessionOf = ({ uid: token_uid, api_key, epoch }: Token) => ({
  token_uid,
  api_key,
  epoch,
  digest: '',
  client: '',
  remote_addr: '',
  opened_at: inMs(0),
  expires_at: inMs(1),
});
const usedAt = (ms: number, client = 'deployer/1.2'): LastUse => ({
  at: inMs(-ms),
  client,
  remote_addr: '',
  hours: new Map(),
});

describe('the preview of a deletion', () => {
  it('of what was never used says so', async () => {
    expect(await preview({})).toEqual({
      status: 'active',
      sessions: { count: 0, more: false },
      last_used_at: null,
      last_used_client: null,
      last_refused_at: null,
      minutes_used: { day: 0, week: 0 },
      warnings: [forGood, never],
    });
  });

  it.for([
    [1, 1, false, '1 session will end at once.'],
    [3, 3, false, '3 sessions will end at once.'],
    [1000, 1000, false, '1,000 sessions will end at once.'],
    [1001, 1000, true, 'More than 1,000 sessions will end at once.'],
  ] as const)('of %i sessions counts %i of them', async ([open, count, more, warning]) => {
    const { sessions, warnings } = await preview({ open });
    expect(sessions).toEqual({ count, more });
    expect(warnings).toEqual([forGood, warning, never]);
  });

  it('of a token that is over has no sessions, and nobody who may be about to use it', async () => {
    expect(await preview({ open: 3, token: { expires_at: inMs(0) } })).toMatchObject({
      status: 'expired',
      sessions: { count: 0, more: false },
      warnings: [forGood],
    });
  });

  it.for([
    [0, 'It was used within the last hour by deployer/1.2.'],
    [hour - 1, 'It was used within the last hour by deployer/1.2.'],
    [hour, 'It was used 1 hour ago by deployer/1.2.'],
    [2 * hour, 'It was used 2 hours ago by deployer/1.2.'],
    [7 * day - 1, 'It was used 167 hours ago by deployer/1.2.'],
  ] as const)('of what was used %i ms ago says when and by whom', async ([ms, warning]) => {
    expect(await preview({ lastUse: usedAt(ms) })).toMatchObject({
      last_used_at: inMs(-ms),
      last_used_client: 'deployer/1.2',
      warnings: [forGood, warning],
    });
  });

  it('of what was used a week ago warns of nothing', async () => {
    expect((await preview({ lastUse: usedAt(7 * day) })).warnings).toEqual([forGood]);
  });

  it.for([
    [0, 'within the last hour'],
    [hour, '1 hour ago'],
    [7 * day - 1, '167 hours ago'],
  ] as const)('of what its scope refused %i ms ago says that it is still being called', async ([ms, when]) => {
    const lastRefusedAt = inMs(-ms);
    const still = `It is still being called, and its scope refuses the calls: the last one was ${when}.`;
    expect(await preview({ lastRefusedAt })).toMatchObject({
      last_used_at: null,
      last_refused_at: lastRefusedAt,
      warnings: [forGood, still, 'No call with it has ever succeeded.'],
    });
    expect((await preview({ lastRefusedAt, lastUse: usedAt(0) })).warnings).toEqual([
      forGood,
      'It was used within the last hour by deployer/1.2.',
      still,
    ]);
  });

  it('of what its scope refused a week ago says only that no call has ever succeeded', async () => {
    const { warnings } = await preview({ lastRefusedAt: inMs(-7 * day) });
    expect(warnings).toEqual([forGood, 'No call with it has ever succeeded.']);
  });

  it('of what a client without a name used names none', async () => {
    expect(await preview({ lastUse: usedAt(0, '') })).toMatchObject({
      last_used_client: null,
      warnings: [forGood, 'It was used within the last hour.'],
    });
  });

  it.for([
    [23, 1, 1, 1, '1 minute'],
    [24, 5, 0, 5, '5 minutes'],
    [167, 5, 0, 5, '5 minutes'],
  ] as const)('counts the minutes of use %i hours ago', async ([ago, minutes, inDay, inWeek, said]) => {
    const hours = new Map([[hourOf(now) - ago, minutes]]);
    const { minutes_used, warnings } = await preview({ lastUse: { ...usedAt(8 * day), hours } });
    expect(minutes_used).toEqual({ day: inDay, week: inWeek });
    expect(warnings).toEqual([forGood, `It was in use in ${said} of the last 7 days.`]);
  });

  it.for([
    [[7, 30], 30 * day, 'expiring'],
    [[7, 30], 30 * day + 1, 'active'],
    [[], 1, 'active'],
  ] as const)('calls a token expiring within the first threshold of %j', async ([warnDays, ms, status]) => {
    expect((await preview({ warnDays, token: { expires_at: inMs(ms) } })).status).toBe(status);
  });
});

describe('who may see what a deletion would end', () => {
  it('is who may delete, of a token that is there', async () => {
    const { deps, uidOf } = sessionWorld();
    const asked = { caller: uidOf('admin'), stack, uid: live.uid };
    expect((await previewDeletion(deps, asked)).sessions).toEqual({ count: 3, more: false });
    for (const [who, kind] of [
      [{ caller: uidOf('developer') }, 'not-allowed'],
      [{ caller: uidOf('outsider') }, 'stack-not-found'],
      [{ uid: 'META' }, 'token-not-found'],
    ] as const)
      expect(await refusalOf(previewDeletion(deps, { ...asked, ...who }))).toMatchObject({ kind });
  });
});
