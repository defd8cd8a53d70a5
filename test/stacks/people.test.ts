import { beforeEach, describe, expect, it } from 'vitest';
import { auditEntry } from '../../functions/stacks/audit-entry.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import { personUid } from '../../functions/stacks/person.ts';
import { day } from '../simulation/simulated-product.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { PeopleScene } from '../support/people-scene.ts';

const ann = 'ann@example.test';
let scene: PeopleScene;
beforeEach(() => {
  scene = new PeopleScene();
});
const rows = () => scene.product.rows();
const invalid = (errors: object) => ({ kind: 'invalid', errors });

describe('an invitation', () => {
  it('is taken up by who signs in with the address, in whatever capitals, and is gone then', async () => {
    expect(await scene.share({ emails: ['Ann@Example.test'], roles: { 'ANN@example.test': ['admin'] } })).toBe('done');
    const actor = scene.withAddress('aNN@example.test');
    expect(await scene.roleOf(actor)).toBeNull();
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBe('admin');
    expect((await scene.product.people.find(actor.uid)).stacks).toEqual([scene.stack]);
    expect(await scene.product.stacks.people(scene.stack)).toContainEqual(
      expect.objectContaining({ uid: actor.uid, address: ann }),
    );
    expect(rows().tokens.filter(({ pk, sk }) => /INVITE#/.test(`${pk} ${sk}`))).toEqual([]);
    expect(scene.lastEntry()).toMatchObject({
      created_by: actor.uid,
      changes: [
        { field: `invitations.${ann}`, from: 'admin', to: null },
        { field: `members.${ann}`, from: null, to: 'admin' },
      ],
    });
  });

  it.each([
    ['an address that is not verified', ann, false],
    ['another address', 'bob@example.test', true],
  ])('is not for %s', async (_, address, isVerified) => {
    await scene.share({ emails: [ann] });
    const before = rows();
    const actor = scene.withAddress(address, { isVerified });
    await scene.signIn(actor);
    await scene.signIn(actor, scene.stack);
    expect(rows()).toEqual(before);
  });

  it.each([
    ['kate@example.test', '\u212Aate@example.test'],
    ['\u212Aate@example.test', 'kate@example.test'],
    // As invitations to the second were stored until capitals beyond ASCII were told apart.
    ['jos\u00E9@example.test', 'JOS\u00C9@example.test'],
  ])('to %s is not for %s, who can be invited beside it', async (invited, address) => {
    await scene.share({ emails: [invited], roles: { [invited]: ['admin'] } });
    const actor = scene.withAddress(address);
    await scene.signIn(actor);
    await scene.signIn(actor, scene.stack);
    expect(await scene.roleOf(actor)).toBeNull();
    expect(await scene.share({ emails: [address] })).toBe('done');
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBe('developer');
    // What nobody takes up is still there under its own address, and can be withdrawn by it.
    expect((await scene.product.stacks.invitations(scene.stack)).map((one) => one.address)).toEqual([invited]);
    expect(await scene.unshare({ email: invited })).toBe('done');
    expect(await scene.roleOf(actor)).toBe('developer');
  });

  it.each([`${'x'.repeat(3000)}@example.test`, '\u{d800}@example.test', 'ann'])(
    'is for nobody whose address can be none, and they are told nothing of it',
    async (address) => {
      const before = rows();
      const actor = scene.withAddress(address);
      await scene.signIn(actor);
      await scene.signIn(actor, scene.stack);
      expect(rows()).toEqual(before);
    },
  );

  it('is taken up unasked only by who is in few stacks: strangers invite anybody, and hide nothing by it', async () => {
    const { product } = scene;
    const actor = scene.withAddress(ann);
    const own = { organizationUid: '', newStackPlan: { max_tokens: 1, manage_rate_limits: false } };
    const deps = {
      stacks: product.stacks,
      now: () => product.now(),
      random: (bytes: number) => product.random(bytes),
      ...own,
    };
    await scene.share({ emails: [ann] });
    for (let made = 0; made < 50; made += 1) await createStack(deps, { actor, fields: { name: 'Own' } });
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBeNull();
    await scene.signIn(actor, scene.stack);
    expect(await scene.roleOf(actor)).toBe('developer');
    expect((await product.people.find(actor.uid)).stacks).toHaveLength(51);
  });

  it('is for one stack, where one is named', async () => {
    await scene.share({ emails: [ann] });
    const actor = scene.withAddress(ann);
    await scene.signIn(actor, fixture.otherStack);
    expect(await scene.roleOf(actor)).toBeNull();
    await scene.signIn(actor, scene.stack);
    expect(await scene.roleOf(actor)).toBe('developer');
  });

  it('waits 30 days', async () => {
    await scene.share({ emails: [ann] });
    scene.product.pass(30 * day + 1);
    const actor = scene.withAddress(ann);
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBeNull();
    await scene.share({ emails: [ann] });
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBe('developer');
  });

  it('that is withdrawn, or changed, is no longer what it was', async () => {
    await scene.share({ emails: [ann], roles: { [ann]: ['admin'] } });
    await scene.share({ emails: [ann], roles: { [ann]: ['developer'] } });
    expect(await scene.unshare({ email: ann })).toBe('done');
    const actor = scene.withAddress(ann);
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBeNull();
    expect(scene.lastEntry()).toMatchObject({
      changes: [{ field: `invitations.${ann}`, from: 'developer', to: null }],
    });
  });

  it.each([
    ['removed', async () => scene.unshare({ email: ann })],
    ['made a developer', async () => scene.share({ emails: [ann], roles: { [ann]: ['developer'] } })],
  ])('of an admin who was %s meanwhile is worth nothing', async (_, takeRights) => {
    const admin = await scene.member(ann, 'admin');
    await scene.share({ emails: ['door@example.test'], roles: { 'door@example.test': ['admin'] } }, admin);
    expect(await takeRights()).toBe('done');
    const same = scene.withAddress('door@example.test');
    await scene.signIn(same);
    expect(await scene.roleOf(same)).toBeNull();
    expect(await scene.product.stacks.invitations(scene.stack)).toEqual([]);
  });

  describe.each([
    ['given again with less', () => scene.share({ emails: [ann], roles: { [ann]: ['developer'] } }), 'developer'],
    ['withdrawn', () => scene.unshare({ email: ann }), null],
  ])('that is %s', (_, change, role) => {
    const moments: Record<string, (signIn: () => Promise<unknown>) => void> = {
      'people are read': (signIn) => {
        const { stacks } = scene.product;
        const read = stacks.people.bind(stacks);
        stacks.people = (stack) => signIn().then(() => read(stack));
      },
      'invitations are read': (signIn) => {
        const { stacks } = scene.product;
        const read = stacks.invitations.bind(stacks);
        stacks.invitations = (stack) => signIn().then(() => read(stack));
      },
      'it is written': (signIn) => {
        scene.meanwhile = signIn;
      },
    };

    it.each(Object.entries(moments))(
      'leaves nobody what it gave before, who takes it up before %s',
      async (_when, at) => {
        const actor = scene.withAddress(ann);
        await scene.share({ emails: [ann], roles: { [ann]: ['admin'] } });
        at(() => scene.signIn(actor));
        expect(await change()).toBe('done');
        expect(await scene.roleOf(actor)).toBe(role);
        expect(await scene.product.stacks.invitations(scene.stack)).toEqual([]);
      },
    );
  });

  it('to oneself is worth nothing', async () => {
    const admin = await scene.member(ann, 'admin');
    const other = { ...admin, identity: { ...admin.identity, email: 'door@example.test' } };
    await scene.share({ emails: ['door@example.test'], roles: { 'door@example.test': ['admin'] } }, admin);
    expect(await scene.unshare({ email: ann })).toBe('done');
    await scene.signIn(other);
    expect(await scene.roleOf(admin)).toBeNull();
  });

  it('leaves the role of who has become a member meanwhile', async () => {
    const actor = await scene.member(ann, 'admin');
    const invitation = {
      address: ann,
      role: 'developer',
      invited_by: scene.who('owner').uid,
      invited_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2099-01-01T00:00:00.000Z',
    } as const;
    const { product, stack } = scene;
    const event = { stack, module: 'stack', event_type: 'update', metadata: { uid: stack, title: '' } } as const;
    const owner = scene.who('owner');
    const audit = auditEntry(event, { actor: owner, at: product.now(), operation: '0'.repeat(32) });
    const seen = (await product.stacks.find(stack, owner.uid))?.stack.changes ?? 0;
    const change = { stack, member: owner.uid, seen, audit, joining: [], roles: [] };
    await product.stackChanges.share({ ...change, invitations: [invitation], earlier: [] });
    await scene.signIn(actor);
    expect(await scene.roleOf(actor)).toBe('admin');
    expect(await scene.product.stacks.invitations(scene.stack)).toEqual([]);
  });
});

describe('sharing', () => {
  it('makes a machine a member at once, and changes the role of who is one', async () => {
    const actor = await scene.member(ann, 'developer');
    const bot = scene.withAddress('', { sub: 'ci-bot' });
    expect(
      await scene.share({
        emails: [ann],
        clients: ['ci-bot'],
        roles: { [ann]: ['admin'], 'ci-bot': ['developer', 'admin'] },
      }),
    ).toBe('done');
    expect([await scene.roleOf(actor), await scene.roleOf(bot)]).toEqual(['admin', 'admin']);
  });

  it('that would change nothing at all is refused: it says who is a member, since when, and what to do', async () => {
    const { uid } = await scene.member(ann, 'admin');
    const { created_at: annSince } = scene.lastEntry();
    await scene.share({ clients: ['ci-bot'] });
    expect(annSince).toBe((await scene.product.stacks.findMember(scene.stack, uid))?.joined_at);
    scene.product.pass(day);
    const before = rows();
    const roles = { [ann]: ['admin'] };
    expect(await scene.share({ clients: ['ci-bot'], emails: ['ANN@example.test'], roles })).toEqual(
      invalid({
        emails: [
          `name an address that belongs to a member already, since ${annSince}, as admin: ${ann}. If that account was ` +
            'deleted and made anew at the issuer, remove the member first, then invite the address again.',
        ],
        clients: [
          expect.stringMatching(/^name a machine that is a member already, since .*Z, as developer: ci-bot\.$/),
        ],
      }),
    );
    expect(rows()).toEqual(before);
    // Where something else is changed, who has the role already is in nobody's way.
    expect(await scene.share({ clients: ['ci-bot', 'other-bot'], emails: [ann], roles })).toBe('done');
    expect(scene.lastEntry()).toMatchObject({ changes: [{ field: 'members.other-bot', from: null, to: 'developer' }] });
  });

  it('with a member from before such dates were kept says so', async () => {
    await scene.memberBeside(ann, 'of-before');
    expect(await scene.share({ emails: [ann] })).toEqual(
      invalid({ emails: [expect.stringContaining('already, since before such dates were kept, as developer: ')] }),
    );
  });

  it('with an address that is invited already renews its invitation', async () => {
    await scene.share({ emails: [ann] });
    const expiry = async () => (await scene.product.stacks.invitations(scene.stack)).map((one) => one.expires_at);
    const [first = ''] = await expiry();
    scene.product.pass(day);
    expect(await scene.share({ emails: [ann] })).toBe('done');
    const [renewed = '', ...more] = await expiry();
    expect(more).toEqual([]);
    expect(Date.parse(renewed)).toBeGreaterThanOrEqual(Date.parse(first) + day);
  });

  it('with an account that was made anew works once the old one is removed', async () => {
    const old = await scene.member(ann, 'admin');
    const anew = scene.withAddress(ann, { sub: 'made anew' });
    const roles = { [ann]: ['admin'] };
    await scene.signIn(anew);
    expect(await scene.roleOf(anew)).toBeNull();
    expect(await scene.share({ emails: [ann], roles })).toMatchObject({ kind: 'invalid' });
    expect(await scene.unshare({ email: ann })).toBe('done');
    expect(await scene.share({ emails: [ann], roles })).toBe('done');
    await scene.signIn(anew);
    expect([await scene.roleOf(old), await scene.roleOf(anew)]).toEqual([null, 'admin']);
  });

  it('gives no role by an address of two members, and says how to get rid of one of them', async () => {
    const uids = [(await scene.member(ann, 'developer')).uid, (await scene.memberBeside(ann, 'twin')).uid];
    const before = rows();
    for (const role of ['admin', 'developer'])
      expect(await scene.share({ emails: [ann, 'bob@example.test'], roles: { [ann]: [role] } })).toEqual(
        invalid({
          emails: [
            `name the address of more than one member, ${ann}. Remove those who are not meant first, by "uid" in ` +
              `POST /v3/stacks/unshare: ${uids.sort().join(', ')}.`,
          ],
        }),
      );
    expect(rows()).toEqual(before);
  });

  it.each([
    [null, ['emails']],
    [{}, ['emails']],
    [{ emails: 'ann@example.test' }, ['emails']],
    [{ emails: [5] }, ['emails.0']],
    [{ emails: ['ann'] }, ['emails.0']],
    [{ emails: ['a@b@c'] }, ['emails.0']],
    [{ emails: ['a b@c'] }, ['emails.0']],
    [{ emails: ['ann@example.test\u0000'] }, ['emails.0']],
    [{ emails: [`${'x'.repeat(65)}@c`] }, ['emails.0']],
    [{ clients: [''] }, ['clients.0']],
    [{ clients: ['a b'] }, ['clients.0']],
    [{ clients: Array.from({ length: 21 }, (_, at) => `c${at}`) }, ['emails']],
    [{ emails: [ann], roles: [] }, ['roles']],
    [{ emails: [ann], roles: { [ann]: 'admin' } }, [`roles.${ann}`]],
    [{ emails: [ann], roles: { [ann]: [] } }, [`roles.${ann}`]],
    [{ emails: [ann], roles: { [ann]: ['owner'] } }, [`roles.${ann}.0`]],
    [{ emails: [ann], roles: { 'bob@example.test': ['admin'] } }, ['roles']],
    // As JSON.parse makes it: a field of its own, which zod's records drop.
    [{ emails: [ann], roles: { ['__proto__']: ['admin'] } }, ['roles.__proto__']],
    [{ clients: ['__proto__'], roles: { ['__proto__']: ['admin'] } }, ['roles.__proto__']],
  ])('by %j is refused, and nothing is written', async (fields, names) => {
    const before = rows();
    const outcome = await scene.share(fields);
    expect(outcome).toMatchObject({ kind: 'invalid' });
    expect(Object.keys(typeof outcome === 'string' ? {} : outcome.errors)).toEqual(names);
    expect(rows()).toEqual(before);
  });

  it('does not touch the owner, nor who shares, nor somebody twice', async () => {
    const actor = await scene.member(ann, 'admin');
    await scene.transfer({ transfer_to: ann });
    expect(await scene.share({ emails: [ann] }, scene.who('admin'))).toMatchObject(
      invalid({ emails: [expect.stringContaining('owner')] }),
    );
    const bob = await scene.member('bob@example.test', 'admin');
    expect(await scene.share({ emails: ['bob@example.test'] }, bob)).toMatchObject(
      invalid({ emails: [expect.stringContaining('yourself')] }),
    );
    expect(await scene.share({ emails: ['bob@example.test'], clients: ['bob@example.test'] }, actor)).toMatchObject(
      invalid({ clients: [expect.stringContaining('twice')] }),
    );
  });

  it('ends at 100 people, machines and invitations', async () => {
    const clients = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `bot-${from + at}`);
    for (const from of [0, 20, 40, 60]) expect(await scene.share({ clients: clients(from, from + 20) })).toBe('done');
    const { length } = await scene.product.stacks.people(scene.stack);
    expect(await scene.share({ clients: clients(80, 180 - length), emails: [ann] })).toMatchObject(
      invalid({ emails: [expect.stringContaining('100')] }),
    );
    expect(await scene.share({ clients: clients(80, 179 - length), emails: [ann] })).toBe('done');
  });
});

describe('unsharing', () => {
  it('removes a person, a machine, and who does it', async () => {
    const actor = await scene.member(ann, 'admin');
    await scene.share({ clients: ['ci-bot'] });
    expect(await scene.unshare({ client: 'ci-bot' }, actor)).toBe('done');
    expect(await scene.roleOf(scene.withAddress('', { sub: 'ci-bot' }))).toBeNull();
    expect(await scene.unshare({ email: ann.toUpperCase() }, actor)).toBe('done');
    expect(await scene.roleOf(actor)).toBeNull();
    expect((await scene.product.people.find(actor.uid)).stacks).toEqual([]);
    expect(scene.lastEntry()).toMatchObject({ changes: [{ field: `members.${ann}`, from: 'admin', to: null }] });
  });

  it.each([
    [null, 'email'],
    [{}, 'email'],
    [{ email: 'nobody@example.test' }, 'email'],
    [{ client: 'nobody' }, 'client'],
    [{ client: 'owner' }, 'client'],
    [{ email: ann, client: 'x' }, 'email'],
    [{ email: ann, uid: 'blt0123456789abcdef' }, 'email'],
    [{ client: 'x', uid: 'blt0123456789abcdef' }, 'email'],
    [{ uid: 'blt0123456789abcdef' }, 'uid'],
    [{ uid: 'ann' }, 'uid'],
    [{ uid: 5 }, 'uid'],
    [{ email: 'x' }, 'email'],
  ])('by %j is refused: nobody is meant, or the owner', async (fields, field) => {
    const before = rows();
    const outcome = await scene.unshare(fields);
    expect(outcome).toMatchObject(invalid({ [field]: [expect.any(String)] }));
    expect(rows()).toEqual(before);
  });

  it('by an address of two members is refused, names their uids, and one of those removes that one', async () => {
    const first = await scene.member(ann, 'admin');
    const twin = await scene.memberBeside(ann, 'twin');
    const before = rows();
    expect(await scene.unshare({ email: ann })).toEqual(
      invalid({
        email: [
          'is the address of more than one member of this stack. Send the uid of one of them instead, as "uid": ' +
            `${[first.uid, twin.uid].sort().join(', ')}.`,
        ],
      }),
    );
    // Not even who is one of the two, and may remove the other.
    expect(await scene.unshare({ email: ann }, first)).toMatchObject({ kind: 'invalid' });
    expect(rows()).toEqual(before);
    expect(await scene.unshare({ uid: twin.uid })).toBe('done');
    expect([await scene.roleOf(first), await scene.roleOf(twin)]).toEqual(['admin', null]);
    expect(scene.lastEntry().changes).toEqual([{ field: `members.${twin.uid}`, from: 'developer', to: null }]);
    expect(await scene.unshare({ email: ann })).toBe('done');
    expect(await scene.roleOf(first)).toBeNull();
  });

  it('by a client id of two issuers is refused, too', async () => {
    await scene.share({ clients: ['ci-bot'] });
    const { identity } = scene.withAddress('', { sub: 'ci-bot' });
    const uids = [personUid(identity), (await scene.memberOfIssuer('https://former.example.test', 'ci-bot')).uid];
    const before = rows();
    expect(await scene.unshare({ client: 'ci-bot' })).toEqual(
      invalid({ client: [expect.stringContaining(`"uid": ${uids.sort().join(', ')}.`)] }),
    );
    expect(rows()).toEqual(before);
    for (const uid of uids) expect(await scene.unshare({ uid })).toBe('done');
  });

  it('by uid does not remove the owner, nor anybody of whom the caller has no rights to remove', async () => {
    const developer = await scene.member(ann, 'developer');
    expect(await scene.unshare({ uid: scene.who('owner').uid })).toMatchObject(
      invalid({ uid: [expect.stringContaining('owner')] }),
    );
    expect(await scene.unshare({ uid: scene.who('admin').uid }, developer)).toMatchObject({ kind: 'not-allowed' });
    expect(await scene.unshare({ uid: developer.uid }, developer)).toBe('done');
  });

  it('is for a developer only to leave, also where another has the same address', async () => {
    const developer = await scene.member(ann, 'developer');
    const twin = await scene.memberBeside(ann, 'twin');
    await scene.share({ clients: ['ci-bot'], emails: ['bob@example.test'] });
    for (const fields of [{ client: 'ci-bot' }, { email: 'bob@example.test' }, { client: 'owner' }, {}, null])
      expect(await scene.unshare(fields, developer)).toMatchObject({ kind: 'not-allowed' });
    expect(await scene.unshare({ email: ann }, developer)).toBe('done');
    expect([await scene.roleOf(developer), await scene.roleOf(twin)]).toEqual([null, 'developer']);
    expect((await scene.product.people.find(developer.uid)).stacks).toEqual([]);
    expect(await scene.unshare({ email: ann }, developer)).toMatchObject({ kind: 'stack-not-found' });
    const bot = scene.withAddress('', { sub: 'ci-bot' });
    expect(await scene.unshare({ client: 'ci-bot' }, bot)).toBe('done');
    expect(await scene.roleOf(bot)).toBeNull();
  });

  it('by an admin who is lowered meanwhile takes nobody along', async () => {
    const admin = await scene.member(ann, 'admin');
    await scene.share({ clients: ['ci-bot'] });
    scene.meanwhile = () => scene.share({ emails: [ann], roles: { [ann]: ['developer'] } });
    expect(await scene.unshare({ client: 'ci-bot' }, admin)).toMatchObject({ kind: 'not-allowed' });
    await scene.share({ emails: [ann], roles: { [ann]: ['admin'] } });
    scene.meanwhile = () => scene.share({ emails: [ann], roles: { [ann]: ['developer'] } });
    expect(await scene.unshare({ email: ann }, admin)).toBe('done');
  });

  it('knows by their sub who made the stack and has an address that nobody could be named by', async () => {
    const { product } = scene;
    const { stacks } = product;
    const maker = scene.withAddress('"x y"@example.test', { sub: 'maker' });
    const plan = { organizationUid: '', newStackPlan: { max_tokens: 1, manage_rate_limits: false } };
    const deps = { stacks, now: () => product.now(), random: (bytes: number) => product.random(bytes), ...plan };
    const { stack } = await createStack(deps, { actor: maker, fields: { name: 'New' } });
    expect(await stacks.people(stack.api_key)).toMatchObject([{ uid: maker.uid, sub: 'maker', address: null }]);
  });

  it('leaves who has become the owner meanwhile', async () => {
    const [actor] = [await scene.member(ann, 'admin')];
    const owner = scene.who('owner');
    scene.meanwhile = () => scene.transfer({ transfer_to: ann }, owner);
    expect(await scene.unshare({ email: ann }, scene.who('admin'))).toMatchObject({ kind: 'invalid' });
    expect(await scene.roleOf(actor)).toBe('owner');
    const bob = await scene.member('bob@example.test', 'admin');
    scene.meanwhile = () => scene.transfer({ transfer_to: 'bob@example.test' }, actor);
    expect(await scene.unshare({ email: 'bob@example.test' }, bob)).toMatchObject({ kind: 'invalid' });
    expect(await scene.roleOf(bob)).toBe('owner');
  });
});

describe('a transfer', () => {
  it('makes another the owner, and the owner an admin', async () => {
    const actor = await scene.member(ann, 'developer');
    expect(await scene.transfer({ transfer_to: ann })).toBe('done');
    expect([await scene.roleOf(actor), await scene.roleOf(scene.who('owner'))]).toEqual(['owner', 'admin']);
    expect(await scene.transfer({ transfer_to: ann })).toMatchObject({ kind: 'not-allowed' });
  });

  it.each([[null], [{}], [{ transfer_to: 'nobody@example.test' }], [{ transfer_to: 5 }]])(
    'by %j is refused by the name of the field',
    async (fields) => {
      expect(await scene.transfer(fields)).toMatchObject(invalid({ transfer_to: [expect.any(String)] }));
    },
  );

  it('is not for an admin, and not to an invitation or to oneself', async () => {
    const actor = await scene.member(ann, 'admin');
    expect(await scene.transfer({ transfer_to: ann }, actor)).toMatchObject({ kind: 'not-allowed' });
    await scene.share({ emails: ['bob@example.test'] });
    expect(await scene.transfer({ transfer_to: 'bob@example.test' })).toMatchObject({ kind: 'invalid' });
    await scene.transfer({ transfer_to: ann });
    expect(await scene.transfer({ transfer_to: ann }, actor)).toMatchObject({ kind: 'invalid' });
  });

  it('to an address of two members is refused, names their uids, and goes to the one that is named', async () => {
    const first = await scene.member(ann, 'admin');
    const twin = await scene.memberBeside(ann, 'twin');
    const before = rows();
    expect(await scene.transfer({ transfer_to: ann })).toEqual(
      invalid({
        transfer_to: [
          'is the address of more than one member of this stack. Send the uid of one of them instead: ' +
            `${[first.uid, twin.uid].sort().join(', ')}.`,
        ],
      }),
    );
    expect(rows()).toEqual(before);
    expect(await scene.transfer({ transfer_to: twin.uid })).toBe('done');
    expect([await scene.roleOf(first), await scene.roleOf(twin)]).toEqual(['admin', 'owner']);
    // The new owner has the address, too.
    expect(await scene.transfer({ transfer_to: ann }, twin)).toMatchObject(
      invalid({ transfer_to: [expect.stringContaining(first.uid)] }),
    );
    expect(await scene.transfer({ transfer_to: 'blt0123456789abcdef' }, twin)).toMatchObject(
      invalid({ transfer_to: ['is not a member of this stack. Share it first.'] }),
    );
  });

  it('leaves one owner, also where two are begun at once', async () => {
    const actors = [await scene.member(ann, 'admin'), await scene.member('bob@example.test', 'admin')];
    const owner = scene.who('owner');
    scene.meanwhile = () => scene.transfer({ transfer_to: ann }, owner);
    expect(await scene.transfer({ transfer_to: 'bob@example.test' }, owner)).toMatchObject({ kind: 'not-allowed' });
    const roles = await Promise.all([owner, ...actors].map((actor) => scene.roleOf(actor)));
    expect(roles).toEqual(['admin', 'owner', 'admin']);
  });
});
