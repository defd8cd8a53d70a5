import { describe, expect, it } from 'vitest';
import { people } from '../../local/people/accounts.ts';
import type { Who } from '../support/running-system.ts';
import type { client, Stack } from './contentstack-sdk.ts';

interface Given {
  readonly clientAs: (who: Who) => Promise<ReturnType<typeof client>>;
  /** The seeded stack, as its owner and as others see it. */
  readonly stack: Stack;
  readonly stackAs: (who: Who) => Promise<Stack>;
}

/** What the SDK does with stacks, in whatever system is running. */
export function describeStacksBySdk(given: () => Given): void {
  describe('has stacks and their people', () => {
    const [owner, admin, developer] = [people.owner.email, people.admin.email, people.developer.email];
    /** A new stack of the owner's. */
    const made = async () => {
      const { api_key } = await (await given().clientAs('owner')).stack().create({ stack: { name: 'of the SDK' } });
      return (await given().clientAs('owner')).stack({ api_key });
    };
    const rolesOf = async (of: Stack) => (await of.users()).map(({ email, role }) => [email, role]);

    it('makes one, finds it, fetches it, renames it', async () => {
      const own = await made();
      const fetched = await own.fetch();
      Object.assign(fetched, { name: 'renamed by the SDK' });
      expect(await fetched.update()).toMatchObject({ name: 'renamed by the SDK' });
      const { items } = await (await given().clientAs('owner')).stack().query().find();
      expect(items.map(({ name }) => name)).toContain('renamed by the SDK');
    });

    it('shares it, lists who is in it, and unshares it', async () => {
      const own = await made();
      expect(await rolesOf(own)).toEqual([[owner, 'owner']]);
      await own.share([admin, developer], { [admin]: ['admin'] });
      for (const who of ['admin', 'developer'] as const) await (await given().clientAs(who)).stack().query().find();
      expect((await rolesOf(own)).sort()).toEqual([
        [admin, 'admin'],
        [developer, 'developer'],
        [owner, 'owner'],
      ]);
      await own.unShare(developer);
      expect((await rolesOf(own)).sort()).toEqual([
        [admin, 'admin'],
        [owner, 'owner'],
      ]);
    });

    it('hands it over', async () => {
      const own = await made();
      await own.share([admin], { [admin]: ['admin'] });
      await (await given().clientAs('admin')).stack().query().find();
      await own.transferOwnership(admin);
      expect((await rolesOf(own)).sort()).toEqual([
        [admin, 'owner'],
        [owner, 'admin'],
      ]);
    });

    it('makes branches and aliases, moves an alias, reads and lists them, and deletes the alias', async () => {
      const own = await made();
      const next = { uid: 'next', source: 'main', alias: [], deleted_at: false };
      expect(await own.branch().create({ branch: { uid: 'next', source: 'main' } })).toMatchObject(next);
      await own.branchAlias('deploy').createOrUpdate('main');
      // The SDK makes a branch of an alias: its uid is the branch, and `alias` its name.
      const pointed = { uid: 'next', source: 'main', alias: 'deploy', urlPath: '/stacks/branches/next' };
      expect(await own.branchAlias('deploy').createOrUpdate('next')).toMatchObject(pointed);
      expect(await own.branchAlias('deploy').fetch()).toMatchObject(pointed);
      expect(await own.branch('next').fetch()).toMatchObject({ ...next, alias: [{ uid: 'deploy' }] });
      expect((await own.branch().query().find()).items.map(({ uid }) => uid).sort()).toEqual(['main', 'next']);
      const { items, count } = await own.branchAlias().fetchAll({ include_count: true });
      expect([items, count]).toMatchObject([[pointed], 1]);
      expect(await items[0]?.fetch()).toMatchObject({ uid: 'next', alias: [{ uid: 'deploy' }] });
      expect(await own.branchAlias('deploy').delete()).toEqual({ notice: 'Branch alias deleted successfully.' });
      await expect(own.branchAlias('deploy').fetch()).rejects.toMatchObject({ status: 404, errorCode: 141 });
    });

    it('tells who is in a stack to its owner and admins only', async () => {
      const refusal = { status: 403, errorCode: 162 };
      await expect((await given().stackAs('developer')).users()).rejects.toMatchObject(refusal);
    });

    it.each([
      ['share', (of: Stack) => of.share(['nobody'])],
      ['unShare', (of: Stack) => of.unShare('nobody@example.test')],
      ['transferOwnership', (of: Stack) => of.transferOwnership('nobody@example.test')],
    ])('tells its user what was wrong: %s', async (_, act) => {
      await expect(act(given().stack)).rejects.toMatchObject({
        status: 422,
        errorCode: 141,
        errors: expect.any(Object),
      });
    });
  });
}
