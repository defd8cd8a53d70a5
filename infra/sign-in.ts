import type { ServiceFunction } from './service-function.ts';

/** Who signs in members and services, and as what the console signs them in. Texts, or what they will be at the deployment. */
export interface SignIn {
  /** Exactly as tokens have it in `iss`. */
  readonly issuerUrl: string;
  readonly jwksUrl: string;
  /** Accepted `aud` (or `client_id`) values, separated by commas. */
  readonly audience: string;
  /** What the issuer calls the scope of services that may introspect, and that of machines that manage tokens. */
  readonly introspectionScope: string;
  readonly managementScope: string;
  readonly consoleClientId: string;
  /** What the console may talk to, separated by spaces. */
  readonly origins: string;
  /** Which of the two that an issuer gives the API is sent: the one that has the person's address. */
  readonly credential: 'access_token' | 'id_token';
  /** Lets the console be signed in to from where it is. */
  addConsole(url: string): void;
}

/** Tells a door who signs in its callers. */
export function tellSignIn(door: ServiceFunction, signIn: SignIn): void {
  for (const name of ['issuerUrl', 'jwksUrl', 'audience', 'introspectionScope', 'managementScope'] as const)
    door.setVariable(name, signIn[name]);
}
