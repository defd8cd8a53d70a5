import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from 'aws-lambda';
import * as z from 'zod/mini';
import { log } from '../../runtime/log.ts';
import { Refusal } from '../../values/refusals.ts';
import { knownModules } from '../../values/scope.ts';
import { stackOf } from '../chain/caller.ts';
import { type Program, type ProgramDependencies, programOf } from '../chain/program.ts';
import type { Protection } from '../chain/routes.ts';

export interface AuthorizeDependencies extends ProgramDependencies {
  /** A `Protection`, as the template has it. */
  readonly protection: unknown;
}

/** What the functions behind the API are told of the caller, in `requestContext.authorizer.lambda`. No value is in it. */
export interface Grant {
  readonly token_uid: string;
  readonly api_key: string;
  /** Only where a session was presented. */
  readonly session_uid?: string;
  /** When the caller's power ends, an ISO 8601 instant; absent for never. */
  readonly expires_at?: string;
}
export type Authorization = APIGatewaySimpleAuthorizerResult & { readonly context?: Grant };
export type AuthorizerEvent = Pick<APIGatewayRequestAuthorizerEventV2, 'routeKey' | 'headers'> & {
  readonly requestContext: { readonly http: { readonly sourceIp: string } };
};

const ProtectionSchema: z.ZodMiniType<Protection> = z.object({
  stack: z.nullable(z.string()),
  needs: z.record(z.string(), z.object({ module: z.enum(knownModules), access: z.enum(['read', 'write']) })),
});

/**
 * Says for an API Gateway HTTP API whether a caller may use a route: by the verification of our own doors, at each request.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * @throws when it cannot be said, or nobody has said what the route needs: the gateway answers 500 then, and lets nobody in
 */
export function authorizer(deps: AuthorizeDependencies): (event: AuthorizerEvent) => Promise<Authorization> {
  const { stack, needs } = ProtectionSchema.parse(deps.protection);
  return async ({ routeKey, headers = {}, requestContext }) => {
    const need = Object.hasOwn(needs, routeKey) && needs[routeKey];
    if (!need) throw new Error(`Nobody has said what ${routeKey} needs.`);
    try {
      const request = { event: { headers }, remoteAddress: requestContext.http.sourceIp };
      if (stack !== null && stackOf(request) !== stack) return { isAuthorized: false };
      return { isAuthorized: true, context: grantOf(await programOf(request, deps, need)) };
    } catch (error) {
      if (error instanceof Refusal && error.kind !== 'unavailable') return { isAuthorized: false };
      log('error', 'a caller was neither admitted nor refused', { route: routeKey, error });
      throw new Error('The verification could not be made.');
    }
  };
}

function grantOf({ token, session, headers }: Program): Grant {
  const end = headers['token-expires-at'];
  return {
    token_uid: token.uid,
    api_key: token.api_key,
    ...(session ? { session_uid: session.uid } : {}),
    ...(end === undefined ? {} : { expires_at: end }),
  };
}
