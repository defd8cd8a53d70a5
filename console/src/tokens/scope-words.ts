import type { Token } from '../api/tokens.ts';

type Scope = Token['scope'];

const placeModules = new Set(['branch', 'branch_alias']);
export const everyBranch = '$all';

/** Entries that give access to modules; the others say where. */
export const accessesIn = (scope: Scope) => scope.filter(({ module }) => !placeModules.has(module));

/** `Read` or `Read, Write`, as the list has it. */
export function permissionsOf(scope: Scope): string {
  const accesses = accessesIn(scope);
  const words = [
    ...(accesses.some(({ acl }) => acl.read) ? ['Read'] : []),
    ...(accesses.some(({ acl }) => acl.write) ? ['Write'] : []),
  ];
  return words.join(', ') || 'None';
}

/** The modules where they are not all of them. */
export function modulesOf(scope: Scope): readonly string[] {
  const modules = accessesIn(scope).map(({ module }) => module);
  return modules.includes('$all') ? [] : modules;
}

export function placesIn(scope: Scope): { branches: readonly string[]; aliases: readonly string[] } {
  return {
    branches: [...new Set(scope.flatMap(({ branches }) => branches ?? []))],
    aliases: [...new Set(scope.flatMap(({ branch_aliases }) => branch_aliases ?? []))],
  };
}

/** `All branches`, or their names; aliases are marked as such. */
export function placesOf(scope: Scope): string {
  const { branches, aliases } = placesIn(scope);
  if (branches.includes(everyBranch)) return 'All branches';
  return [...branches, ...aliases.map((alias) => `${alias} (alias)`)].join(', ') || 'None';
}
