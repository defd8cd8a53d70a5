import { beforeEach, describe, expect, it } from 'vitest';
import { PeopleScene } from '../support/people-scene.ts';
import type { Person } from '../support/simulated-product.ts';

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
    ['alias', { uid: 'deploy', target_branch: 'main' }],
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
  const aliasesOf = async (name: string) =>
    (await scene.product.stacks.branches(scene.stack)).find((branch) => branch.name === name)?.aliases;

  it('an alias points to a branch, and moves', async () => {
    expect(await scene.branch({ uid: 'next', source: 'main' })).toBe('done');
    expect(await scene.alias({ uid: 'deploy', target_branch: 'main' })).toBe('done');
    expect(await scene.point({ uid: 'other', target_branch: 'main' })).toBe('done');
    expect(await aliasesOf('main')).toEqual(['deploy', 'other']);
    expect(await scene.point({ uid: 'deploy', target_branch: 'next' })).toBe('done');
    expect([await aliasesOf('main'), await aliasesOf('next')]).toEqual([['other'], ['deploy']]);
    expect(scene.lastEntry().changes).toEqual([{ field: 'branch_aliases.deploy', from: 'main', to: 'next' }]);
    const before = rows();
    expect(await scene.point({ uid: 'deploy', target_branch: 'next' })).toBe('done');
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
    ['alias', { uid: 'deploy', target_branch: 'main' }, 'uid'],
    ['alias', { uid: 'main', target_branch: 'main' }, 'uid'],
    ['point', { uid: 'development', target_branch: 'main' }, 'uid'],
    ['alias', { uid: 'next', target_branch: 'none' }, 'target_branch'],
    ['alias', { uid: 'next', target_branch: '$all' }, 'target_branch'],
    ['point', { uid: 'deploy', target_branch: 'deploy' }, 'target_branch'],
    ['point', { uid: '$all', target_branch: 'main' }, 'uid'],
    ['point', null, 'branch_alias'],
  ] as const)('%s with %j is refused by %s, and nothing is written', async (name, fields, field) => {
    await scene.alias({ uid: 'deploy', target_branch: 'main' });
    const before = rows();
    expect(await scene[name](fields)).toMatchObject(invalid({ [field]: [expect.any(String)] }));
    expect(rows()).toEqual(before);
  });

  it('no alias is in two places where two moves meet, and no name is a branch and an alias', async () => {
    await scene.branch({ uid: 'next' });
    await scene.alias({ uid: 'deploy', target_branch: 'main' });
    scene.meanwhile = () => scene.point({ uid: 'deploy', target_branch: 'development' });
    expect(await scene.point({ uid: 'deploy', target_branch: 'next' })).toBe('done');
    const all = (await scene.product.stacks.branches(scene.stack)).filter(({ aliases }) => aliases.length > 0);
    expect(all).toEqual([{ name: 'next', aliases: ['deploy'] }]);
    scene.meanwhile = () => scene.branch({ uid: 'both' });
    expect(await scene.alias({ uid: 'both', target_branch: 'main' })).toMatchObject({ kind: 'invalid' });
    scene.meanwhile = () => scene.alias({ uid: 'two', target_branch: 'main' });
    expect(await scene.branch({ uid: 'two' })).toMatchObject({ kind: 'invalid' });
  });
});
