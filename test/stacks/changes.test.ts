import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { mintTokenValue } from '../../functions/values/token-value.ts';
import type { Person } from '../simulation/simulated-product.ts';
import { PeopleScene } from '../support/people-scene.ts';

const ann = 'ann@example.test';
let scene: PeopleScene;
beforeEach(() => {
  scene = new PeopleScene();
});
const rows = () => scene.product.rows();
const invalid = (errors: object) => ({ kind: 'invalid', errors });

describe('a change of a stack', () => {
  const changes = [
    ['edit', { name: 'renamed' }],
    ['branch', { uid: 'next' }],
    ['point', { alias: 'deploy', target_branch: 'main' }],
    ['share', { emails: ['bob@example.test'] }],
    ['unshare', { email: ann }],
  ] as const;

  it.each(changes)('%s: an admin who is removed in between changes nothing', async (name, fields) => {
    await scene.member(ann, 'developer');
    const carl = await scene.member('carl@example.test', 'admin');
    scene.meanwhile = () => scene.unshare({ email: 'carl@example.test' });
    const before = rows();
    expect(await scene[name](fields, carl)).toMatchObject({ kind: 'stack-not-found' });
    const isGone = (row: object) => JSON.stringify(row).includes(carl.uid);
    // The removal is a change of its own, and counted.
    const kept = ({ tokens }: ReturnType<typeof rows>) =>
      tokens.filter((row) => !isGone(row)).map(({ changes: _, ...row }) => row);
    expect(kept(rows())).toEqual(kept(before));
    expect(scene.lastEntry().changes).toEqual([{ field: 'members.carl@example.test', from: 'admin', to: null }]);
  });

  it.each(
    [...changes, ['transfer', { transfer_to: ann }] as const].flatMap(([name, fields]) =>
      (
        [
          ['outsider', 'stack-not-found'],
          ['developer', 'not-allowed'],
        ] as [Person, string][]
      ).map(([who, kind]) => ({ name, fields, who, kind })),
    ),
  )('$name is not for $who, and nothing is written', async ({ name, fields, who, kind }) => {
    await scene.member(ann, 'developer');
    const before = rows();
    for (const some of [fields, null]) expect(await scene[name](some, scene.who(who))).toMatchObject({ kind });
    expect(rows()).toEqual(before);
  });
});

describe('editing a stack', () => {
  it('changes what is given, and says from what to what', async () => {
    expect(await scene.edit({ name: 'Site', role: 'owner', api_key: 'x', plan: { max_tokens: 45 } })).toBe('done');
    const { stack } = (await scene.product.stacks.find(scene.stack, scene.who('owner').uid)) ?? {};
    expect(stack).toMatchObject({ name: 'Site', description: '', api_key: scene.stack, plan: { max_tokens: 4 } });
    expect(scene.lastEntry().changes).toEqual([{ field: 'name', from: 'Web', to: 'Site' }]);
    const before = rows();
    expect(await scene.edit({ name: 'Site' })).toBe('done');
    expect(rows()).toEqual(before);
  });

  it.each([
    [null, 'stack'],
    [{ name: '' }, 'name'],
    [{ name: null }, 'name'],
    [{ description: 5 }, 'description'],
    [{ description: 'x'.repeat(1001) }, 'description'],
    [{ description: `it is ${mintTokenValue('blt0123456789abcdef', randomBytes)}` }, 'description'],
  ])('with %j is refused', async (fields, name) => {
    expect(await scene.edit(fields)).toMatchObject(invalid({ [name]: [expect.any(String)] }));
  });

  it('that loses a race is done again on what there is then', async () => {
    scene.meanwhile = () => scene.edit({ name: 'Meanwhile' });
    expect(await scene.edit({ description: 'mine' })).toBe('done');
    const { stack } = (await scene.product.stacks.find(scene.stack, scene.who('owner').uid)) ?? {};
    expect(stack).toMatchObject({ name: 'Meanwhile', description: 'mine' });
  });
});

describe('branches and aliases', () => {
  const branches = async () => {
    const stack = await scene.product.stacks.findStack(scene.stack);
    return stack ? await scene.product.stacks.branches(stack) : [];
  };
  const aliasesOf = async (name: string) => (await branches()).find((branch) => branch.name === name)?.aliases;

  it('an alias points to a branch, and moves', async () => {
    expect(await scene.branch({ uid: 'next', source: 'main' })).toBe('done');
    expect(await scene.point({ alias: 'deploy', target_branch: 'main' })).toBe('done');
    expect(await scene.point({ alias: 'other', target_branch: 'main' })).toBe('done');
    expect(await aliasesOf('main')).toEqual(['deploy', 'other']);
    expect(await scene.point({ alias: 'deploy', target_branch: 'next' })).toBe('done');
    expect([await aliasesOf('main'), await aliasesOf('next')]).toEqual([['other'], ['deploy']]);
    expect(scene.lastEntry().changes).toEqual([{ field: 'branch_aliases.deploy', from: 'main', to: 'next' }]);
    const before = rows();
    expect(await scene.point({ alias: 'deploy', target_branch: 'next' })).toBe('done');
    expect(rows()).toEqual(before);
  });

  it.each([
    ['branch', { uid: 'main' }, 'uid'],
    ['branch', { uid: 'deploy' }, 'uid'],
    ['branch', { uid: '$all' }, 'uid'],
    ['branch', { uid: '' }, 'uid'],
    ['branch', { uid: 'a b' }, 'uid'],
    ['branch', {}, 'uid'],
    ['branch', null, 'branch'],
    ['branch', { uid: 'next', source: 'none' }, 'source'],
    ['branch', { uid: 'next', source: 'deploy' }, 'source'],
    ['point', { alias: 'main', target_branch: 'main' }, 'alias'],
    ['point', { alias: 'development', target_branch: 'main' }, 'alias'],
    ['point', { alias: 'next', target_branch: 'none' }, 'target_branch'],
    ['point', { alias: 'next', target_branch: '$all' }, 'target_branch'],
    ['point', { alias: 'next' }, 'target_branch'],
    ['point', { alias: 'deploy', target_branch: 'deploy' }, 'target_branch'],
    ['point', { alias: '$all', target_branch: 'main' }, 'alias'],
    ['point', { alias: 'a b', target_branch: 'main' }, 'alias'],
    ['point', null, 'branch_alias'],
  ] as const)('%s with %j is refused by %s, and nothing is written', async (name, fields, field) => {
    await scene.point({ alias: 'deploy', target_branch: 'main' });
    const before = rows();
    expect(await scene[name](fields)).toMatchObject(invalid({ [field]: [expect.any(String)] }));
    expect(rows()).toEqual(before);
  });

  it('an alias is deleted, also where it moves at that moment, and one that there is not is told', async () => {
    await scene.branch({ uid: 'next' });
    await scene.point({ alias: 'deploy', target_branch: 'main' });
    scene.meanwhile = () => scene.point({ alias: 'deploy', target_branch: 'next' });
    expect(await scene.unalias('deploy')).toBe('done');
    expect([await aliasesOf('main'), await aliasesOf('next')]).toEqual([[], []]);
    expect(scene.lastEntry().changes).toEqual([{ field: 'branch_aliases.deploy', from: 'next', to: null }]);
    const before = rows();
    for (const name of ['deploy', 'main', ''])
      expect(await scene.unalias(name)).toEqual({ kind: 'alias-not-found', errors: { alias: ['is not valid.'] } });
    expect(rows()).toEqual(before);
  });

  it('an alias keeps who made it when another moves it, and a branch what it was made from', async () => {
    await scene.point({ alias: 'deploy', target_branch: 'main' });
    await scene.branch({ uid: 'next', source: 'development' }, scene.who('admin'));
    await scene.point({ alias: 'deploy', target_branch: 'next' }, scene.who('admin'));
    const stack = await scene.product.stacks.findStack(scene.stack);
    const [owner, admin] = [scene.who('owner').uid, scene.who('admin').uid];
    expect(stack && (await scene.product.stacks.aliases(stack))).toMatchObject([
      { name: 'deploy', target: 'next', created_by: owner, updated_by: admin },
    ]);
    expect(await branches()).toContainEqual(
      expect.objectContaining({ name: 'next', source: 'development', created_by: admin }),
    );
  });

  it('no alias is in two places where two moves meet, and no name is a branch and an alias', async () => {
    await scene.branch({ uid: 'next' });
    await scene.point({ alias: 'deploy', target_branch: 'main' });
    scene.meanwhile = () => scene.point({ alias: 'deploy', target_branch: 'development' });
    expect(await scene.point({ alias: 'deploy', target_branch: 'next' })).toBe('done');
    const all = (await branches()).filter(({ aliases }) => aliases.length > 0);
    expect(all).toMatchObject([{ name: 'next', aliases: ['deploy'] }]);
    scene.meanwhile = () => scene.branch({ uid: 'both' });
    expect(await scene.point({ alias: 'both', target_branch: 'main' })).toMatchObject({ kind: 'invalid' });
    scene.meanwhile = () => scene.point({ alias: 'two', target_branch: 'main' });
    expect(await scene.branch({ uid: 'two' })).toMatchObject({ kind: 'invalid' });
  });
});
