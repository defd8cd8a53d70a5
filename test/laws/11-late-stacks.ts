/** What doors write of stacks and their people, and what comes after it. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { people } from '../../local/people/accounts.ts';
import type { Deed, Flow, LateWrites } from '../support/late-writes.ts';
import { audit, Scene, tokensPath, uses } from './11-late-scene.ts';

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
      'a member leaves, and is invited again',
      [`${audit} + delete tokens STACK MEMBER + update tokens STACK META + delete tokens PERSON STACK`],
      async (scene) => {
        await share(scene, 'developer');
        await takeUp(scene);
        const leave = { as: 'outsider', json: { email: outsider.email } } as const;
        return {
          act: () => scene.call('POST', '/v3/stacks/unshare', leave),
          later: async () => {
            await share(scene, 'developer');
            await takeUp(scene);
          },
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
        [`${audit} + update tokens STACK META + update tokens STACK COUNT + update tokens TOKEN META`],
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
