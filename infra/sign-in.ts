import { CfnParameter } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';
import type { IssuerStage, Stage } from './stages.ts';
import { UserPoolSignIn } from './user-pool.ts';

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

export function signInOf(scope: Construct, stage: Stage): SignIn {
  return stage.signIn.by === 'issuer'
    ? new IssuerSignIn(scope, 'SignIn', stage.signIn)
    : new UserPoolSignIn(scope, 'SignIn', stage.signIn);
}

/** Tells a door who signs in its callers. */
export function tellSignIn(door: ServiceFunction, signIn: SignIn): void {
  for (const name of ['issuerUrl', 'jwksUrl', 'audience', 'introspectionScope', 'managementScope'] as const)
    door.setVariable(name, signIn[name]);
}

/** An issuer that is there already: parameters, so that one template serves any. */
class IssuerSignIn extends Construct implements SignIn {
  readonly issuerUrl: string;
  readonly jwksUrl: string;
  readonly audience: string;
  readonly introspectionScope: string;
  readonly managementScope: string;
  readonly consoleClientId: string;
  readonly origins: string;
  readonly credential = 'access_token';

  constructor(scope: Construct, id: string, stage: IssuerStage) {
    super(scope, id);
    this.issuerUrl = this.#parameter(
      'IssuerUrl',
      stage.issuerUrl,
      'OpenID Connect issuer, exactly as its tokens have it in iss.',
    );
    this.jwksUrl = this.#parameter('JwksUrl', stage.jwksUrl, "Where the issuer's public keys are.");
    this.audience = this.#parameter(
      'Audience',
      stage.audience,
      'Accepted aud (or client_id) values, separated by commas.',
    );
    this.introspectionScope = this.#parameter(
      'IntrospectionScope',
      stage.introspectionScope,
      'Scope of services that may introspect, as the issuer writes it.',
    );
    this.managementScope = this.#parameter(
      'ManagementScope',
      stage.managementScope,
      'Scope of machines that manage tokens, as the issuer writes it.',
    );
    this.consoleClientId = this.#parameter(
      'ConsoleClientId',
      stage.consoleClientId,
      'The public client that the console is.',
    );
    this.origins = this.#parameter(
      'SignInOrigins',
      stage.origins,
      "Origins of the issuer's discovery document and endpoints, separated by spaces: the console may talk to no other.",
    );
  }

  /** Whoever runs the issuer does that there. */
  addConsole(): void {}

  #parameter(name: string, value: string, description: string): string {
    const made = new CfnParameter(this, name, { default: value, description });
    made.overrideLogicalId(name);
    return made.valueAsString;
  }
}
