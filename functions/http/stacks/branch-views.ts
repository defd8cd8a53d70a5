import * as z from 'zod/mini';
import type { PointedAlias } from '../../stacks/read-stack.ts';
import type { Branch } from '../../stacks/stack.ts';

const authorship = { created_by: z.string(), updated_by: z.string(), created_at: z.string(), updated_at: z.string() };
/** Nothing here is deleted and kept: what is deleted is gone. */
const deleted_at = z.literal(false);

/** A branch with the aliases that point to it, in Contentstack's shape. */
export const BranchViewSchema = z.object({
  uid: z.string(),
  source: z.string(),
  ...authorship,
  deleted_at,
  alias: z.array(z.object({ uid: z.string() })),
});

/** An alias in Contentstack's shape: `uid` is the branch that it points to, `alias` its name. SDKs make a branch of it. */
export const AliasViewSchema = z.object({
  uid: z.string(),
  source: z.string(),
  ...authorship,
  deleted_at,
  alias: z.string(),
});

const count = z.optional(z.number());
export const BranchesSchema = z.object({ branches: z.array(BranchViewSchema), count });
export const BranchAliasesSchema = z.object({ branch_aliases: z.array(AliasViewSchema), count });
export const OneBranchSchema = z.object({ branch: BranchViewSchema });
export const OneAliasSchema = z.object({ branch_alias: AliasViewSchema });

export const branchView = ({ name, aliases, ...branch }: Branch): z.input<typeof BranchViewSchema> => ({
  ...branch,
  uid: name,
  deleted_at: false,
  alias: aliases.map((uid) => ({ uid })),
});

export const aliasView = ({ alias, branch }: PointedAlias): z.input<typeof AliasViewSchema> => ({
  ...alias,
  uid: branch.name,
  source: branch.source,
  deleted_at: false,
  alias: alias.name,
});
