import { describe, expect, it } from 'vitest';
import type { Invitation } from '../../functions/stacks/invitation.ts';
import type { Actor } from '../../functions/stacks/person.ts';
import type { Branch } from '../../functions/stacks/stack.ts';
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
  const main: Branch = { name: 'main', aliases: [] };
  const roleOf = async ({ stack }: StackOfPeople, { uid }: Actor) =>
    (await repositories().stacks.findMember(stack.api_key, uid))?.role ?? null;

  /** Every change, by whoever is given; all of them are good on a new stack with an admin. */
  const changes: readonly (readonly [
    string,
    (by: StackChange, scene: StackOfPeople, admin: Actor) => Promise<boolean | 'taken'>,
  ])[] = [
    [
      'edit',
      (by, { stack }) => repositories().changes.edit({ ...by, before: stack, after: { ...stack, name: 'Renamed' } }),
    ],
    ['add a branch', (by) => repositories().changes.addBranch({ ...by, name: 'next' })],
    ['make an alias', (by) => repositories().changes.pointAlias({ ...by, name: 'deploy', from: null, to: main })],
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

  describe.each(changes)('a change: %s', (name, change) => {
    it('is one transaction with its entry, for who may, and for nobody else', async () => {
      const scene = await made();
      const [admin, developer] = [await scene.member('admin'), await scene.member('developer')];
      const before = await scene.stored();
      for (const [who, kind] of [
        [developer, name === 'transfer' ? null : 'not-allowed'],
        [somebody(), 'stack-not-found'],
      ] as const) {
        const refused = change(await scene.by(who), scene, admin);
        if (kind) await expect(refused).rejects.toMatchObject({ kind });
        else await expect(refused).rejects.toBeDefined();
      }
      expect(await scene.stored()).toEqual(before);
      const by = await scene.by();
      expect(await change(by, scene, admin)).toBe(true);
      expect(await repositories().auditLog.auditEntry(scene.stack.api_key, by.audit.uid)).toEqual(by.audit);
      const after = await scene.stored();
      expect(await change(await scene.by(), scene, admin)).not.toBe(true);
      expect(await scene.stored()).toEqual(after);
    });
  });

  it.each(changes)(
    'that others have overtaken changes nothing, though all is again as it was seen: %s',
    async (_, change) => {
      const scene = await made();
      const admin = await scene.member('admin');
      const by = await scene.by();
      await repositories().changes.addBranch({ ...(await scene.by()), name: 'meanwhile' });
      const before = await scene.stored();
      expect(await change(by, scene, admin)).toBe(false);
      expect(await scene.stored()).toEqual(before);
    },
  );

  describe('an alias', () => {
    const branchesOf = async ({ stack }: StackOfPeople) =>
      Object.fromEntries(
        (await repositories().stacks.branches(stack.api_key)).map(({ name, aliases }) => [name, aliases]),
      );

    it('is with one branch at a time, also where two moves meet', async () => {
      const scene = await made();
      const { changes } = repositories();
      for (const name of ['one', 'two']) await changes.addBranch({ ...(await scene.by()), name });
      await changes.pointAlias({ ...(await scene.by()), name: 'deploy', from: null, to: main });
      const from = { name: 'main', aliases: ['deploy'] };
      const by = await scene.by();
      const moves = ['one', 'two'].map((name) =>
        changes.pointAlias({ ...by, audit: scene.audit(), name: 'deploy', from, to: { name, aliases: [] } }),
      );
      expect((await Promise.all(moves)).filter(Boolean)).toHaveLength(1);
      const { main: left, one, two } = await branchesOf(scene);
      expect([left, [...(one ?? []), ...(two ?? [])]]).toEqual([[], ['deploy']]);
    });

    it('has a name that no branch has', async () => {
      const scene = await made();
      const { changes } = repositories();
      await changes.addBranch({ ...(await scene.by()), name: 'next' });
      const next = { name: 'next', aliases: [] };
      expect(await changes.pointAlias({ ...(await scene.by()), name: 'main', from: null, to: next })).toBe(false);
      await changes.pointAlias({ ...(await scene.by()), name: 'deploy', from: null, to: main });
      expect(await changes.addBranch({ ...(await scene.by()), name: 'deploy' })).toBe('taken');
      expect(await branchesOf(scene)).toEqual({ main: ['deploy'], next: [] });
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
      expect(await takeUp(ann, { ...waiting, role: 'developer' })).toBe(false);
      expect(await takeUp(ann)).toBe(true);
      expect(await takeUp(somebody())).toBe(false);
      expect(await roleOf(scene, ann)).toBe('admin');
      expect(await stacks.people(scene.stack.api_key)).toContainEqual({ ...memberOf(ann, 'admin'), address });
      expect([await stacks.invitations(scene.stack.api_key), await invitations.waitingFor(address)]).toEqual([[], []]);
      await changes.share({ ...(await scene.by()), invitations: [waiting], earlier: [], joining: [], roles: [] });
      expect(await takeUp(ann)).toBe(false);
      expect(await invitations.find(scene.stack.api_key, address)).toBeNull();
      const ofNobody = { ...waiting, invited_by: somebody().uid };
      await changes.share({ ...(await scene.by()), invitations: [ofNobody], earlier: [], joining: [], roles: [] });
      expect(await takeUp(somebody(), ofNobody)).toBe(false);
      expect(await invitations.find(scene.stack.api_key, address)).toBeNull();
    });

    it('leave by themselves, but not the owner, and an invitation can be withdrawn', async () => {
      const scene = await made();
      const { changes, invitations, stacks } = repositories();
      const admin = await scene.member('admin');
      const leave = async (actor: Actor, role: 'admin' | 'owner') =>
        await changes.remove({ ...(await scene.by(actor)), members: [memberOf(actor, role)], invitations: [] });
      expect(await leave(scene.owner, 'owner')).toBe(false);
      expect(await leave(admin, 'admin')).toBe(true);
      expect([await roleOf(scene, scene.owner), await roleOf(scene, admin)]).toEqual(['owner', null]);
      expect(await stacks.listOf(admin.uid)).toEqual([]);
      const address = 'withdrawn@example.test';
      await changes.share({
        ...(await scene.by()),
        invitations: [invitation(address)],
        earlier: [],
        joining: [],
        roles: [],
      });
      const withdraw = async () => await changes.remove({ ...(await scene.by()), members: [], invitations: [address] });
      expect([await withdraw(), await withdraw()]).toEqual([true, false]);
      expect(await invitations.find(scene.stack.api_key, address)).toBeNull();
    });

    it('have one owner at every moment, also where two transfers meet', async () => {
      const scene = await made();
      const admins = [await scene.member('admin'), await scene.member('admin')];
      const by = await scene.by();
      const transfers = admins.map((admin) =>
        repositories().changes.transfer({ ...by, audit: scene.audit(), to: memberOf(admin, 'admin') }),
      );
      expect((await Promise.all(transfers)).filter(Boolean)).toHaveLength(1);
      const roles = await Promise.all([scene.owner, ...admins].map((actor) => roleOf(scene, actor)));
      expect(roles.filter((role) => role === 'owner')).toHaveLength(1);
      expect(roles[0]).toBe('admin');
    });
  });
}
