import { answering, auditLog, hasTimeToSearch, now, signIn, stackRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { type AuditLogDependencies, fetchAuditEntryEndpoint, listAuditLogEndpoint } from './stacks/audit-logs.ts';

export const createHandler = (deps: AuditLogDependencies & DoorDependencies) =>
  door<'http/audit-logs'>(
    { 'GET /v3/audit-logs': listAuditLogEndpoint(deps), 'GET /v3/audit-logs/{uid}': fetchAuditEntryEndpoint(deps) },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  stacks: stackRepository(),
  auditLog: auditLog(),
  hasTime: hasTimeToSearch,
  signIn: signIn(now),
  ...answering(),
}));
