import { describe, expect, it } from 'vitest';
import { covers, type Need, namesIn, type ScopeEntry, scopeString } from '../../functions/values/scope.ts';

const read = { read: true };
const write = { read: true, write: true };
const on = (...branches: string[]): ScopeEntry => ({ module: 'branch', branches, acl: read });
const via = (...branch_aliases: string[]): ScopeEntry => ({ module: 'branch_alias', branch_aliases, acl: read });
const main = { name: 'main', aliases: ['deploy'] };
const need = (access: Need['access'], branch: Need['branch'] = main): Need => ({
  module: 'environment',
  access,
  branch,
});

describe('a scope covers a need', () => {
  const cases: [string, ScopeEntry[], Need, boolean][] = [
    ['its module may be read', [{ module: 'environment', acl: read }, on('main')], need('read'), true],
    ['its module may be written', [{ module: 'environment', acl: write }, on('main')], need('write'), true],
    ['its module may be read, and it writes', [{ module: 'environment', acl: read }, on('main')], need('write'), false],
    ['another module may be written', [{ module: 'entry', acl: write }, on('main')], need('write'), false],
    ['all modules may be read', [{ module: '$all', acl: read }, on('main')], need('read'), true],
    ['all modules may be read, and it writes', [{ module: '$all', acl: read }, on('main')], need('write'), false],
    [
      'all may be read and its own written',
      [{ module: '$all', acl: read }, { module: 'environment', acl: write }, on('main')],
      need('write'),
      true,
    ],
    ['nothing but the branch is named', [on('main')], need('read'), false],
    [
      'an access is denied in words',
      [{ module: 'environment', acl: { read: false, write: false } }, on('main')],
      need('read'),
      false,
    ],
    ['nothing at all is named', [], need('read'), false],
    ['its branch is another', [{ module: '$all', acl: write }, on('development')], need('read'), false],
    ['its branch is among several', [{ module: '$all', acl: write }, on('development', 'main')], need('read'), true],
    ['all branches are named', [{ module: '$all', acl: write }, on('$all')], need('write'), true],
    ['an alias points to its branch', [{ module: '$all', acl: write }, via('deploy')], need('write'), true],
    [
      'an alias points elsewhere now',
      [{ module: '$all', acl: write }, via('deploy')],
      need('write', { name: 'main', aliases: [] }),
      false,
    ],
    ['an alias has the name of its branch', [{ module: '$all', acl: write }, via('main')], need('read'), false],
    ['a branch has the name of its alias', [{ module: '$all', acl: write }, on('deploy')], need('read'), false],
    ['no branch is named', [{ module: '$all', acl: write }], need('read'), false],
    ['the stack has no branches', [{ module: '$all', acl: write }], need('read', null), true],
    ['the stack has no branches, and it may not', [{ module: 'entry', acl: write }], need('read', null), false],
  ];

  it.for(cases)('or not, when %s', ([, scope, wanted, isCovered]) => {
    expect(covers(scope, wanted)).toBe(isCovered);
  });

  it('never, where there is no such branch', () => {
    expect(covers([{ module: '$all', acl: write }, on('$all')], { ...need('read'), branch: undefined })).toBe(false);
  });
});

describe('a scope', () => {
  it('names each branch and alias once', () => {
    const scope = [on('main', 'development'), on('main'), via('deploy', 'deploy')];
    expect(namesIn(scope)).toEqual({ branches: ['main', 'development'], aliases: ['deploy'] });
  });

  it('is told as words of OAuth, each once', () => {
    const scope: ScopeEntry[] = [
      { module: 'entry', acl: write },
      { module: 'entry', acl: read },
      { module: 'asset', acl: { read: false } },
      on('main'),
      via('deploy'),
    ];
    expect(scopeString(scope)).toBe('entry:read entry:write branch:read branch_alias:read branch:main alias:deploy');
  });
});
