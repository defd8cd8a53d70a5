import { Refusal } from '../refusals.ts';
import type { AuditEntry } from './audit-entry.ts';
import { requireTokenRights } from './stack.ts';
import type { StackRepository } from './stack-repository.ts';

interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

/**
 * A page of a stack's audit log, newest first. Which page is read after who may ask is known: that is the error to tell first.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable`
 */
export async function readAuditLog(
  stacks: StackRepository,
  { caller, stack, page }: Asked & { readonly page: () => { readonly limit: number; readonly skip: number } },
): Promise<readonly AuditEntry[]> {
  requireTokenRights(await stacks.findMember(stack, caller));
  return await stacks.auditLog(stack, page());
}

/** One entry. @throws {Refusal} `stack-not-found`, `not-allowed`, `entry-not-found`, `unavailable` */
export async function readAuditEntry(
  stacks: StackRepository,
  { caller, stack, uid }: Asked & { readonly uid: string },
): Promise<AuditEntry> {
  requireTokenRights(await stacks.findMember(stack, caller));
  const entry = /^[0-9a-f]{32}$/.test(uid) ? await stacks.auditEntry(stack, uid) : null;
  if (!entry) throw new Refusal('entry-not-found', { errors: { uid: ['is not valid.'] } });
  return entry;
}
