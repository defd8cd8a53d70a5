import { describe, expect, it } from 'vitest';
import { mintUid } from '../../functions/values/token-value.ts';
import type { Repositories } from './repository-backends.ts';
import { at, memberOf, random, StackOfPeople, somebody } from './stack-of-people.ts';

/** What the use cases of stacks and their people rest on. */
export function describeStackRepository(repositories: () => Repositories): void {
  const made = () => StackOfPeople.make(repositories());

  describe('a stack', () => {
    it('is found by its members, and by nobody else', async () => {
      const scene = await made();
      const { stacks } = repositories();
      const owner = { ...memberOf(scene.owner, 'owner'), joined_at: at.toISOString() };
      const found = { stack: scene.stack, member: owner, tokenCount: 0 };
      expect(await stacks.find(scene.stack.api_key, scene.owner.uid)).toEqual(found);
      expect(await stacks.find(scene.stack.api_key, somebody().uid)).toBeNull();
      expect(await stacks.find(mintUid(random), scene.owner.uid)).toBeNull();
    });

    it('counts its tokens', async () => {
      const scene = await made();
      await scene.token();
      await scene.token({ name: 'second' });
      expect((await repositories().stacks.find(scene.stack.api_key, scene.owner.uid))?.tokenCount).toBe(2);
    });

    it('is in the list of each of its members, also where a batch read cannot hold the list', async () => {
      const owner = somebody();
      const stacks: string[] = [];
      for (let made = 0; made < 35; made += 1)
        stacks.push((await StackOfPeople.make(repositories(), owner)).stack.api_key);
      const { visitors, stacks: all } = repositories();
      const listed = await visitors.find(owner.uid);
      expect(listed.stacks).toEqual(stacks.toSorted());
      const found = await all.findEach([...stacks, mintUid(random)], owner.uid);
      expect(found.map(({ stack }) => stack.api_key)).toEqual(stacks);
      expect(await visitors.find(somebody().uid)).toEqual({ known: null, stacks: [] });
      expect(await all.findEach(stacks, somebody().uid)).toEqual([]);
    });

    it('shows all its people, also where shares at the same moment have passed their limit', async () => {
      const scene = await made();
      for (let from = 0; from < 104; from += 20) {
        const joining = Array.from({ length: 20 }, () => memberOf(somebody(), 'developer'));
        await repositories().changes.share({ ...(await scene.by()), invitations: [], earlier: [], joining, roles: [] });
      }
      const people = await repositories().stacks.people(scene.stack.api_key);
      expect([people.length, new Set(people.map(({ uid }) => uid)).size]).toEqual([121, 121]);
      const digest = { stack: scene.stack.api_key, send_at: '2026-08-02T08:00:00.000Z', notices: [] };
      // Whoever is to be told is looked for among all of them, too.
      expect((await repositories().digests.scene(digest))?.people).toEqual(people);
    });

    it('takes a member once', async () => {
      const scene = await made();
      const { stack } = scene;
      const { people } = repositories();
      const admin = memberOf(somebody(), 'admin');
      const audit = () => scene.audit();
      expect(await people.addMember(stack, admin, audit())).toBe(true);
      expect(await people.addMember(stack, { ...admin, role: 'owner' }, audit())).toBe(false);
      expect(await people.findMember(stack.api_key, admin.uid)).toEqual(admin);
    });
  });

  describe('what a program reaches', () => {
    it('is its token, and the branch with the aliases that point to it', async () => {
      const scene = await made();
      const token = await scene.token();
      await scene.alias('deploy');
      const branch = { stack: scene.stack.api_key, name: 'main' };
      const { credentials } = repositories();
      const found = { token, session: null, branch: { name: 'main', aliases: ['deploy'] } };
      expect(await credentials.find({ token: token.uid, branch })).toEqual(found);
      expect(await credentials.find({ token: token.uid })).toEqual({ ...found, branch: null });
      const nothing = { token: null, session: null, branch: null };
      const none = { stack: scene.stack.api_key, name: 'none' };
      expect(await credentials.find({ token: mintUid(random), session: mintUid(random), branch: none })).toEqual(
        nothing,
      );
    });

    it('is the environments of its stack, by name, each name once', async () => {
      const { environments } = repositories();
      const { stack } = await made();
      const environment = (name: string) => ({
        uid: mintUid(random),
        name,
        created_by: 'x',
        created_at: at.toISOString(),
      });
      for (const name of ['b', 'a', 'c'])
        expect(await environments.create(stack.api_key, environment(name))).toBe(true);
      expect(await environments.create(stack.api_key, environment('a'))).toBe(false);
      expect((await environments.list(stack.api_key, 2)).map(({ name }) => name)).toEqual(['a', 'b']);
      expect(await environments.list((await made()).stack.api_key, 100)).toEqual([]);
    });
  });
}
