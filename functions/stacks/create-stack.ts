import * as z from 'zod/mini';
import { defaultHygiene } from '../hygiene/settings.ts';
import { errorsOf } from '../values/field-errors.ts';
import { NameSchema, valueInText } from '../values/names.ts';
import { invalid } from '../values/refusals.ts';
import { holdsValue, mintUid, type Randomness } from '../values/token-value.ts';
import { auditEntry, operationId } from './audit-entry.ts';
import type { Actor } from './person.ts';
import { madeBy, mainBranch, type Plan, type Stack } from './stack.ts';
import type { StackOfMember, StackRepository } from './stack-repository.ts';

export interface StackDependencies {
  readonly stacks: StackRepository;
  readonly now: () => Date;
  readonly random: Randomness;
  readonly organizationUid: string;
  readonly newStackPlan: Plan;
}

export const StackDescriptionSchema = z.string('must be text.').check(
  z.maxLength(1000, 'can be at most 1000 characters long.'),
  z.refine((value) => value.isWellFormed(), 'cannot have unpaired surrogates.'),
  z.refine((value) => !holdsValue(value), valueInText),
);

/** What a caller may say of a new stack. */
export const NewStackSchema = z.object(
  {
    name: NameSchema,
    description: z._default(StackDescriptionSchema, ''),
    master_locale: z._default(
      z
        .string('must be text.')
        .check(
          z.maxLength(35, 'can be at most 35 characters long.'),
          z.regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, 'must be a language code such as en-us.'),
        ),
      'en-us',
    ),
  },
  'is a required field',
);

/**
 * Creates a stack that the caller owns, with the branch `main` and the plan that new stacks get.
 * @throws {Refusal} `invalid`, `conflict`, `unavailable`
 */
export async function createStack(
  deps: StackDependencies,
  { actor, fields }: { actor: Actor; fields: unknown },
): Promise<StackOfMember> {
  const parsed = NewStackSchema.safeParse(fields);
  if (!parsed.success) throw invalid(errorsOf('stack', parsed.error.issues));
  const at = deps.now();
  const stack: Stack = {
    ...parsed.data,
    api_key: mintUid(deps.random),
    org_uid: deps.organizationUid,
    plan: deps.newStackPlan,
    settings: { branches: true },
    hygiene: defaultHygiene,
    hygiene_version: 1,
    changes: 0,
    created_by: actor.uid,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  };
  const branch = { name: mainBranch, aliases: [], source: '', ...madeBy(actor.uid, at) };
  const { issuer, sub } = actor.identity;
  const member = { uid: actor.uid, role: 'owner', issuer, sub, joined_at: at.toISOString() } as const;
  const metadata = { uid: stack.api_key, title: stack.name };
  const event = { stack: stack.api_key, module: 'stack', event_type: 'create', metadata } as const;
  const audit = auditEntry(event, { actor, at, operation: operationId(at, deps.random) });
  await deps.stacks.create({ stack, owner: member, branch, actor, audit });
  return { stack, member, tokenCount: 0 };
}
