import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';

const actor = {
  uid: 'blt00000000000000b1',
  identity: { issuer: 'https://issuer.example.test', sub: 'owner', email: 'owner@example.test' },
  request_id: 'request-1',
  remote_addr: '192.0.2.1',
};

describe('the id of an operation', () => {
  it('sorts by time, whatever the random part', () => {
    const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(instants, instants, bytes, bytes, (one, other, first, second) => {
        fc.pre(one.getTime() !== other.getTime());
        const isBefore = operationId(one, () => first) < operationId(other, () => second);
        expect(isBefore).toBe(one.getTime() < other.getTime());
      }),
    );
  });

  it('has 12 digits of time and 80 random bits', () => {
    expect(operationId(new Date(255), (bytes) => new Uint8Array(bytes).fill(255))).toBe(
      `0000000000ff${'f'.repeat(20)}`,
    );
  });
});

describe('an audit entry', () => {
  it('says who did what to which, and is done unless it says otherwise', () => {
    const event = {
      stack: 'blt00000000000000a1',
      module: 'management_token',
      event_type: 'delete',
      metadata: { uid: 'blt0123456789abcdef', title: 'ci-deploy' },
    } as const;
    const at = new Date('2026-03-01T08:00:00.000Z');
    const entry = auditEntry(event, { actor, at, operation: 'op' });
    expect(entry).toEqual({
      ...event,
      uid: 'op',
      outcome: 'done',
      changes: [],
      created_at: at.toISOString(),
      created_by: actor.uid,
      request_id: 'request-1',
      remote_addr: '192.0.2.1',
    });
    expect(auditEntry({ ...event, outcome: 'refused', reason: 'invalid' }, { actor, at, operation: 'op' })).toEqual({
      ...entry,
      outcome: 'refused',
      reason: 'invalid',
    });
  });
});
