import * as z from 'zod/mini';
import { errorsOf } from '../values/field-errors.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { NameSchema } from '../values/names.ts';
import { invalid, notAllowed, stackNotFound } from '../values/refusals.ts';
import type { Randomness } from '../values/token-value.ts';
import { type AuditEntry, auditEntry, type FieldChange, operationId } from './audit-entry.ts';
import { StackDescriptionSchema } from './create-stack.ts';
import { fieldChanges } from './field-changes.ts';
import { isChanged } from './not-changed.ts';
import type { Actor } from './person.ts';
import { maySeeTokens, type Stack } from './stack.ts';
import type { StackChanges } from './stack-changes.ts';
import type { StackOfMember, StackRepository } from './stack-repository.ts';

export interface ChangeStacksDependencies {
  readonly stacks: StackRepository;
  readonly changes: StackChanges;
  readonly now: () => Date;
  readonly random: Randomness;
}

/** Whoever changes a stack, and how. */
export interface StackCommand {
  readonly actor: Actor;
  /** `api_key` */
  readonly stack: string;
  /** Unchecked. */
  readonly fields: unknown;
}

/** A stack that the caller may change. @throws {Refusal} `stack-not-found`, `not-allowed` */
export async function stackToChange(
  stacks: StackRepository,
  { actor, stack }: Pick<StackCommand, 'actor' | 'stack'>,
): Promise<StackOfMember> {
  const found = await stacks.find(stack, actor.uid);
  if (!found) throw stackNotFound();
  if (!maySeeTokens(found.member)) throw notAllowed();
  return found;
}

/** The entry of a change of a stack. */
export function stackEntry(
  { now, random }: Pick<ChangeStacksDependencies, 'now' | 'random'>,
  {
    actor,
    of: { stack },
    changes,
  }: { actor: Actor; of: Pick<StackOfMember, 'stack'>; changes: readonly FieldChange[] },
): AuditEntry {
  const at = now();
  const metadata = { uid: stack.api_key, title: stack.name };
  const event = { stack: stack.api_key, module: 'stack', event_type: 'update', metadata, changes } as const;
  return auditEntry(event, { actor, at, operation: operationId(at, random) });
}

/** What may be changed of a stack; the rest is ignored, as SDKs send back what they were given. */
export const StackEditSchema = z.object(
  { name: z.optional(NameSchema), description: z.optional(StackDescriptionSchema) },
  'is a required field',
);

/**
 * Changes name and description. Fields that are absent stay as they are.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function editStack(deps: ChangeStacksDependencies, command: StackCommand): Promise<StackOfMember> {
  return await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, command);
    const { stack: before } = found;
    const parsed = StackEditSchema.safeParse(changedFields(command.fields, before));
    if (!parsed.success) throw invalid(errorsOf('stack', parsed.error.issues));
    const { name = before.name, description = before.description } = parsed.data;
    const given = { name, description };
    const changes = fieldChanges({ name: before.name, description: before.description }, given);
    if (changes.length === 0) return found;
    const after = { ...before, ...given, updated_at: deps.now().toISOString() };
    const audit = stackEntry(deps, { actor: command.actor, of: found, changes });
    const change = { stack: before.api_key, member: command.actor.uid, seen: before.changes, audit };
    return isChanged(await deps.changes.edit({ ...change, before, after })) && { ...found, stack: after };
  });
}

/** SDKs send back what they were given: a value that is the present one is not validated again. */
function changedFields(fields: unknown, { name, description }: Stack): unknown {
  if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) return fields;
  const present: Readonly<Record<string, unknown>> = { name, description };
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => value !== present[field]));
}
