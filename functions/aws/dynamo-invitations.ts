import type { Invitation } from '../stacks/invitation.ts';
import type { Invitations } from '../stacks/stack-changes.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, memberCheck } from './membership.ts';
import { invitationFrom } from './stack-items.ts';
import type { Reads } from './storage/reads.ts';
import type { Step, Transactions } from './storage/transactions.ts';

const mostInvitations = 100;

/** Invitations in DynamoDB: one row in the stack, and one by which the address finds it. */
export class DynamoInvitations implements Invitations {
  readonly #storage: Reads & Transactions;
  readonly #keys: Keys;

  constructor(storage: Reads & Transactions, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async waitingFor(address: string): Promise<readonly string[]> {
    const { table, pk } = this.#keys.invited(address, '');
    const items = await this.#storage.query({ table, pk, prefix: 'STACK#', limit: mostInvitations });
    return items.map(({ sk }) => String(sk).slice('STACK#'.length));
  }

  async find(stack: string, address: string): Promise<Invitation | null> {
    const [item] = await this.#storage.read([this.#keys.invitation(stack, address)]);
    return invitationFrom(item);
  }

  async takeUp({
    stack,
    invitation,
    member,
    issued_at,
    audit,
  }: Parameters<Invitations['takeUp']>[0]): ReturnType<Invitations['takeUp']> {
    // Who invited themselves is a member already, or may invite nobody any more.
    if (invitation.invited_by === member.uid) return 'void';
    const steps = joining(this.#keys, stack, { member, address: invitation.address, issued_at });
    const inviter = memberCheck(this.#keys, stack, invitation.invited_by);
    const all = [auditEntryPut(this.#keys, audit), ...this.#gone(stack, invitation), ...steps, inviter];
    const outcome = await this.#storage.transact(all, { proof: 0 });
    if (!outcome) return 'taken';
    // Who is a member already needs no invitation, and keeps the role that they have.
    return outcome[3]?.failed || outcome.at(-1)?.failed ? 'void' : 'changed';
  }

  async withdraw(stack: string, invitation: Invitation): Promise<void> {
    await this.#storage.transact(this.#gone(stack, invitation));
  }

  /** Both rows, on condition that the invitation is the one that was seen. */
  #gone(stack: string, { address, invited_at: seen, role }: Invitation): [Step, Step] {
    return [
      {
        delete: this.#keys.invitation(stack, address),
        condition: '#invited_at = :seen AND #role = :role',
        values: { seen, role },
      },
      { delete: this.#keys.invited(address, stack) },
    ];
  }
}
