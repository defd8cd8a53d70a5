import { describe, expect, it } from 'vitest';
import { isChanged } from '../../functions/stacks/not-changed.ts';
import { Refusal } from '../../functions/values/refusals.ts';

describe('what storage answers to a change', () => {
  const member = (role: string) => ({ failed: 'member', member: { uid: 'x', role, issuer: '', sub: '' } }) as const;

  it('is null where it was made', () => {
    expect(isChanged(null)).toBe(true);
  });

  it('says that something is not as it was read, so that the change can be tried again', () => {
    expect(isChanged({ failed: 'stale' })).toBe(false);
  });

  it.for([
    [{ failed: 'member', member: null }, 'stack-not-found'],
    [member('developer'), 'not-allowed'],
  ] as const)('refuses a caller without rights (%j)', ([outcome, kind]) => {
    expect(() => isChanged(outcome)).toThrow(Refusal);
    expect(() => isChanged(outcome)).toThrow(expect.objectContaining({ kind }));
  });

  it.for(['owner', 'admin'])(
    'can be tried again by a member who has rights, with another role than was read (%s)',
    (role) => {
      expect(isChanged(member(role))).toBe(false);
    },
  );
});
