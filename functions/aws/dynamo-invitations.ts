import type { Invitation } from '../stacks/invitation.ts';
import type { Invitations } from '../stacks/stack-changes.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { invitationFrom } from './items.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, memberCheck } from './membership.ts';
import type { Reads } from './reads.ts';
import type { Step, Transactions } from './transactions.ts';

const mostInvitations = 100;
/** Stacks that somebody is made a member of without naming them. Half of what strangers would need to fill a page. */
const mostUnasked = 50;

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

  async roomFor(member: string): Promise<number> {
    const { table, pk } = this.#keys.personStack(member, '');
    const items = await this.#storage.query({ table, pk, prefix: 'STACK#', limit: mostUnasked });
    return mostUnasked - items.length;
  }

  async find(stack: string, address: string): Promise<Invitation | null> {
    const [item] = await this.#storage.read([this.#keys.invitation(stack, address)]);
    return invitationFrom(item);
  }

  async takeUp({ stack, invitation, member, audit }: Parameters<Invitations['takeUp']>[0]): Promise<boolean> {
    const gone = this.#gone(stack, invitation);
    const steps = joining(this.#keys, stack, { member, address: invitation.address });
    // Who invited themselves is a member already, or may invite nobody any more.
    if (invitation.invited_by === member.uid) return await this.#withdraw(gone);
    const inviter = memberCheck(this.#keys, stack, invitation.invited_by);
    const outcome = await this.#storage.transact([auditEntryPut(this.#keys, audit), ...gone, ...steps, inviter], {
      proof: 0,
    });
    const isVoid = outcome !== null && (outcome[3]?.failed || outcome.at(-1)?.failed);
    // Who is a member already needs no invitation, and keeps the role that they have.
    return isVoid ? await this.#withdraw(gone) : outcome === null;
  }

  async #withdraw(gone: readonly Step[]): Promise<false> {
    await this.#storage.transact(gone);
    return false;
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
