/** What people and programs have the doors write, and what comes after it. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { people } from '../../local/cast.ts';
import type { HygieneStack, MadeToken } from '../support/hygiene-scene.ts';
import type { Deed, Flow, LateWrites } from '../support/late-writes.ts';
import { allRights, type Call } from '../support/running-system.ts';

const tokensPath = '/v3/stacks/management_tokens';
const nextYear = 365 * 24;

/** A stack with a token, and the requests of the people and programs around it. */
class Scene {
  readonly late: LateWrites;
  readonly stack: HygieneStack;
  readonly token: MadeToken;

  private constructor(late: LateWrites, { stack, token }: { stack: HygieneStack; token: MadeToken }) {
    this.late = late;
    this.stack = stack;
    this.token = token;
  }

  static async make(late: LateWrites): Promise<Scene> {
    const stack = await late.scene.stack(`Stack ${randomUUID()}`.slice(0, 30));
    return new Scene(late, { stack, token: await stack.token('ci-deploy', nextYear) });
  }

  get path(): string {
    return `${tokensPath}/${this.token.uid}`;
  }

  call(method: string, path: string, call: Call = {}) {
    return this.late.scene.running.call(method, path, { stack: this.stack.key, ...call });
  }

  asOwner = (method: string, path: string, json?: object) =>
    this.call(method, path, { as: 'owner', ...(json ? { json } : {}) });

  edit = (token: object) => this.asOwner('PUT', this.path, { token });
  stop = () => this.edit({ expires_on: 'now' });
  extend = () => this.edit({ expires_on: this.late.scene.after(nextYear) });
  delete = () => this.asOwner('DELETE', `${this.path}?confirm_name=${this.token.name}`);
  create = (name: string, headers = {}) =>
    this.call('POST', tokensPath, { as: 'owner', json: { token: { name, scope: allRights } }, headers });
  revoke = (value: string) =>
    this.call('POST', '/oauth2/revoke', { body: new URLSearchParams({ token: value }), stack: null });

  async open(): Promise<{ uid: string; value: string }> {
    const { status, body } = await this.call('POST', '/v3/token_sessions', {
      value: this.token.value,
      json: { session: {} },
    });
    return { uid: body.session?.uid ?? `none: ${status}`, value: body.session?.token ?? '' };
  }

  use = (value: string) => this.late.scene.running.use(value, { stack: this.stack.key });
  environment = (value: string, name: string) =>
    this.call('POST', '/v3/environments', { value, json: { environment: { name } } });
  minuteLater = () => this.late.scene.running.system.clock.advance('PT1M');
}

const audit = 'put audit STACK';
const uses = 'update usage USED LAST';

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

const receipt = 'put tokens TOKEN RECEIPT';
const token = 'update tokens TOKEN META';
const created = 'put tokens TOKEN META + put tokens STACK NAME + update tokens STACK COUNT + put tokens STACK TOKEN';

export function flowsOfTokens(late: () => LateWrites): Flow[] {
  const by = 'http/change-tokens';
  const flow = (name: string, writes: readonly string[], deed: (scene: Scene) => Deed | Promise<Deed>): Flow => ({
    name,
    by,
    writes,
    prepare: async () => await deed(await Scene.make(late())),
  });
  const named = async (scene: Scene, name: string) =>
    (await scene.asOwner('GET', tokensPath)).body.tokens.filter((one: MadeToken) => one.name === name);
  return [
    {
      ...flow('a token is created, and deleted', [`${audit} + ${created}`], (scene) => {
        const made: MadeToken[] = [];
        return {
          act: async () => made.push((await scene.create('made')).body.token),
          later: () => scene.asOwner('DELETE', `${tokensPath}/${made[0]?.uid}?confirm_name=made`),
          check: async () => expect(await named(scene, 'made')).toEqual([]),
        };
      }),
      // Without a key, a creation that nobody was told of is another one, of a token whose value nobody has.
      lateness: ['answered'],
    },
    flow(
      'a token is created by an Idempotency-Key, and deleted',
      [`${audit} + ${created} + put usage IDEMPOTENCY RECORD`],
      (scene) => {
        const headers = { 'idempotency-key': randomUUID() };
        return {
          act: () => scene.create('made', headers),
          later: async () => {
            const [made] = await named(scene, 'made');
            await scene.asOwner('DELETE', `${tokensPath}/${made.uid}?confirm_name=made`);
          },
          check: async () => expect(await named(scene, 'made')).toEqual([]),
        };
      },
    ),
    flow('a token is edited, and edited back', [`${audit} + ${token}`], (scene) => ({
      act: () => scene.edit({ description: 'new' }),
      later: () => scene.edit({ description: '' }),
    })),
    flow(
      'a token is renamed, and renamed back',
      [`${audit} + ${token} + delete tokens STACK NAME + put tokens STACK NAME`],
      (scene) => ({
        act: () => scene.edit({ name: 'renamed' }),
        later: () => scene.edit({ name: scene.token.name }),
      }),
    ),
    flow('a token is stopped, and extended', [`${audit} + ${token} + ${receipt}`], (scene) => ({
      act: () => scene.stop(),
      later: () => scene.extend(),
      check: async () => expect((await scene.use(scene.token.value)).status).toBe(200),
    })),
    flow('a token is extended, and stopped', [`${audit} + ${token} + ${receipt}`], async (scene) => {
      await scene.stop();
      return {
        act: () => scene.extend(),
        later: () => scene.stop(),
        check: async () => expect((await scene.use(scene.token.value)).status).toBe(401),
      };
    }),
    flow('all sessions are ended, and others opened', [`${audit} + ${token} + ${receipt}`], (scene) => {
      const opened: string[] = [];
      return {
        act: () => scene.asOwner('DELETE', `${scene.path}/sessions`),
        later: async () => opened.push((await scene.open()).value),
        check: async () => expect((await scene.use(opened[0] ?? '')).status).toBe(200),
      };
    }),
    flow('a token gets a successor, which is deleted', [`${audit} + ${created} + ${token}`], (scene) => ({
      act: () => scene.asOwner('POST', `${scene.path}/successor`, { name: 'next' }),
      later: async () => {
        const [next] = await named(scene, 'next');
        await scene.asOwner('DELETE', `${tokensPath}/${next.uid}?confirm_name=next`);
        await scene.edit({ expires_on: null });
      },
      check: async () => expect(await named(scene, 'next')).toEqual([]),
    })),
    flow(
      'a token is deleted, and another one takes its name',
      [
        `${audit} + ${token} + delete tokens STACK TOKEN + delete tokens STACK NAME + update tokens STACK COUNT + ${receipt}`,
      ],
      (scene) => ({
        act: () => scene.delete(),
        later: () => scene.create(scene.token.name),
        check: async () => expect(await named(scene, scene.token.name)).toHaveLength(1),
      }),
    ),
    {
      ...flow('a deletion is refused, and the token renamed', [audit], (scene) => ({
        act: () => scene.asOwner('DELETE', `${scene.path}?confirm_name=another`),
        later: () => scene.edit({ name: 'another' }),
      })),
      // Given up, the entry of a refusal that was given comes late: it says so itself, by its instant.
      lateness: ['answered'],
    },
    {
      ...flow('a token is stopped by its value, and extended', [`${audit} + ${token} + ${receipt}`], (scene) => ({
        act: () => scene.revoke(scene.token.value),
        later: () => scene.extend(),
        check: async () => expect((await scene.use(scene.token.value)).status).toBe(200),
      })),
      by: 'http/revoke',
    },
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
      return {
        act: () => ask(scene),
        later: async () => {
          scene.late.scene.running.system.clock.advance('PT1S');
          await ask(scene);
        },
      };
    },
  };
}

export function flowsOfStacks(late: () => LateWrites): Flow[] {
  const { outsider } = people;
  const flow = (name: string, writes: readonly string[], deed: (scene: Scene) => Deed | Promise<Deed>): Flow => ({
    name,
    by: 'http/change-stacks',
    writes,
    prepare: async () => await deed(await Scene.make(late())),
  });
  const post = (scene: Scene, path: string, json: object) => scene.asOwner('POST', `/v3/stacks/${path}`, json);
  const share = (scene: Scene, role: string) =>
    post(scene, 'share', { emails: [outsider.email], roles: { [outsider.email]: [role] } });
  const unshare = (scene: Scene) => post(scene, 'unshare', { email: outsider.email });
  const takeUp = (scene: Scene) => scene.call('GET', '/v3/stacks', { as: 'outsider' });
  /** An account of the issuer, whose JWTs are each a second newer. */
  const visitor = async (scene: Scene) => {
    const { system } = scene.late.scene.running;
    const sub = randomUUID();
    let iat = Math.floor(scene.late.scene.now.getTime() / 1000) - 100;
    return async (email: string) => {
      iat += 1;
      const authtoken = await system.issuer.mint({ sub, email, email_verified: true, lifetime: 315_360_000, iat });
      return (await scene.call('GET', '/v3/stacks', { headers: { authtoken }, stack: null })).body;
    };
  };
  const alias = (scene: Scene, target_branch: string) =>
    scene.asOwner('PUT', '/v3/stacks/branch_aliases/deploy', { branch_alias: { target_branch } });
  const numbered = `${audit} + update tokens STACK META`;
  const joined = 'put tokens STACK MEMBER + update tokens PERSON META + put tokens PERSON STACK';
  const invited = 'put tokens STACK INVITE + put tokens INVITE STACK';
  const withdrawn = 'delete tokens STACK INVITE + delete tokens INVITE STACK';
  const statusFor = async (scene: Scene, as: 'outsider' | 'automation') =>
    (await scene.call('GET', tokensPath, { as })).status;
  return [
    flow('a stack is edited, and edited back', [`${audit} + update tokens STACK META`], (scene) => ({
      act: () => scene.asOwner('PUT', '/v3/stacks', { stack: { description: 'new' } }),
      later: () => scene.asOwner('PUT', '/v3/stacks', { stack: { description: '' } }),
    })),
    flow('a branch is added, and an alias pointed to it', [`${numbered} + put tokens STACK BRANCH`], (scene) => ({
      act: () => post(scene, 'branches', { branch: { uid: 'next' } }),
      later: () => alias(scene, 'next'),
    })),
    flow(
      'an alias is made, and moved',
      [`${numbered} + put tokens STACK ALIAS + update tokens STACK BRANCH`],
      async (scene) => {
        await post(scene, 'branches', { branch: { uid: 'next' } });
        return { act: () => alias(scene, 'main'), later: () => alias(scene, 'next') };
      },
    ),
    flow(
      'an alias is moved, and moved back',
      [`${numbered} + put tokens STACK ALIAS + update tokens STACK BRANCH`],
      async (scene) => {
        await post(scene, 'branches', { branch: { uid: 'next' } });
        await alias(scene, 'main');
        return { act: () => alias(scene, 'next'), later: () => alias(scene, 'main') };
      },
    ),
    flow(
      'an alias is deleted, and made again',
      [`${numbered} + delete tokens STACK ALIAS + update tokens STACK BRANCH`],
      async (scene) => {
        await alias(scene, 'main');
        return {
          act: () => scene.asOwner('DELETE', '/v3/stacks/branch_aliases/deploy?force=true'),
          later: () => alias(scene, 'main'),
        };
      },
    ),
    flow('somebody is invited, and the invitation withdrawn', [`${numbered} + ${invited}`], (scene) => ({
      act: () => share(scene, 'admin'),
      later: () => unshare(scene),
      check: async () => {
        await takeUp(scene);
        expect(await statusFor(scene, 'outsider')).toBe(412);
      },
    })),
    flow('an invitation is withdrawn, and given again', [`${numbered} + ${withdrawn}`], async (scene) => {
      await share(scene, 'admin');
      return { act: () => unshare(scene), later: () => share(scene, 'admin') };
    }),
    flow('a machine joins, and is removed', [`${numbered} + ${joined}`], (scene) => ({
      act: () => post(scene, 'share', { clients: ['automation'], roles: { automation: ['admin'] } }),
      later: () => post(scene, 'unshare', { client: 'automation' }),
      check: async () => expect(await statusFor(scene, 'automation')).toBe(412),
    })),
    flow(
      'a developer is made an admin, and a developer again',
      [`${numbered} + update tokens STACK MEMBER`],
      async (scene) => {
        await share(scene, 'developer');
        await takeUp(scene);
        return {
          act: () => share(scene, 'admin'),
          later: () => share(scene, 'developer'),
          check: async () => expect(await statusFor(scene, 'outsider')).toBe(403),
        };
      },
    ),
    flow(
      'a member is removed, and invited again',
      [`${numbered} + delete tokens STACK MEMBER + delete tokens PERSON STACK`],
      async (scene) => {
        await share(scene, 'admin');
        await takeUp(scene);
        return {
          act: () => unshare(scene),
          later: async () => {
            await share(scene, 'admin');
            await takeUp(scene);
          },
          check: async () => expect(await statusFor(scene, 'outsider')).toBe(200),
        };
      },
    ),
    flow(
      'the ownership is transferred, and back',
      [`${audit} + update tokens STACK MEMBER + update tokens STACK META`],
      async (scene) => {
        await scene.call('GET', '/v3/stacks', { as: 'admin' });
        await share(scene, 'admin');
        await takeUp(scene);
        return {
          act: () => post(scene, 'transfer_ownership', { transfer_to: outsider.email }),
          later: () =>
            scene.call('POST', '/v3/stacks/transfer_ownership', {
              as: 'outsider',
              json: { transfer_to: people.owner.email },
            }),
        };
      },
    ),
    {
      ...flow(
        'an invitation is taken up, and the member removed',
        [`${audit} + ${withdrawn} + ${joined}`],
        async (scene) => {
          await share(scene, 'admin');
          return {
            act: () => takeUp(scene),
            later: () => unshare(scene),
            check: async () => expect(await statusFor(scene, 'outsider')).toBe(412),
          };
        },
      ),
      by: 'http/stacks',
    },
    {
      ...flow('an invitation of somebody who has left is dropped, and another given', [withdrawn], async (scene) => {
        await share(scene, 'admin');
        await takeUp(scene);
        const guest = `${randomUUID()}@example.test`;
        const byOutsider = { emails: [guest], roles: { [guest]: ['admin'] } };
        await scene.call('POST', '/v3/stacks/share', { as: 'outsider', json: byOutsider });
        await unshare(scene);
        const visit = await visitor(scene);
        return {
          act: () => visit(guest),
          later: () => post(scene, 'share', byOutsider),
          check: async () => expect((await visit(guest)).stacks).toHaveLength(1),
        };
      }),
      by: 'http/stacks',
    },
    {
      ...flow(
        'an address changes at the issuer, and changes back',
        [`${audit} + update tokens PERSON META`],
        async (scene) => {
          const [old, today] = [`${randomUUID()}@example.test`, `${randomUUID()}@example.test`];
          await post(scene, 'share', { emails: [old], roles: { [old]: ['admin'] } });
          const visit = await visitor(scene);
          await visit(old);
          return {
            act: () => visit(today),
            later: () => visit(old),
            check: async () => {
              const { users } = (await scene.asOwner('GET', '/v3/stacks/users')).body;
              expect(users.map(({ email }: { email: string }) => email)).toContain(old);
            },
          };
        },
      ),
      by: 'http/stacks',
    },
    {
      ...flow(
        'a stack is created, and renamed',
        [`${audit} + put tokens STACK META + put tokens STACK COUNT + put tokens STACK BRANCH + ${joined}`],
        (scene) => {
          const made: string[] = [];
          return {
            act: async () => made.push(await scene.late.scene.running.createStack('owner', 'First')),
            later: () =>
              scene.call('PUT', '/v3/stacks', {
                as: 'owner',
                stack: made[0] ?? '',
                json: { stack: { name: 'Second' } },
              }),
          };
        },
      ),
      by: 'http/stacks',
      // Given up, it is a stack that nobody was told of.
      lateness: ['answered'],
    },
    {
      ...flow(
        'hygiene settings are changed, and changed back',
        [`${audit} + update tokens STACK META + update tokens STACK COUNT + ${token}`],
        (scene) => ({
          act: () => scene.asOwner('PUT', '/v3/stacks/token_hygiene', { token_hygiene: { warn_days: [5] } }),
          later: () => scene.asOwner('PUT', '/v3/stacks/token_hygiene', { token_hygiene: { warn_days: [30, 7, 1] } }),
        }),
      ),
      by: 'http/token-hygiene',
    },
    {
      ...flow('an environment is added', [uses, 'put tokens ENVIRONMENTS'], (scene) => ({
        act: () => scene.environment(scene.token.value, 'staging'),
      })),
      by: 'http/environments',
      only: ['put tokens ENVIRONMENTS'],
    },
  ];
}
