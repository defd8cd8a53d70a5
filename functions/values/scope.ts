import * as z from 'zod/mini';
import { storedEnum } from './open-enum.ts';
import type { Stored } from './shape.ts';

/** The modules that a scope may name: probed on a live Contentstack, plus those its documents use. */
export const knownModules = [
  '$all',
  'content_type',
  'entry',
  'asset',
  'environment',
  'locale',
  'global_field',
  'webhook',
  'workflow',
  'release',
  'label',
  'extension',
  'role',
  'bulk_task',
  'branch',
  'branch_alias',
] as const;

export type Module = (typeof knownModules)[number];
export const allBranches = '$all';

const StoredScopeEntry = z.object({
  module: storedEnum<Module>(),
  acl: z.object({ read: z.exactOptional(z.boolean()), write: z.exactOptional(z.boolean()) }),
  branches: z.exactOptional(z.array(z.string())),
  branch_aliases: z.exactOptional(z.array(z.string())),
});

export const StoredScope = z.array(StoredScopeEntry);

/** One line of what a token may do. `branches` belong to module `branch`, `branch_aliases` to module `branch_alias`. */
export type ScopeEntry = Stored<typeof StoredScopeEntry>;

/** What a request needs: an access to a module, on a branch. */
export interface Need {
  readonly module: Module;
  readonly access: 'read' | 'write';
  /** The branch, with the aliases that point to it now; null where the stack has no branches. Undefined: no such branch. */
  readonly branch: { readonly name: string; readonly aliases: readonly string[] } | null | undefined;
}

/** Whether a scope covers a need: the module's access, and the branch directly or by an alias that points to it now. */
export function covers(scope: readonly ScopeEntry[], need: Need): boolean {
  const allowed = scope.some(
    (entry) => (entry.module === need.module || entry.module === '$all') && entry.acl[need.access] === true,
  );
  return allowed && need.branch !== undefined && (need.branch === null || coversBranch(scope, need.branch));
}

function coversBranch(scope: readonly ScopeEntry[], branch: { name: string; aliases: readonly string[] }): boolean {
  const { branches, aliases } = namesIn(scope);
  return (
    branches.includes(allBranches) ||
    branches.includes(branch.name) ||
    branch.aliases.some((alias) => aliases.includes(alias))
  );
}

/** The branches and aliases that a scope names, each once. */
export function namesIn(scope: readonly ScopeEntry[]): { branches: readonly string[]; aliases: readonly string[] } {
  return {
    branches: [...new Set(scope.flatMap((entry) => entry.branches ?? []))],
    aliases: [...new Set(scope.flatMap((entry) => entry.branch_aliases ?? []))],
  };
}

/** A scope as RFC 7662's space-separated string: `module:read`, `module:write`, `branch:NAME`, `alias:NAME`. */
export function scopeString(scope: readonly ScopeEntry[]): string {
  const accesses = scope.flatMap(({ module, acl }) => [
    ...(acl.read ? [`${module}:read`] : []),
    ...(acl.write ? [`${module}:write`] : []),
  ]);
  const { branches, aliases } = namesIn(scope);
  return [
    ...new Set(accesses),
    ...branches.map((name) => `branch:${name}`),
    ...aliases.map((name) => `alias:${name}`),
  ].join(' ');
}
