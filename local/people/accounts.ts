/** Who can sign in on this machine; the seeds give them their roles. Everybody's address is verified. */
export const people = {
  owner: { sub: 'olivia-owner', name: 'Olivia Owner', email: 'olivia@example.test' },
  admin: { sub: 'adam-admin', name: 'Adam Admin', email: 'adam@example.test' },
  developer: { sub: 'dana-developer', name: 'Dana Developer', email: 'dana@example.test' },
  outsider: { sub: 'oscar-outsider', name: 'Oscar Outsider', email: 'oscar@example.test' },
} as const;

/** Clients of the client credentials grant: an admin of the stack, and a service that may introspect. Each has the scope for that. */
export const machines = {
  automation: { clientId: 'automation', scope: 'tokens:manage' },
  resource_server: { clientId: 'resource-server', scope: 'tokens:introspect' },
} as const;

/** The console as a client of the issuer: public, so it has no secret. */
export const CONSOLE_CLIENT = 'tokenward-console';

export type Person = keyof typeof people;
export type Machine = keyof typeof machines;

/** The `aud` of members' tokens; a machine's token has none and is known by its client id. */
export const AUDIENCE = 'tokenward';
export const INTROSPECTION_SCOPE = machines.resource_server.scope;
export const MANAGEMENT_SCOPE = machines.automation.scope;
