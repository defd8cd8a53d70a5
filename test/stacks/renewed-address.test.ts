import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStack } from '../../functions/stacks/create-stack.ts';
import type { Actor } from '../../functions/stacks/person.ts';
import { tables } from '../simulation/simulated-product.ts';
import { surroundings } from '../simulation/simulated-races.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { PeopleScene } from '../support/people-scene.ts';

const [old, today] = ['ann@old.example.test', 'ann@example.test'];
let scene: PeopleScene;
beforeEach(() => {
  scene = new PeopleScene();
});
const rows = () => scene.product.rows();
/** The same account with an address of its JWT. */
const ann = (email: string, issuedAt?: number, more: { isVerified?: boolean } = {}): Actor =>
  scene.withAddress(email, { sub: 'ann', ...(issuedAt === undefined ? {} : { issuedAt }), ...more });
const addresses = async () =>
  (await scene.product.stacks.people(scene.stack)).flatMap(({ sub, address }) => (sub === 'ann' ? [address] : []));
/** The account joins the stack with the old address. */
async function join(issuedAt?: number, role = 'admin'): Promise<Actor> {
  await scene.share({ emails: [old], roles: { [old]: [role] } });
  const actor = ann(old, issuedAt);
  await scene.signIn(actor);
  return actor;
}
async function ownStack(actor: Actor): Promise<string> {
  const { product } = scene;
  const random = (bytes: number) => product.random(bytes);
  const plan = { organizationUid: '', newStackPlan: { max_tokens: 1, manage_rate_limits: false } };
  const deps = { stacks: product.stacks, now: () => product.now(), random, ...plan };
  return (await createStack(deps, { actor, fields: { name: 'Own' } })).stack.api_key;
}
const emailChanges = () =>
  rows().audit.flatMap((entry) => {
    const changes = entry.changes as readonly { field: string }[];
    return changes.some(({ field }) => field === 'email') ? [{ stack: entry.stack, changes }] : [];
  });

describe('an address that has changed at the issuer', () => {
  it.each([
    ['all stacks', undefined],
    ['one stack', fixture.stack],
  ])('is stored when the person asks for %s, with an entry in the log of each of their stacks', async (_, asked) => {
    const actor = await join(10);
    const own = await ownStack(actor);
    const renewed = ann(today, 11);
    expect(await scene.signIn(renewed, asked)).toBe('done');
    expect(await addresses()).toEqual([today]);
    const changes = [{ field: 'email', from: old, to: today }];
    expect(emailChanges()).toHaveLength(2);
    expect(emailChanges()).toEqual(expect.arrayContaining([scene.stack, own].map((stack) => ({ stack, changes }))));
    expect(scene.lastEntry()).toMatchObject({
      created_by: actor.uid,
      module: 'stack',
      event_type: 'update',
      outcome: 'done',
      request_id: renewed.request_id,
      remote_addr: renewed.remote_addr,
      metadata: { title: today },
    });
  });

  it('is the one by which people share, unshare and transfer from then on', async () => {
    const actor = await join(10);
    await scene.signIn(ann(today, 11));
    expect(await scene.share({ emails: [today], roles: { [today]: ['developer'] } })).toBe('done');
    expect(await scene.roleOf(actor)).toBe('developer');
    expect(await scene.transfer({ transfer_to: old })).toMatchObject({ kind: 'invalid' });
    expect(await scene.unshare({ email: old })).toMatchObject({ kind: 'invalid' });
    expect(await scene.unshare({ email: today })).toBe('done');
    expect(await scene.roleOf(actor)).toBeNull();
  });

  it.each([
    ['an older JWT that is still in use', () => ann(old, 10)],
    ['a JWT of the same second', () => ann(old, 11)],
    ['a JWT that does not say when it was issued', () => ann(old)],
    ['an address that is not verified', () => ann(old, 12, { isVerified: false })],
    ['an address that nobody could be named by', () => ann('"x y"@example.test', 12)],
    ['the same address in other capitals', () => ann(today.toUpperCase(), 12)],
    ['no address', (): Actor => ({ ...ann(today), identity: { ...ann(today, 12).identity, email_verified: false } })],
  ])('is not changed by %s, and nothing is written', async (_, visitor) => {
    await join(10);
    await scene.signIn(ann(today, 11));
    const before = rows();
    const actor = visitor();
    await scene.signIn(actor);
    await scene.signIn(actor, scene.stack);
    expect(rows()).toEqual(before);
    expect(await addresses()).toEqual([today]);
  });

  it('replaces one from before JWTs were looked at', async () => {
    await scene.memberBeside(old, 'ann');
    await scene.signIn(ann(today));
    expect(await addresses()).toEqual([old]);
    await scene.signIn(ann(today, 1));
    expect(await addresses()).toEqual([today]);
    await scene.signIn(ann(old, 1));
    expect(await addresses()).toEqual([today]);
  });

  it('is not stored, nor set back, by what is no visit: a stack that is made, and an invitation that is taken up', async () => {
    const actor = await join(10);
    await ownStack(ann(today, 11));
    expect(await addresses()).toEqual([old]);
    await scene.signIn(ann(today, 11));
    await ownStack(actor);
    await scene.share({ emails: [old] }, scene.who('owner'));
    await scene.signIn(actor);
    expect(await addresses()).toEqual([today]);
  });

  it('is stored before an invitation to it is taken up, whose stack learns nothing of the old one', async () => {
    await join(10);
    const { product } = scene;
    for (const asked of [undefined, fixture.otherStack]) {
      const address = asked ? 'ann@newest.example.test' : today;
      const other = new PeopleScene(product, fixture.otherStack);
      expect(await other.share({ emails: [address] }, scene.who('outsider'))).toBe('done');
      await scene.signIn(ann(address, asked ? 12 : 11), asked);
      const people = await product.stacks.people(fixture.otherStack);
      expect(people.map((one) => one.address)).toContain(address);
      expect(emailChanges().map(({ stack }) => stack)).not.toContain(fixture.otherStack);
      expect(await other.unshare({ email: address }, scene.who('outsider'))).toBe('done');
    }
    expect(emailChanges()).toHaveLength(2);
  });

  it('is stored of who is in no stack any more, and of nobody who never was in one', async () => {
    const actor = await join(10);
    await scene.unshare({ email: old });
    await scene.signIn(ann(today, 11));
    expect((await scene.product.people.find(actor.uid)).known).toEqual({ address: today, issued_at: 11 });
    expect(emailChanges()).toEqual([]);
    const before = rows();
    await scene.signIn(scene.withAddress('stranger@example.test', { issuedAt: 12 }));
    expect(rows()).toEqual(before);
  });
});

describe('a visit that is refused', () => {
  it.each([
    ['of a stack that is not theirs', { stack: fixture.otherStack, managing: false }, 'stack-not-found'],
    ['for what only owner and admins may see', { stack: fixture.stack, managing: true }, 'not-allowed'],
  ])('%s changes nothing', async (_, asked, kind) => {
    await join(10, 'developer');
    const before = rows();
    expect(await scene.visit(ann(today, 11), asked)).toMatchObject({ kind });
    expect(rows()).toEqual(before);
  });

  it('of a stack that they are invited to changes nothing: not for its people, nor by an invitation that is void', async () => {
    const admin = await join(10);
    const door = 'door@example.test';
    await scene.share({ emails: [door] }, admin);
    const invited = scene.withAddress(door, { issuedAt: 1 });
    const unchanged = async (managing: boolean, kind: string) => {
      const before = rows();
      expect(await scene.visit(invited, { stack: scene.stack, managing })).toMatchObject({ kind });
      expect(rows()).toEqual(before);
    };
    await unchanged(true, 'not-allowed');
    await scene.unshare({ email: old });
    await unchanged(false, 'stack-not-found');
  });
});

describe('visits at the same time', () => {
  it('leave the address of the newest JWT, and each change of it in the logs of all stacks, once', async () => {
    let renewed = 0;
    const jwts = fc.uniqueArray(fc.integer({ min: 11, max: 14 }), { minLength: 2, maxLength: 3 });
    const property = fc.asyncProperty(surroundings, jwts, async ({ scheduler, chooseFor }, issued) => {
      scene = new PeopleScene(simulatedProduct({ scheduler, choose: chooseFor }));
      const story = async () => {
        const own = await ownStack(await join(10));
        const visits = issued.map((at) =>
          scene.signIn(ann(`ann@${at}.example.test`, at), at % 2 ? scene.stack : undefined),
        );
        const outcomes = await Promise.all(visits);
        return { own, outcomes };
      };
      const { own, outcomes } = await scheduler.waitFor(story());
      await scheduler.waitIdle();
      const [address = null] = await scheduler.waitFor(addresses());
      const newest = Math.max(...issued);
      // Where storage could not answer one of them, it may still have carried it out.
      if (outcomes.every((outcome) => outcome === 'done')) expect(address).toBe(`ann@${newest}.example.test`);
      const logs = [scene.stack, own].map((stack) => trailIn(stack));
      for (const trail of logs) expect(trail.at(-1)?.to ?? old).toBe(address);
      expect(logs[0]).toEqual(logs[1]);
      renewed += trailIn(own).length;
    });
    await fc.assert(property, { numRuns: 300 });
    expect(renewed).toBeGreaterThan(300);
  });

  /** The changes of the address in the order in which they were committed; each begins where the one before ended. */
  function trailIn(stack: string) {
    const entries = scene.product.commits(tables.audit).flatMap(({ after }) => (after?.stack === stack ? [after] : []));
    const changes = entries.flatMap((entry) => entry.changes as { field: string; from: string; to: string }[]);
    const trail = changes.filter(({ field }) => field === 'email');
    for (const [at, { from }] of trail.entries()) expect(from).toBe(trail[at - 1]?.to ?? old);
    const issued = trail.map(({ to }) => to);
    expect(issued).toEqual(issued.toSorted());
    return trail;
  }
});
