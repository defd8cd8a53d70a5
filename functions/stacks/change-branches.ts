import * as z from 'zod/mini';
import { errorsOf } from '../field-errors.ts';
import { type FieldErrors, invalid } from '../refusals.ts';
import { BranchNameSchema } from '../tokens/names.ts';
import { allBranches } from '../tokens/scope.ts';
import {
  type ChangeStacksDependencies,
  type StackCommand,
  stackEntry,
  stackToChange,
  untilDone,
} from './edit-stack.ts';
import type { Alias, Branch } from './stack.ts';

/** A list of either is one page of a strong query. */
const most = 100;

const OwnNameSchema = BranchNameSchema.check(
  z.refine((name) => name !== allBranches, `cannot be ${allBranches}, which stands for all branches.`),
);

/** `source` must be a branch; nothing is copied from it, as there is nothing in a branch. */
export const NewBranchSchema = z.object(
  { uid: OwnNameSchema, source: z.optional(z.nullable(BranchNameSchema)) },
  'is a required field',
);
export const AliasSchema = z.object({ uid: OwnNameSchema, target_branch: BranchNameSchema }, 'is a required field');

/**
 * Adds a branch.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function createBranch(deps: ChangeStacksDependencies, command: StackCommand): Promise<Branch> {
  const { actor, stack } = command;
  return await untilDone(async () => {
    const found = await stackToChange(deps.stacks, command);
    const { uid: name, source } = parsedBy(NewBranchSchema, 'branch', command.fields);
    const branches = await deps.stacks.branches(stack);
    const errors: FieldErrors = {
      ...(source && !named(branches, source) ? { source: ['is not a branch of this stack.'] } : {}),
      ...(branches.length >= most ? { branch: [`cannot be created: this stack has ${most} branches.`] } : {}),
    };
    if (Object.keys(errors).length > 0) throw invalid(errors);
    const changes = [{ field: 'branches', from: null, to: name }];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const done = await deps.changes.addBranch({ stack, member: actor.uid, seen: found.stack.changes, audit, name });
    if (done === 'taken') throw taken();
    return done && { name, aliases: [] };
  });
}

/** What becomes of an alias that there is already: `create` finds its name taken, `point` moves it. */
export type AliasWay = 'create' | 'point';

/**
 * Points an alias to a branch; what is covered by the alias is covered there from the next verification on, and no longer where it
 * pointed before.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function pointAlias(
  deps: ChangeStacksDependencies,
  { way, ...command }: StackCommand & { readonly way: AliasWay },
): Promise<Alias> {
  const { actor, stack } = command;
  return await untilDone(async () => {
    const found = await stackToChange(deps.stacks, command);
    const { uid: name, target_branch: target } = parsedBy(AliasSchema, 'branch_alias', command.fields);
    const [branches, aliases] = [await deps.stacks.branches(stack), await deps.stacks.aliases(stack)];
    const present = aliases.find((alias) => alias.name === name);
    const to = named(branches, target);
    if (!to) throw invalid({ target_branch: ['is not a branch of this stack.'] });
    if (named(branches, name) || (present && way === 'create')) throw taken();
    if (!present && aliases.length >= most)
      throw invalid({ branch_alias: [`cannot be created: this stack has ${most} aliases.`] });
    if (present?.target === target) return present;
    const from = present ? (named(branches, present.target) ?? null) : null;
    const changes = [{ field: `branch_aliases.${name}`, from: present?.target ?? null, to: target }];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const change = { stack, member: actor.uid, seen: found.stack.changes, audit };
    const done = await deps.changes.pointAlias({ ...change, name, from, to });
    return done && { name, target };
  });
}

function parsedBy<S extends z.ZodMiniType>(schema: S, envelope: string, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) throw invalid(errorsOf(envelope, parsed.error.issues));
  return parsed.data;
}

const named = (branches: readonly Branch[], name: string) => branches.find((branch) => branch.name === name);

const taken = () => invalid({ uid: ['is not unique.'] });
