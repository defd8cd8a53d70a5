import { notAllowed, stackNotFound } from '../refusals.ts';
import { type Member, maySeeTokens } from '../stacks/stack.ts';
import { memberFrom } from './items.ts';
import type { Keys } from './keys.ts';
import type { Step, StepOutcome } from './transactions.ts';

/** Several times what a stack may have: shares at the same moment can pass that limit, and whoever came by them must not be hidden. */
export const mostRows = 400;

/** What a change rests on: that its caller is owner or admin in that very moment. */
export const mayChange = {
  condition: '#role IN (:owner, :admin)',
  values: { owner: 'owner', admin: 'admin' },
} as const;

export function memberCheck(keys: Keys, stack: string, member: string): Step {
  return { check: keys.member(stack, member), ...mayChange };
}

/** @throws {Refusal} where the membership condition failed */
export function refuseNonMembers(outcome: StepOutcome | undefined): void {
  if (!outcome?.failed) return;
  const member = memberFrom(outcome.item);
  if (!member) throw stackNotFound();
  if (!maySeeTokens(member)) throw notAllowed();
}

/** What makes somebody a member who is not one yet. An address is kept only when the issuer has verified it, and is not forgotten. */
export function joining(
  keys: Keys,
  stack: string,
  { member, address }: { readonly member: Member; readonly address?: string },
): readonly [Step, Step, Step] {
  const { uid, issuer, sub } = member;
  const values = { uid, issuer, sub, ...(address ? { email: address } : {}) };
  const names = Object.keys(values).map((name) => `#${name} = :${name}`);
  return [
    { put: keys.member(stack, uid), item: { ...member }, condition: 'attribute_not_exists(#pk)' },
    { update: keys.person(uid), set: `SET ${names.join(', ')}`, values },
    { put: keys.personStack(uid, stack), item: { api_key: stack } },
  ];
}
