/** What doors write of tokens, and what comes after it. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { MadeToken } from '../support/hygiene-scene.ts';
import type { Deed, Flow, LateWrites } from '../support/late-writes.ts';
import { audit, Scene, tokensPath } from './11-late-scene.ts';

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
