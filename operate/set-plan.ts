import { randomBytes } from 'node:crypto';
import { auditEntryPut } from '../functions/aws/audit-entry-put.ts';
import { stackFrom } from '../functions/aws/stack-items.ts';
import { auditEntry, operationId } from '../functions/stacks/audit-entry.ts';
import type { Stack, Plan as StackPlan } from '../functions/stacks/stack.ts';
import { type Command, OperatorMistake, type Values, type Workplace } from './command.ts';

/** One strong batch read must hold a whole list. */
const mostTokens = 45;

/** The plan of a stack, which no door changes. Twice it finds the plan as it should be. */
export const setPlan: Command = {
  does: "Changes what a stack's plan allows, from the next request on. Without a plan option it shows the plan.",
  options: {
    stack: { takes: 'KEY', says: 'api_key of the stack', required: true },
    'max-tokens': { takes: `1-${mostTokens}`, says: 'how many tokens the stack may have' },
    'manage-rate-limits': { takes: 'true|false', says: 'whether its tokens may have rate limits of their own' },
  },
  settings: ['tokensTable', 'auditTable'],
  plan: async (values, workplace) => {
    const stack = await stackAt(workplace, values.stack ?? '');
    const holds = await tokenCount(workplace, stack.api_key);
    if (values['max-tokens'] === undefined && values['manage-rate-limits'] === undefined)
      return { says: shown(stack, holds) };
    const to = planOf(values, stack.plan);
    if (JSON.stringify(to) === JSON.stringify(stack.plan)) return { says: [`${stack.name} has that plan already.`] };
    return {
      says: [...changed(stack, to), ...warnings(to, holds)],
      carryOut: () => change(workplace, stack, to),
    };
  },
};

async function tokenCount({ storage, keys }: Workplace, stack: string): Promise<number> {
  const [count] = await storage.read([keys.count(stack)]);
  return Number(count?.tokens ?? 0);
}

export async function stackAt({ storage, keys }: Workplace, key: string): Promise<Stack> {
  const [item] = await storage.read([keys.stack(key)]);
  const stack = stackFrom(item);
  if (!stack) throw new OperatorMistake(`This deployment has no stack ${key}.`);
  return stack;
}

function planOf(values: Values, before: StackPlan): StackPlan {
  const max = values['max-tokens'] === undefined ? before.max_tokens : Number(values['max-tokens']);
  if (!Number.isInteger(max) || max < 1 || max > mostTokens)
    throw new OperatorMistake(`--max-tokens must be a whole number from 1 to ${mostTokens}.`);
  const limits = values['manage-rate-limits'] ?? String(before.manage_rate_limits);
  if (limits !== 'true' && limits !== 'false') throw new OperatorMistake('--manage-rate-limits must be true or false.');
  return { max_tokens: max, manage_rate_limits: limits === 'true' };
}

const labels = { max_tokens: 'max tokens', manage_rate_limits: 'rate limits of their own' } as const;
const fields = Object.keys(labels) as (keyof typeof labels)[];

function shown({ name, plan }: Stack, holds: number): string[] {
  return [
    `The plan of ${name}:`,
    ...fields.map((field) => `  ${labels[field]}: ${plan[field]}`),
    `It holds ${tokens(holds)} now.`,
  ];
}

function changed({ name, plan }: Stack, to: StackPlan): string[] {
  const changes = fields.filter((field) => plan[field] !== to[field]);
  return [`The plan of ${name}:`, ...changes.map((field) => `  ${labels[field]}: ${plan[field]} → ${to[field]}`)];
}

/** A smaller plan takes no token away: the stack is only full. */
function warnings({ max_tokens: max }: StackPlan, holds: number): string[] {
  if (holds <= max) return [];
  return [
    `Warning: it holds ${tokens(holds)}. None is deleted, but no token can be created until fewer than ${max} are left.`,
  ];
}

const tokens = (count: number) => `${count} token${count === 1 ? '' : 's'}`;

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
  if (failed) throw new OperatorMistake('Somebody else changed the plan in the meantime. Run the command again.');
}
