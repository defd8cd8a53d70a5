import * as z from 'zod/mini';
import { errorsOf } from '../values/field-errors.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { BranchNameSchema } from '../values/names.ts';
import { type FieldErrors, invalid } from '../values/refusals.ts';
import { allBranches } from '../values/scope.ts';
import { type ChangeStacksDependencies, type StackCommand, stackEntry, stackToChange } from './edit-stack.ts';
import { isChanged } from './not-changed.ts';
import { type PointedAlias, readAlias } from './read-stack.ts';
import { type Alias, type Branch, madeBy } from './stack.ts';

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
const otherAlias = 'must be the alias that the path names, if it is given.';
const otherBranch = 'must be the branch that the alias points to, before or after, if it is given.';
/** Where an alias points. Its name is in the path; callers may repeat it, and send back what they read of the alias. */
export const AliasTargetSchema = z.object(
  {
    target_branch: BranchNameSchema,
    alias: z.optional(z.string(otherAlias)),
    uid: z.optional(z.string(otherBranch)),
  },
  'is a required field',
);
const AliasInPathSchema = z.object({ alias: OwnNameSchema });

/**
 * Adds a branch.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function createBranch(deps: ChangeStacksDependencies, command: StackCommand): Promise<Branch> {
  const { actor, stack } = command;
  return await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, command);
    const { uid: name, source } = parsedBy(NewBranchSchema, 'branch', command.fields);
    const branches = await deps.stacks.branches(found.stack);
    const errors: FieldErrors = {
      ...(source && !named(branches, source) ? { source: ['is not a branch of this stack.'] } : {}),
      ...(branches.length >= most ? { branch: [`cannot be created: this stack has ${most} branches.`] } : {}),
    };
    if (Object.keys(errors).length > 0) throw invalid(errors);
    const branch = { name, aliases: [], source: source ?? '', ...madeBy(actor.uid, deps.now()) };
    const changes = [{ field: 'branches', from: null, to: name }];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const outcome = await deps.changes.addBranch({
      stack,
      member: actor.uid,
      seen: found.stack.changes,
      audit,
      branch,
    });
    if (outcome?.failed === 'name') throw invalid({ uid: ['is not unique.'] });
    return isChanged(outcome) && branch;
  });
}

type AliasCommand = StackCommand & {
  /** Unchecked. */
  readonly name: string;
};

/**
 * Makes an alias, or points it to another branch. What a token may do by the alias it may do there from the next verification on, and no
 * longer where it pointed before.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function pointAlias(
  deps: ChangeStacksDependencies,
  { name: unchecked, ...command }: AliasCommand,
): Promise<PointedAlias> {
  const { actor, stack } = command;
  return await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, command);
    const body = parsedBy(AliasTargetSchema, 'branch_alias', command.fields);
    const { alias: name } = parsedBy(AliasInPathSchema, 'alias', { alias: unchecked });
    const { target_branch: target } = body;
    const [branches, aliases] = [await deps.stacks.branches(found.stack), await deps.stacks.aliases(found.stack)];
    const present = aliases.find((alias) => alias.name === name);
    requireSameAlias(body, { name, present });
    const to = named(branches, target);
    if (!to) throw invalid({ target_branch: ['is not a branch of this stack.'] });
    if (named(branches, name)) throw invalid({ alias: ['is the name of a branch.'] });
    if (!present && aliases.length >= most)
      throw invalid({ branch_alias: [`cannot be created: this stack has ${most} aliases.`] });
    if (present?.target === target) return { alias: present, branch: to };
    const { created_by, created_at, ...changed } = madeBy(actor.uid, deps.now());
    const alias = { created_by, created_at, ...present, ...changed, name, target };
    const from = present ? (named(branches, present.target) ?? null) : null;
    const changes = [{ field: `branch_aliases.${name}`, from: present?.target ?? null, to: target }];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const change = { stack, member: actor.uid, seen: found.stack.changes, audit };
    return isChanged(await deps.changes.pointAlias({ ...change, alias, from, to })) && { alias, branch: to };
  });
}

/**
 * Refuses a body that is about another alias than the path. The `uid` of an alias is its branch; callers who take it for the name may
 * send the name.
 */
function requireSameAlias(
  { target_branch: target, alias, uid }: z.output<typeof AliasTargetSchema>,
  { name, present }: { readonly name: string; readonly present: Alias | undefined },
): void {
  const errors: FieldErrors = {
    ...(alias === undefined || alias === name ? {} : { alias: [otherAlias] }),
    ...(uid === undefined || [name, target, present?.target].includes(uid) ? {} : { uid: [otherBranch] }),
  };
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

/**
 * Deletes an alias: from the next verification on it covers nothing. One made again under its name covers again what scopes say.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `alias-not-found`, `invalid`, `conflict`, `unavailable`
 */
export async function deleteAlias(
  deps: ChangeStacksDependencies,
  {
    actor,
    stack,
    name,
    confirm,
  }: Omit<AliasCommand, 'fields'> & {
    /** Throws where the caller has not said that they mean it. Asked once it is known that they may. */
    readonly confirm: () => void;
  },
): Promise<void> {
  await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, { actor, stack });
    const { alias, branch: from } = await readAlias(deps.stacks, found.stack, name);
    confirm();
    const changes = [{ field: `branch_aliases.${alias.name}`, from: alias.target, to: null }];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const change = { stack, member: actor.uid, seen: found.stack.changes, audit };
    return isChanged(await deps.changes.removeAlias({ ...change, name: alias.name, from }));
  });
}

function parsedBy<S extends z.ZodMiniType>(schema: S, envelope: string, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) throw invalid(errorsOf(envelope, parsed.error.issues));
  return parsed.data;
}

const named = (branches: readonly Branch[], name: string) => branches.find((branch) => branch.name === name);
