import { randomBytes } from 'node:crypto';
import { auditEntryPut } from '../functions/aws/audit-entry-put.ts';
import { stackFrom } from '../functions/aws/items.ts';
import { auditEntry, operationId } from '../functions/stacks/audit-entry.ts';
import type { Stack, Plan as StackPlan } from '../functions/stacks/stack.ts';
import { type Command, OperatorMistake, type Values, type Workplace } from './command.ts';

/** One strong batch read must hold a whole list. */
const mostTokens = 45;

/** The plan of a stack, which no door changes. Twice it finds the plan as it should be. */
export const setPlan: Command = {
  does: "Changes what a stack's plan allows. It holds from the next request on.",
  options: {
    stack: { says: 'the api_key of the stack', required: true },
    'max-tokens': { says: `how many tokens it may have, 1 to ${mostTokens}` },
    'manage-rate-limits': { says: 'whether its tokens may have limits of their own: true or false' },
  },
  plan: async (values, workplace) => {
    const stack = await stackAt(workplace, values.stack ?? '');
    const to = planOf(values, stack.plan);
    if (JSON.stringify(to) === JSON.stringify(stack.plan)) return { says: [`${stack.name} has that plan already.`] };
    return { says: described(stack, to), carryOut: () => change(workplace, stack, to) };
  },
};

export async function stackAt({ storage, keys }: Workplace, key: string): Promise<Stack> {
  const [item] = await storage.read([keys.stack(key)]);
  const stack = stackFrom(item);
  if (!stack) throw new OperatorMistake(`There is no stack ${key} in this deployment.`);
  return stack;
}

function planOf(values: Values, before: StackPlan): StackPlan {
  const max = values['max-tokens'] === undefined ? before.max_tokens : Number(values['max-tokens']);
  if (!Number.isInteger(max) || max < 1 || max > mostTokens)
    throw new OperatorMistake(`--max-tokens is a whole number from 1 to ${mostTokens}.`);
  const limits = values['manage-rate-limits'] ?? String(before.manage_rate_limits);
  if (limits !== 'true' && limits !== 'false') throw new OperatorMistake('--manage-rate-limits is true or false.');
  return { max_tokens: max, manage_rate_limits: limits === 'true' };
}

function described({ name, plan }: Stack, to: StackPlan): string[] {
  const line = (what: string, from: unknown, value: unknown) =>
    from === value ? [] : [`  ${what}: ${from} → ${value}`];
  return [
    `The plan of ${name}:`,
    ...line('tokens', plan.max_tokens, to.max_tokens),
    ...line('limits of their own', plan.manage_rate_limits, to.manage_rate_limits),
  ];
}

/** On condition that the plan is as it was read, and with its audit entry. */
async function change({ storage, keys, actor, now }: Workplace, { api_key: key, name, plan }: Stack, to: StackPlan) {
  const at = now();
  const audit = auditEntry(
    {
      stack: key,
      module: 'stack',
      event_type: 'update',
      metadata: { uid: key, title: name },
      changes: [{ field: 'plan', from: plan, to }],
    },
    { actor, at, operation: operationId(at, randomBytes) },
  );
  const failed = await storage.transact(
    [
      auditEntryPut(keys, audit),
      { update: keys.stack(key), set: 'SET #plan = :to', condition: '#plan = :before', values: { before: plan, to } },
    ],
    { proof: 0 },
  );
  if (failed) throw new OperatorMistake('The plan was changed meanwhile. Look again.');
}
