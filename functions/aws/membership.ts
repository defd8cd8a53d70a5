import type { MemberFailed } from '../stacks/not-changed.ts';
import type { Member } from '../stacks/stack.ts';
import type { Keys } from './keys.ts';
import { memberFrom } from './stack-items.ts';
import type { Step, StepOutcome } from './storage/transactions.ts';

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

/** The membership as it was where its condition failed; null where that held. */
export function memberFailed(outcome: StepOutcome | undefined): MemberFailed | null {
  return outcome?.failed ? { failed: 'member', member: memberFrom(outcome.item) } : null;
}

interface Joining {
  readonly member: Member;
  /** That the issuer has verified. It stays where none is given. */
  readonly address?: string | undefined;
  /** `iat` of the JWT that has the address. */
  readonly issued_at?: number | undefined;
  /** Whether the address replaces a stored one. Otherwise that one stays: this JWT may be the older one. */
  readonly replaces?: boolean;
}

/** What makes somebody a member who is not one yet. */
export function joining(
  keys: Keys,
  stack: string,
  { member, address, issued_at, replaces = false }: Joining,
): readonly [Step, Step, Step] {
  const { uid, issuer, sub } = member;
  const who = { uid, issuer, sub };
  const vouched = address && issued_at !== undefined ? { vouched: { email: address, iat: issued_at } } : {};
  const values = { ...who, ...(address ? { email: address } : {}), ...vouched };
  const set = Object.keys(values).map((name) =>
    name in who || replaces ? `#${name} = :${name}` : `#${name} = if_not_exists(#${name}, :${name})`,
  );
  return [
    { put: keys.member(stack, uid), item: { ...member }, condition: 'attribute_not_exists(#pk)' },
    { update: keys.person(uid), set: `SET ${set.join(', ')}`, values },
    { put: keys.personStack(uid, stack), item: { api_key: stack } },
  ];
}
