import { expect, it } from 'vitest';
import { endOneSession } from '../../functions/sessions/end-one-session.ts';
import { refusalOf } from './refusal-of.ts';
import { foreign, live, sessions, sessionWorld, stack, stopped } from './session-world.ts';

const [first, ...others] = sessions.map(({ uid }) => uid);
const asked = { stack, uid: live.uid, session: first ?? '' };

it('an admin ends one session of a token, and the audit log says which', async () => {
  const { product, deps, liveUids } = sessionWorld();
  const actor = product.actor('admin');
  await endOneSession({ ...deps, sessions: deps.managed }, { ...asked, actor });
  expect(liveUids().sort()).toEqual(others.sort());
  expect(product.rows().audit.find(({ request_id }) => request_id === actor.request_id)).toMatchObject({
    module: 'management_token',
    event_type: 'update',
    outcome: 'done',
    metadata: { uid: live.uid, title: live.name },
    changes: [{ field: 'session', from: first, to: null }],
  });
});

it.for([
  ['developer', {}, 'not-allowed', {}],
  ['outsider', {}, 'stack-not-found', {}],
  ['owner', { uid: foreign.uid }, 'token-not-found', { uid: ['is not valid.'] }],
  ['owner', { uid: 'META' }, 'token-not-found', { uid: ['is not valid.'] }],
  ['owner', { uid: stopped.uid }, 'session-not-found', { session_uid: ['is not valid.'] }],
  ['owner', { session: 'blt00000000000fffff' }, 'session-not-found', { session_uid: ['is not valid.'] }],
  ['owner', { session: 'META' }, 'session-not-found', { session_uid: ['is not valid.'] }],
] as const)('it is refused to %s with %j, and ends nothing', async ([who, other, kind, errors]) => {
  const { product, deps, liveUids } = sessionWorld();
  const command = { ...asked, ...other, actor: product.actor(who) };
  const refusal = await refusalOf(endOneSession({ ...deps, sessions: deps.managed }, command));
  expect(refusal).toMatchObject({ kind, errors });
  expect(liveUids()).toHaveLength(3);
});
