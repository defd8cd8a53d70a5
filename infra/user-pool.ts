import { Duration, Fn, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  ClientAttributes,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  type UserPoolDomain,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { SignIn } from './sign-in.ts';
import type { UserPoolStage } from './stages.ts';

const introspect = new ResourceServerScope({
  scopeName: 'tokens:introspect',
  scopeDescription: 'Ask whether a token is good',
});
const manage = new ResourceServerScope({
  scopeName: 'tokens:manage',
  scopeDescription: 'Manage the tokens of stacks that it is a member of',
});
/** Cognito writes it in front of its scopes. */
const apiName = 'tokenward';

/** A client that names no flow may sign people in by Cognito's own API. What is left is the renewal of what was signed in. */
const onlyByOAuth = { userPassword: false };

/**
 * A Cognito user pool of the deployment's own. Nobody signs up: an operator adds people, with a verified address.
 *
 * What its tokens carry decides how callers are recognized (decision 25). A person's access token has no address, so the console
 * sends the ID token: `aud` is the console's client, with `email` and `email_verified`. A machine's access token has no `aud`:
 * `client_id` is its client, and `sub` the same.
 */
export class UserPoolSignIn extends Construct implements SignIn {
  readonly issuerUrl: string;
  readonly jwksUrl: string;
  readonly audience: string;
  readonly introspectionScope = `${apiName}/${introspect.scopeName}`;
  readonly managementScope = `${apiName}/${manage.scopeName}`;
  readonly consoleClientId: string;
  readonly origins: string;
  readonly credential = 'id_token';
  readonly #pool: UserPool;
  #consoleUrl: string | undefined;

  constructor(scope: Construct, id: string, stage: UserPoolStage) {
    super(scope, id);
    this.#pool = userPool(this);
    const server = this.#pool.addResourceServer('Api', { identifier: apiName, scopes: [introspect, manage] });
    const domain = this.#domain();
    const machines = [
      this.#machineClient('Service', OAuthScope.resourceServer(server, introspect)),
      this.#machineClient('Automation', OAuthScope.resourceServer(server, manage)),
    ];
    this.issuerUrl = this.#pool.userPoolProviderUrl;
    this.jwksUrl = `${this.issuerUrl}/.well-known/jwks.json`;
    this.consoleClientId = this.#consoleClient().userPoolClientId;
    this.audience = Fn.join(',', [
      this.consoleClientId,
      ...machines.map(({ userPoolClientId }) => userPoolClientId),
      ...stage.machineClientIds,
    ]);
    const { region, urlSuffix } = Stack.of(this);
    // The discovery document is at the issuer, the endpoints that it names are at the domain.
    this.origins = `https://cognito-idp.${region}.${urlSuffix} https://${domain.domainName}.auth.${region}.amazoncognito.com`;
  }

  addConsole(url: string): void {
    this.#consoleUrl = `${url}/`;
  }

  /** Prefixes are one namespace for everybody in a Region. */
  #domain(): UserPoolDomain {
    const { stackName, account } = Stack.of(this);
    return this.#pool.addDomain('Domain', { cognitoDomain: { domainPrefix: `${stackName}-${account}` } });
  }

  /** Public, by code and PKCE. Nobody changes their own address by it: it is what invitations and warnings go by. */
  #consoleClient(): UserPoolClient {
    const here = Lazy.string({ produce: () => this.#consoleUrl });
    return this.#pool.addClient('Console', {
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.PROFILE, OAuthScope.EMAIL],
        callbackUrls: [here],
        logoutUrls: [here],
      },
      authFlows: onlyByOAuth,
      preventUserExistenceErrors: true,
      writeAttributes: new ClientAttributes().withStandardAttributes({ fullname: true }),
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.hours(12),
    });
  }

  /** By its own credentials and for one scope. It has a secret, which the template never holds. */
  #machineClient(id: string, scope: OAuthScope): UserPoolClient {
    return this.#pool.addClient(id, {
      generateSecret: true,
      authFlows: onlyByOAuth,
      oAuth: { flows: { clientCredentials: true }, scopes: [scope] },
      accessTokenValidity: Duration.hours(1),
    });
  }
}

function userPool(scope: Construct): UserPool {
  return new UserPool(scope, 'UserPool', {
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    autoVerify: { email: true },
    keepOriginal: { email: true },
    standardAttributes: { email: { required: true, mutable: true } },
    passwordPolicy: {
      minLength: 14,
      requireDigits: true,
      requireLowercase: true,
      requireUppercase: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(3),
    },
    mfa: Mfa.REQUIRED,
    mfaSecondFactor: { otp: true, sms: false },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
