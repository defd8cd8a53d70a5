import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import type { Invitation } from '../../functions/stacks/invitation.ts';
import type { NotChanged } from '../../functions/stacks/not-changed.ts';
import type { Actor } from '../../functions/stacks/person.ts';
import { type Alias, type Branch, madeBy } from '../../functions/stacks/stack.ts';
import type { StackChange } from '../../functions/stacks/stack-changes.ts';
import type { Repositories } from './repository-backends.ts';
import { at, memberOf, StackOfPeople, somebody } from './stack-of-people.ts';

/** What the use cases that change stacks and their people rest on. */
export function describeStackChanges(repositories: () => Repositories): void {
  const made = () => StackOfPeople.make(repositories());
  const invitation = (address: string, role: Invitation['role'] = 'admin'): Invitation => ({
    address,
    role,
    invited_by: 'x',
    invited_at: at.toISOString(),
    expires_at: '2099-01-01T00:00:00.000Z',
  });
  const stale = { failed: 'stale' };
  const main = { name: 'main', aliases: [] };
  const branch = (name: string): Branch => ({ name, aliases: [], source: 'main', ...madeBy('x', at) });
  const alias = (name: string, target: string): Alias => ({ name, target, ...madeBy('x', at) });
  const roleOf = async ({ stack }: StackOfPeople, { uid }: Actor) =>
    (await repositories().stacks.findMember(stack.api_key, uid))?.role ?? null;

  /** Every change, by whoever is given; all of them are good on a new stack with an admin. */
  const changes: readonly (readonly [
    string,
    (by: StackChange, scene: StackOfPeople, admin: Actor) => Promise<NotChanged | { readonly failed: 'name' } | null>,
  ])[] = [
    [
      'edit',
      (by, { stack }) => repositories().changes.edit({ ...by, before: stack, after: { ...stack, name: 'Renamed' } }),
    ],
    ['add a branch', (by) => repositories().changes.addBranch({ ...by, branch: branch('next') })],
    [
      'make an alias',
      (by) => repositories().changes.pointAlias({ ...by, alias: alias('deploy', 'main'), from: null, to: main }),
    ],
    [
      'share',
      (by, _scene, admin) =>
        repositories().changes.share({
          ...by,
          invitations: [invitation('ann@example.test')],
          earlier: [],
          joining: [memberOf(somebody(), 'developer')],
          roles: [{ uid: admin.uid, from: 'admin', to: 'developer' }],
        }),
    ],
    [
      'remove',
      (by, _scene, admin) =>
        repositories().changes.remove({ ...by, members: [memberOf(admin, 'admin')], invitations: [] }),
    ],
    ['transfer', (by, _scene, admin) => repositories().changes.transfer({ ...by, to: memberOf(admin, 'admin') })],
  ];

  describe.each(changes)('a change: %s', (_, change) => {
    it('is one transaction with its entry, for who may, and for nobody else', async () => {
      const scene = await made();
      const [admin, developer] = [await scene.member('admin'), await scene.member('developer')];
      const before = await scene.stored();
      expect(await change(await scene.by(developer), scene, admin)).toMatchObject({
        failed: 'member',
        member: { role: 'developer' },
      });
      expect(await change(await scene.by(somebody()), scene, admin)).toEqual({ failed: 'member', member: null });
      expect(await scene.stored()).toEqual(before);
      const by = await scene.by();
      expect(await change(by, scene, admin)).toBeNull();
      expect(await repositories().auditLog.entry(scene.stack.api_key, by.audit.uid)).toEqual(by.audit);
      const after = await scene.stored();
      expect(await change(await scene.by(), scene, admin)).not.toBeNull();
      expect(await scene.stored()).toEqual(after);
    });
  });

  it.each(changes)(
    'that others have overtaken changes nothing, though all is again as it was seen: %s',
    async (_, change) => {
      const scene = await made();
      const admin = await scene.member('admin');
      const by = await scene.by();
      await repositories().changes.addBranch({ ...(await scene.by()), branch: branch('meanwhile') });
      const before = await scene.stored();
      expect(await change(by, scene, admin)).toEqual(stale);
      expect(await scene.stored()).toEqual(before);
    },
  );

  describe('an alias', () => {
    const branchesOf = async ({ stack }: StackOfPeople) =>
      Object.fromEntries((await repositories().stacks.branches(stack)).map(({ name, aliases }) => [name, aliases]));

    it('is with one branch at a time, also where two moves meet', async () => {
      const scene = await made();
      const { changes } = repositories();
      for (const name of ['one', 'two']) await changes.addBranch({ ...(await scene.by()), branch: branch(name) });
      await changes.pointAlias({ ...(await scene.by()), alias: alias('deploy', 'main'), from: null, to: main });
      const from = { name: 'main', aliases: ['deploy'] };
      const by = await scene.by();
      const moves = ['one', 'two'].map((name) =>
        changes.pointAlias({
          ...by,
          audit: scene.audit(),
          alias: alias('deploy', name),
          from,
          to: { name, aliases: [] },
        }),
      );
      expect((await Promise.all(moves)).filter((outcome) => outcome === null)).toHaveLength(1);
      const { main: left, one, two } = await branchesOf(scene);
      expect([left, [...(one ?? []), ...(two ?? [])]]).toEqual([[], ['deploy']]);
    });

    it('has a name that no branch has', async () => {
      const scene = await made();
      const { changes } = repositories();
      await changes.addBranch({ ...(await scene.by()), branch: branch('next') });
      const next = { name: 'next', aliases: [] };
      const taken = alias('main', 'next');
      expect(await changes.pointAlias({ ...(await scene.by()), alias: taken, from: null, to: next })).toEqual(stale);
      await changes.pointAlias({ ...(await scene.by()), alias: alias('deploy', 'main'), from: null, to: main });
      expect(await changes.addBranch({ ...(await scene.by()), branch: branch('deploy') })).toEqual({ failed: 'name' });
      expect(await branchesOf(scene)).toEqual({ main: ['deploy'], next: [] });
    });
  });

  describe('an alias that is deleted', () => {
    it('is gone from its branch, and not where it has moved meanwhile', async () => {
      const scene = await made();
      const { changes, stacks } = repositories();
      await changes.addBranch({ ...(await scene.by()), branch: branch('next') });
      await changes.pointAlias({ ...(await scene.by()), alias: alias('deploy', 'main'), from: null, to: main });
      const from = { name: 'main', aliases: ['deploy'] };
      const removal = async () => await changes.removeAlias({ ...(await scene.by()), name: 'deploy', from });
      const away = { alias: alias('deploy', 'next'), from, to: { name: 'next', aliases: [] } };
      await changes.pointAlias({ ...(await scene.by()), ...away });
      expect(await removal()).toEqual(stale);
      const back = { alias: alias('deploy', 'main'), from: { name: 'next', aliases: ['deploy'] }, to: main };
      await changes.pointAlias({ ...(await scene.by()), ...back });
      expect(await removal()).toBeNull();
      expect(await stacks.aliases(scene.stack)).toEqual([]);
      expect((await stacks.branches(scene.stack)).map(({ name, aliases }) => [name, aliases])).toEqual([
        ['main', []],
        ['next', []],
      ]);
    });
  });

  describe('rows from before it was kept who made them', () => {
    it('count as made with their stack', async () => {
      const scene = await made();
      const { storage, tables, stacks } = repositories();
      const keys = keysOf(tables);
      const key = scene.stack.api_key;
      await storage.write({ put: keys.branch(key, 'main'), item: { name: 'main', aliases: ['deploy'] } });
      await storage.write({ put: keys.alias(key, 'deploy'), item: { name: 'deploy', target: 'main' } });
      const { created_by, created_at, updated_at } = scene.stack;
      const then = { created_by, updated_by: created_by, created_at, updated_at };
      expect(await stacks.branches(scene.stack)).toEqual([{ name: 'main', aliases: ['deploy'], source: '', ...then }]);
      expect(await stacks.aliases(scene.stack)).toEqual([{ name: 'deploy', target: 'main', ...then }]);
    });
  });

  describe('people', () => {
    it('take up an invitation once, and it is gone', async () => {
      const scene = await made();
      const { changes, invitations, stacks } = repositories();
      const address = `${somebody().uid}@example.test`;
      const waiting = { ...invitation(address), invited_by: scene.owner.uid };
      await changes.share({ ...(await scene.by()), invitations: [waiting], earlier: [], joining: [], roles: [] });
      expect(await stacks.invitations(scene.stack.api_key)).toEqual([waiting]);
      expect(await invitations.waitingFor(address)).toEqual([scene.stack.api_key]);
      expect(await invitations.find(scene.stack.api_key, address)).toEqual(waiting);
      const takeUp = (actor: Actor, seen = waiting) =>
        invitations.takeUp({
          stack: scene.stack.api_key,
          invitation: seen,
          member: memberOf(actor, seen.role),
          audit: scene.audit(),
        });
      const ann = somebody();
      expect(await takeUp(ann, { ...waiting, role: 'developer' })).toBe('changed');
      expect(await takeUp(ann)).toBe('taken');
      expect(await takeUp(somebody())).toBe('changed');
      expect(await roleOf(scene, ann)).toBe('admin');
      expect(await stacks.people(scene.stack.api_key)).toContainEqual({ ...memberOf(ann, 'admin'), address });
      expect([await stacks.invitations(scene.stack.api_key), await invitations.waitingFor(address)]).toEqual([[], []]);
      await changes.share({ ...(await scene.by()), invitations: [waiting], earlier: [], joining: [], roles: [] });
      expect(await takeUp(ann)).toBe('void');
      expect(await invitations.find(scene.stack.api_key, address)).toEqual(waiting);
      await invitations.withdraw(scene.stack.api_key, { ...waiting, role: 'developer' });
      expect(await invitations.find(scene.stack.api_key, address)).toEqual(waiting);
      await invitations.withdraw(scene.stack.api_key, waiting);
      expect(await invitations.find(scene.stack.api_key, address)).toBeNull();
      const ofNobody = { ...waiting, invited_by: somebody().uid };
      await changes.share({ ...(await scene.by()), invitations: [ofNobody], earlier: [], joining: [], roles: [] });
      expect(await takeUp(somebody(), ofNobody)).toBe('void');
      expect(await invitations.find(scene.stack.api_key, address)).toEqual(ofNobody);
    });

    it('leave by themselves, but not the owner, and an invitation can be withdrawn', async () => {
      const scene = await made();
      const { changes, invitations, visitors } = repositories();
      const admin = await scene.member('admin');
      const leave = async (actor: Actor, role: 'admin' | 'owner') =>
        await changes.remove({ ...(await scene.by(actor)), members: [memberOf(actor, role)], invitations: [] });
      expect(await leave(scene.owner, 'owner')).toMatchObject({ failed: 'member', member: { role: 'owner' } });
      expect(await leave(admin, 'admin')).toBeNull();
      expect([await roleOf(scene, scene.owner), await roleOf(scene, admin)]).toEqual(['owner', null]);
      expect((await visitors.find(admin.uid)).stacks).toEqual([]);
      const address = 'withdrawn@example.test';
      await changes.share({
        ...(await scene.by()),
        invitations: [invitation(address)],
        earlier: [],
        joining: [],
        roles: [],
      });
      const withdraw = async () => await changes.remove({ ...(await scene.by()), members: [], invitations: [address] });
      expect([await withdraw(), await withdraw()]).toEqual([null, stale]);
      expect(await invitations.find(scene.stack.api_key, address)).toBeNull();
    });

    it('have one owner at every moment, also where two transfers meet', async () => {
      const scene = await made();
      const admins = [await scene.member('admin'), await scene.member('admin')];
      const by = await scene.by();
      const transfers = admins.map((admin) =>
        repositories().changes.transfer({ ...by, audit: scene.audit(), to: memberOf(admin, 'admin') }),
      );
      expect((await Promise.all(transfers)).filter((outcome) => outcome === null)).toHaveLength(1);
      const roles = await Promise.all([scene.owner, ...admins].map((actor) => roleOf(scene, actor)));
      expect(roles.filter((role) => role === 'owner')).toHaveLength(1);
      expect(roles[0]).toBe('admin');
    });
  });
}
