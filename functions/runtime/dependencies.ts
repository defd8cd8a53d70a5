import { randomBytes } from 'node:crypto';
import { DynamoAuditLog } from '../aws/dynamo-audit-log.ts';
import { DynamoCredentialReader } from '../aws/dynamo-credential-reader.ts';
import { DynamoDigestRepository } from '../aws/dynamo-digest-repository.ts';
import { DynamoDueRevocations } from '../aws/dynamo-due-revocations.ts';
import { DynamoEnvironmentRepository } from '../aws/dynamo-environment-repository.ts';
import { DynamoHygieneRepository } from '../aws/dynamo-hygiene-repository.ts';
import { DynamoInvitations } from '../aws/dynamo-invitations.ts';
import { DynamoManagedSessions } from '../aws/dynamo-managed-sessions.ts';
import { DynamoNoticeRepository } from '../aws/dynamo-notice-repository.ts';
import { DynamoPersonRepository } from '../aws/dynamo-person-repository.ts';
import { DynamoRateWindows } from '../aws/dynamo-rate-windows.ts';
import { DynamoReconciliationRepository } from '../aws/dynamo-reconciliation-repository.ts';
import { DynamoRevocationRepository } from '../aws/dynamo-revocation-repository.ts';
import { DynamoSessionRepository } from '../aws/dynamo-session-repository.ts';
import { DynamoStackChanges } from '../aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../aws/dynamo-stack-repository.ts';
import { DynamoTokenReads } from '../aws/dynamo-token-reads.ts';
import { DynamoTokenRepository } from '../aws/dynamo-token-repository.ts';
import { DynamoUsageRepository } from '../aws/dynamo-usage-repository.ts';
import { EventBridgePublisher, eventBridgeClient } from '../aws/event-bus.ts';
import type { Tables } from '../aws/keys.ts';
import { SesMailer, sesClient } from '../aws/ses-mailer.ts';
import { createBatchDeletes } from '../aws/storage/batch-deletes.ts';
import { dynamoClient, realPauses } from '../aws/storage/dynamo-client.ts';
import { createReads } from '../aws/storage/reads.ts';
import { createStorage } from '../aws/storage/storage.ts';
import { createTransactions } from '../aws/storage/transactions.ts';
import { createWrites } from '../aws/storage/writes.ts';
import { getJson } from '../outbound/get-json.ts';
import { createIssuerKeys } from '../outbound/issuer-keys.ts';
import { createSignIn } from '../outbound/issuer-sign-in.ts';
import { UseLog } from '../verification/usage.ts';
import { atMost } from './clock.ts';
import { hasTimeFor } from './deadline.ts';
import { env, envIfSet, type Variable } from './env.ts';
import { log } from './log.ts';

/**
 * The composition root: what each entry point is given, made once and when it is first asked for. One function for each thing, so
 * that a bundle holds only what its door uses; the marks tell the bundler that making them has no side effect.
 */
const client = /* @__PURE__ */ once(() => dynamoClient(hasTimeFor));
const reads = /* @__PURE__ */ once(() => createReads(client(), realPauses));
const writes = /* @__PURE__ */ once(() => createWrites(client()));
const storage = /* @__PURE__ */ once(() => createStorage(client(), realPauses));

export const tokenRepository = /* @__PURE__ */ once(() => new DynamoTokenRepository(storage(), tables()));
export const tokenReads = /* @__PURE__ */ once(() => new DynamoTokenReads(reads(), tables()));
export const credentialReader = /* @__PURE__ */ once(() => new DynamoCredentialReader(reads(), tables()));
export const stackRepository = /* @__PURE__ */ once(() => new DynamoStackRepository(storage(), tables()));
export const auditLog = /* @__PURE__ */ once(() => new DynamoAuditLog(client(), reads(), tables()));
/** What is left of the 25 s of an invocation holds the answer, and a request to storage that is slow. */
export const hasTimeToSearch = () => hasTimeFor(15_000);
export const stackChanges = /* @__PURE__ */ once(
  () => new DynamoStackChanges(createTransactions(client(), realPauses), tables()),
);
export const invitationRepository = /* @__PURE__ */ once(() => new DynamoInvitations(storage(), tables()));
export const personRepository = /* @__PURE__ */ once(() => new DynamoPersonRepository(storage(), tables()));
export const environmentRepository = /* @__PURE__ */ once(
  () => new DynamoEnvironmentRepository({ ...reads(), ...writes() }, tables()),
);
export const sessionRepository = /* @__PURE__ */ once(
  () =>
    new DynamoSessionRepository(
      { ...reads(), ...writes(), ...createBatchDeletes(client(), realPauses) },
      tables(),
      realPauses,
    ),
);
/** Sessions for a door that changes them in the name of a member. */
export const managedSessions = /* @__PURE__ */ once(() => new DynamoManagedSessions(storage(), tables()));
/** Sessions for a door that opens and ends them one by one. */
export const ownSessions = /* @__PURE__ */ once(
  () => new DynamoSessionRepository({ ...reads(), ...writes() }, tables(), realPauses),
);
export const revocationRepository = /* @__PURE__ */ once(
  () => new DynamoRevocationRepository({ ...reads(), ...writes() }, tables()),
);
export const dueRevocations = /* @__PURE__ */ once(() => new DynamoDueRevocations(client(), tables()));
export const reconciliation = /* @__PURE__ */ once(
  () => new DynamoReconciliationRepository(client(), reads(), tables()),
);
export const rateWindows = /* @__PURE__ */ once(() => new DynamoRateWindows(writes(), tables()));
/** A caller waits that long at most for a record of its use. */
const noteMs = 250;
export const uses = /* @__PURE__ */ once(
  () =>
    new UseLog(new DynamoUsageRepository(writes(), tables()), {
      patience: (work) => atMost(noteMs, work),
      onFailure: (error) => log('warn', 'a use was not noted', { error }),
    }),
);
export const eventPublisher = /* @__PURE__ */ once(
  () => new EventBridgePublisher(eventBridgeClient(hasTimeFor), env('eventBus'), realPauses),
);
export const hygieneRepository = /* @__PURE__ */ once(() => new DynamoHygieneRepository(storage(), tables()));
export const noticeRepository = /* @__PURE__ */ once(() => new DynamoNoticeRepository(client(), storage(), tables()));
export const digestRepository = /* @__PURE__ */ once(() => new DynamoDigestRepository(storage(), tables()));
export const mailer = /* @__PURE__ */ once(
  () => new SesMailer(sesClient(hasTimeFor), { from: env('mailFrom'), configurationSet: env('mailConfigurationSet') }),
);
export { rowChangeOf } from '../aws/stream-images.ts';
export const random = (bytes: number): Uint8Array => randomBytes(bytes);
export { default as openApi } from '../../openapi.json' with { type: 'json' };
export { now } from './clock.ts';

export const signIn = /* @__PURE__ */ once((currentTime: () => Date) =>
  createSignIn({
    issuer: env('issuerUrl'),
    keys: issuerKeys(currentTime),
    audience: env('audience')
      .split(',')
      .map((name) => name.trim()),
    scopeNames: { 'tokens:introspect': env('introspectionScope'), 'tokens:manage': env('managementScope') },
    now: currentTime,
  }),
);

/** A key set has some kB; the limit is for what is none. */
const keySetLimits = { ms: 3000, bytes: 256 * 1024 };
const issuerKeys = (currentTime: () => Date) =>
  createIssuerKeys({
    fetch: () => getJson(env('jwksUrl'), keySetLimits),
    now: currentTime,
    onFailure: (error) => log('warn', 'issuer keys not fetched', { error }),
  });

/** Without a slash at the end; null: there is none. */
export const consoleUrl = () => envIfSet('consoleUrl')?.replace(/\/$/, '') || null;
/** What every door needs for its answers. */
export const answering = () => ({
  problemTypes: env('problemTypes'),
  edgeProof: envIfSet('edgeProof'),
  onRefusal: (refused: object) => log('info', 'request failed', { ...refused }),
});
export const protection = (): unknown => JSON.parse(env('protection'));

export function organization() {
  const [read = 0, write = 0] = env('organizationLimits').split(',').map(Number);
  return { uid: env('organizationUid'), limits: { read, write }, supportContact: env('supportContact') };
}

export function newStackPlan() {
  const [maxTokens, manageRateLimits] = env('newStackPlan').split(',');
  return { max_tokens: Number(maxTokens), manage_rate_limits: manageRateLimits === 'true' };
}

/** A function has the names of the tables that it may use, and of no others. */
function tables(): Tables {
  const named = (variable: Variable) => envIfSet(variable) ?? '';
  return {
    tokens: named('tokensTable'),
    sessions: named('sessionsTable'),
    audit: named('auditTable'),
    usage: named('usageTable'),
  };
}

function once<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let made: { readonly thing: T } | undefined;
  return (...args) => {
    made ??= { thing: make(...args) };
    return made.thing;
  };
}
