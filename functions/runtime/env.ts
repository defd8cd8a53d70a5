/**
 * The names of all environment variables of the functions, declared once: the template sets them and the functions read them, so
 * that a name misspelt on either side does not compile.
 */
export const variables = {
  tokensTable: 'TOKENS_TABLE',
  sessionsTable: 'SESSIONS_TABLE',
  auditTable: 'AUDIT_TABLE',
  usageTable: 'USAGE_TABLE',
  /** Name of the bus that events are published on. */
  eventBus: 'EVENT_BUS',
  /** OpenID Connect issuer that signs in members and services, exactly as its tokens have it in `iss`. */
  issuerUrl: 'ISSUER_URL',
  jwksUrl: 'JWKS_URL',
  /** Comma-separated: accepted `aud` values, or `client_id` values where an issuer's access tokens have no `aud`. */
  audience: 'AUDIENCE',
  /** What the issuer calls `tokens:introspect`, the scope of services, and `tokens:manage`, the scope of machines that manage tokens. */
  introspectionScope: 'INTROSPECTION_SCOPE',
  managementScope: 'MANAGEMENT_SCOPE',
  organizationUid: 'ORGANIZATION_UID',
  /** Upper bounds of a token's own limits, requests per second: `read,write`. */
  organizationLimits: 'ORGANIZATION_LIMITS',
  supportContact: 'SUPPORT_CONTACT',
  /** The plan of new stacks: `max_tokens,manage_rate_limits`. */
  newStackPlan: 'NEW_STACK_PLAN',
  /** The address that mails come from. */
  mailFrom: 'MAIL_FROM',
  /** The set of SES that mails are sent with. */
  mailConfigurationSet: 'MAIL_CONFIGURATION_SET',
  /** Where the console is; empty where there is none. */
  consoleUrl: 'CONSOLE_URL',
  /** What the console's distribution shows the API, so that whom it names as the viewer is believed. */
  edgeProof: 'EDGE_PROOF',
  /** Base of the `type` URIs of problem documents. */
  problemTypes: 'PROBLEM_TYPES',
  /** What another team's API asks of its callers: JSON of `Protection`. */
  protection: 'PROTECTION',
} as const;

export type Variable = keyof typeof variables;

/** A deployment mistake, not a caller's: the function was given no value for a variable that it needs. */
export class MissingVariable extends Error {
  override readonly name = 'MissingVariable';
}

/** The value of a variable, read when it is needed and never at import. @throws {MissingVariable} when it is not set. */
export function env(variable: Variable): string {
  const value = envIfSet(variable);
  if (value === undefined || value === '') {
    throw new MissingVariable(
      `${variables[variable]} is not set: the template sets it for each function that needs it.`,
    );
  }
  return value;
}

/** The value of a variable that not every function is given, or undefined. */
export function envIfSet(variable: Variable): string | undefined {
  return process.env[variables[variable]];
}
