/** An issuer that is there already. Parameters of the template, with these defaults. */
export interface IssuerStage {
  readonly by: 'issuer';
  readonly issuerUrl: string;
  readonly jwksUrl: string;
  readonly audience: string;
  /** What the issuer calls the scope of services that may introspect, and that of machines that manage tokens. */
  readonly introspectionScope: string;
  readonly managementScope: string;
  /** The public client that the console is, and the origins of the issuer that it talks to. */
  readonly consoleClientId: string;
  readonly origins: string;
}

/** A Cognito user pool that the template makes. */
export interface UserPoolStage {
  readonly by: 'user pool';
  /** Clients that operators have added to the pool for machines, by id; each has to be made a member of its stacks, too. */
  readonly machineClientIds: readonly string[];
}

/** What differs between deployments; nothing else in `infra/` asks which stage it is in. */
export interface Stage {
  readonly organization: {
    readonly uid: string;
    /** Requests per second; the upper bound of a token's own limits. */
    readonly limits: { readonly read: number; readonly write: number };
    readonly supportContact: string;
  };
  /** The plan that a new stack gets. At most 45 tokens: one strong batch read must hold a whole list. */
  readonly newStackPlan: { readonly maxTokens: number; readonly manageRateLimits: boolean };
  /** OpenID Connect: who signs in members and services. */
  readonly signIn: IssuerStage | UserPoolStage;
  /** A name for the console, and with it for the API; null: CloudFront's own. Its certificate has to be in us-east-1. */
  readonly domain: { readonly name: string; readonly certificateArn: string } | null;
  /** The address that mails come from: SES must have verified it. A parameter of the template, with this default. */
  readonly mailFrom: string;
  /** Who is told of alarms by mail; empty: nobody. A parameter of the template, with this default. */
  readonly alarmEmail: string;
  /** The stage's protective throttle for everybody together, requests per second. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly logRetentionDays: number;
  /** Base of the `type` URIs in problem documents; a page with anchors, or a permanent identifier. */
  readonly problemTypes: string;
  /** The construct of the tokens' table. Another name is another table: that is how a restored one is brought in (docs/deploy.md). */
  readonly tokensTable: `Tokens${string}`;
  /** Whether there is a small API beside ours, that the authorizer for other teams protects. */
  readonly exampleApi: boolean;
}

const everywhere = {
  tokensTable: 'Tokens',
  domain: null,
  mailFrom: 'tokenward@tokenward.example',
  alarmEmail: '',
  throttle: { rate: 2000, burst: 1000 },
  problemTypes: 'https://tokenward.example/problems/',
} as const;

export const stages = {
  dev: {
    ...everywhere,
    signIn: {
      by: 'issuer',
      issuerUrl: 'https://issuer.invalid',
      jwksUrl: 'https://issuer.invalid/.well-known/jwks.json',
      audience: 'tokenward',
      introspectionScope: 'tokens:introspect',
      managementScope: 'tokens:manage',
      consoleClientId: 'tokenward-console',
      origins: 'https://issuer.invalid',
    },
    organization: {
      uid: 'blt0000000000000001',
      limits: { read: 10, write: 10 },
      supportContact: 'support@tokenward.example',
    },
    newStackPlan: { maxTokens: 30, manageRateLimits: true },
    logRetentionDays: 14,
    exampleApi: true,
  },
  prod: {
    ...everywhere,
    signIn: { by: 'user pool', machineClientIds: [] },
    organization: {
      uid: 'blt0000000000000001',
      limits: { read: 10, write: 10 },
      supportContact: 'support@tokenward.example',
    },
    newStackPlan: { maxTokens: 30, manageRateLimits: false },
    logRetentionDays: 90,
    exampleApi: false,
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;

/** @throws when there is no stage of that name; the message lists those that there are. */
export function stageNamed(name: string): Stage {
  if (!(name in stages))
    throw new Error(`There is no stage "${name}". Known stages: ${Object.keys(stages).join(', ')}.`);
  return stages[name as StageName];
}
