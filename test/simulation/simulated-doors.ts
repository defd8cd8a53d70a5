/** The doors that verify a credential, over the simulated product: the real endpoints, without the gateway in front of them. */
import type { Answer, Endpoint, HttpEvent, HttpRequest } from '../../functions/http/chain/endpoint.ts';
import { introspectEndpoint } from '../../functions/http/oauth/introspect.ts';
import { currentSessionEndpoint, openSessionEndpoint } from '../../functions/http/sessions/token-sessions.ts';
import { listEnvironmentsEndpoint } from '../../functions/http/stacks/environments.ts';
import type { EnvironmentRepository } from '../../functions/stacks/environment.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import { verifyCredential } from '../../functions/verification/verify-credential.ts';
import type { Dependencies, Use } from './simulated-dependencies.ts';

/** `verification` is what the others stand on; `environments` is the one that needs something of the scope. */
export const doors = ['verification', 'environments', 'introspection', 'current session', 'opening'] as const;
export type Door = (typeof doors)[number];

/** What a program, or a service about it, presents at a door. */
export interface Question {
  readonly value: string;
  readonly stack: string | null;
  /** Asked by `verification` and `environments` only. */
  readonly branch?: string;
  /** What a program that opens a session says of itself. */
  readonly client?: string;
}

const by = { client: 'program', remote_addr: '192.0.2.9' };

export interface DoorsOptions {
  readonly deps: Readonly<Record<Exclude<Use, 'round'>, Dependencies>>;
  readonly environments: EnvironmentRepository;
  /** Where refusals are kept. */
  readonly refusals: Refusal[];
}

export class SimulatedDoors {
  readonly #options: DoorsOptions;

  constructor(options: DoorsOptions) {
    this.#options = options;
  }

  /** The answer's body and headers; or the refusal that it is, by its kind, or the verdict of the verification itself. Throws what is no refusal. */
  async ask(door: Door, question: Question): Promise<{ readonly says: string; readonly answer?: Answer }> {
    try {
      if (door === 'verification') return await this.#verify(question);
      const answer = await this.#endpoint(door).handle(requestOf(door, question));
      return { says: 'active' in answer.body && !answer.body.active ? 'inactive' : 'active', answer };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#options.refusals.push(error);
      return { says: error.kind };
    }
  }

  async #verify({ value, stack, branch }: Question): Promise<{ readonly says: string }> {
    const need = branch ? { need: { module: 'environment', access: 'read', branch } as const } : {};
    const by = { client: '', remote_addr: '192.0.2.9' };
    const verdict = await verifyCredential(this.#options.deps.verification, { value, stack, by, ...need });
    return { says: verdict.active ? 'active' : verdict.reason };
  }

  #endpoint(door: Exclude<Door, 'verification'>): Endpoint {
    const { deps, environments } = this.#options;
    const identity = { issuer: 'https://issuer.example.test', sub: 'service' };
    const signIn = { recognize: async () => ({ identity, scopes: ['tokens:introspect'] }) };
    switch (door) {
      case 'environments':
        return listEnvironmentsEndpoint({ ...deps.verification, environments });
      case 'introspection':
        return introspectEndpoint({ ...deps.introspection, signIn });
      case 'current session':
        return currentSessionEndpoint(deps.verification);
      case 'opening':
        return openSessionEndpoint(deps.opening);
    }
  }
}

function requestOf(door: Door, { value, stack, branch, client }: Question): HttpRequest {
  const isForm = door === 'introspection';
  const body = isForm ? new URLSearchParams({ token: value }).toString() : JSON.stringify({ session: { client } });
  const headers = {
    authorization: isForm ? 'Bearer a.b.c' : value,
    'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
    ...(stack === null ? {} : { api_key: stack }),
    ...(branch === undefined ? {} : { branch }),
  };
  const event = { ...bareEvent, headers, ...(isForm || client !== undefined ? { body } : {}) };
  return { event, requestId: 'request', params: {}, query: new URLSearchParams(), remoteAddress: by.remote_addr };
}

const bareEvent: HttpEvent = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/',
  rawQueryString: '',
  headers: {},
  requestContext: {
    accountId: '',
    apiId: '',
    domainName: '',
    domainPrefix: '',
    http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '192.0.2.9', userAgent: '' },
    requestId: '',
    routeKey: '$default',
    stage: '$default',
    time: '',
    timeEpoch: 0,
  },
  isBase64Encoded: false,
};
