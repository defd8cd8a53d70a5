/** What doors write of sessions and of uses, and what comes after it. */
import { expect } from 'vitest';
import type { Flow, LateWrites } from '../support/late-writes.ts';
import { allRights } from '../support/running-system.ts';
import { audit, Scene, uses } from './11-late-scene.ts';

const ends: Readonly<Record<string, (scene: Scene, session: { uid: string; value: string }) => Promise<unknown>>> = {
  itself: (scene, { value }) => scene.call('DELETE', '/v3/token_sessions/current', { value }),
  'an admin': (scene, { uid }) => scene.call('DELETE', `${scene.path}/sessions/${uid}`, { as: 'admin' }),
  'its value': (scene, { value }) => scene.revoke(value),
  '"end all"': (scene) => scene.asOwner('DELETE', `${scene.path}/sessions`),
  'the deletion of its token': (scene) => scene.delete(),
};

export function flowsOfSessions(late: () => LateWrites): Flow[] {
  const openings = Object.entries(ends).map(
    ([way, end]): Flow => ({
      name: `a session is opened, and ended by ${way}`,
      by: 'http/token-sessions',
      writes: [uses, 'update usage WINDOW', 'put sessions SESSION'],
      only: ['put sessions SESSION', 'update usage WINDOW'],
      prepare: async () => {
        const scene = await Scene.make(late());
        const opened: { uid: string; value: string }[] = [];
        const act = async () => opened.push(await scene.open());
        const given = () => opened.filter(({ value }) => value !== '');
        return {
          act,
          later: async () => {
            scene.minuteLater();
            for (const session of given()) expect((await scene.use(session.value)).status).toBe(200);
            for (const session of given()) await end(scene, session);
          },
          // A row that arrives late is of a session that nobody was told of.
          isNobodys: ({ token_uid, pk, uid }) =>
            String(pk).startsWith('SESSION#') &&
            token_uid === scene.token.uid &&
            given().every((one) => one.uid !== uid),
          check: async () => {
            expect(given()).toHaveLength(1);
            for (const { value } of given()) {
              expect((await scene.use(value)).status).toBe(401);
              expect((await scene.late.scene.running.introspect(value, { stack: scene.stack.key })).body).toEqual({
                active: false,
              });
            }
          },
        };
      },
    }),
  );
  const ending = (way: string, by: string, write: string): Flow => ({
    name: `a session is ended by ${way}`,
    by,
    writes: by === 'http/token-sessions' ? [uses, write] : [write],
    only: [write],
    prepare: async () => {
      const scene = await Scene.make(late());
      const [session, other] = [await scene.open(), await scene.open()];
      scene.minuteLater();
      return {
        act: async () => ends[way]?.(scene, session),
        later: () => scene.open(),
        check: async () =>
          expect([(await scene.use(session.value)).status, (await scene.use(other.value)).status]).toEqual([401, 200]),
      };
    },
  });
  return [
    ...openings,
    ending('itself', 'http/token-sessions', 'delete sessions SESSION'),
    ending('an admin', 'http/change-tokens', `${audit} + delete sessions SESSION`),
    ending('its value', 'http/revoke', 'delete sessions SESSION'),
  ];
}

export function flowsOfUses(late: () => LateWrites): Flow[] {
  const dead = ['update usage USED DEAD', 'put tokens GHOST'];
  const doors: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
    'http/environments': (scene) => scene.use(scene.token.value),
    'http/branches': (scene) => scene.call('GET', '/v3/stacks/branches', { value: scene.token.value }),
    'http/introspect': (scene) => scene.late.scene.running.introspect(scene.token.value, { stack: scene.stack.key }),
    'http/token-sessions': (scene) => scene.open(),
    'http/authorize': (scene) =>
      fetch(`${scene.late.scene.running.system.otherApis.example}/notes`, {
        headers: { api_key: scene.stack.key, authorization: scene.token.value },
      }),
  };
  const limited = ['http/environments', 'http/authorize'];
  return Object.entries(doors).flatMap(([by, ask]): Flow[] => [
    ...(limited.includes(by) ? [limitsAt(late, by, ask)] : []),
    {
      name: `a token is used at ${by}, and a minute later again`,
      by,
      writes: by === 'http/token-sessions' ? [uses, 'update usage WINDOW', 'put sessions SESSION'] : [uses],
      only: [uses],
      prepare: async () => {
        const scene = await Scene.make(late());
        return {
          act: () => ask(scene),
          later: async () => {
            scene.minuteLater();
            await ask(scene);
          },
        };
      },
    },
    ...(by === 'http/environments' ? [refusedAt(late, by)] : []),
    {
      name: `a dead value is used at ${by}, and an hour later again`,
      by,
      writes: dead,
      // Given up, what tells of the use tells of it late, and once.
      lateness: ['answered'],
      prepare: async () => {
        const scene = await Scene.make(late());
        await scene.delete();
        return {
          act: () => ask(scene),
          later: async () => {
            scene.late.scene.pass(1);
            await ask(scene);
          },
        };
      },
    },
  ]);
}

function refusedAt(late: () => LateWrites, by: string): Flow {
  return {
    name: `a token's scope refuses a call at ${by}, and a minute later again`,
    by,
    writes: [uses],
    prepare: async () => {
      const scene = await Scene.make(late());
      await scene.edit({
        scope: allRights.map((right) => ('acl' in right ? { ...right, acl: { read: true } } : right)),
      });
      const ask = async () => expect((await scene.environment(scene.token.value, 'staging')).status).toBe(403);
      return {
        act: ask,
        later: async () => {
          scene.minuteLater();
          await ask();
        },
      };
    },
  };
}

function limitsAt(late: () => LateWrites, by: string, ask: (scene: Scene) => Promise<unknown>): Flow {
  return {
    name: `a token with limits is used at ${by}, and a second later again`,
    by,
    writes: ['update usage WINDOW', uses],
    only: ['update usage WINDOW'],
    prepare: async () => {
      const scene = await Scene.make(late());
      await scene.edit({ rate_limit_enabled: true, rate_limits: { read: 5, write: 5 } });
      let secondLater = 0;
      return {
        act: () => ask(scene),
        later: async () => {
          const now = scene.late.scene.running.system.clock.advance('PT1S');
          secondLater = Math.floor(now.getTime() / 1000);
          await ask(scene);
        },
        // A window that is over limits nothing. Where the second was over before it was asked again, only the late write counts in it.
        isNobodys: ({ pk, sk }) => String(pk).startsWith('WINDOW#') && Number(sk) < secondLater,
      };
    },
  };
}
