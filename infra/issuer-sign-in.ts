import { CfnParameter } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { SignIn } from './sign-in.ts';
import type { IssuerStage } from './stages.ts';

/** An issuer that is there already: parameters, so that one template serves any. */
export class IssuerSignIn extends Construct implements SignIn {
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
