import * as z from 'zod';
import { invokedBy, propertiesOf } from '../../template/resource-properties.ts';
import { arn } from '../../template/resource-types.ts';
import type { LocalStack } from '../../template/template.ts';
import type { Functions } from '../lambda/functions.ts';
import { ask, type Caller } from './http-invocation.ts';
import { GatewayError, type GatewayEvent } from './http-payload.ts';

/** A function that the gateway asks before a route's own. */
export interface Authorizer {
  /** of the function */
  readonly logicalId: string;
  /** lower-case names of headers, each of which has to be there */
  readonly headers: readonly string[];
}

const ignored = z.unknown().optional();
const headerSource = /^\$request\.header\.([\w-]+)$/;
/** Nothing is kept here, so a template that lets the gateway keep answers is not run as if it did not. */
const AuthorizerSchema = z.strictObject({
  ApiId: z.string(),
  Name: ignored,
  AuthorizerType: z.literal('REQUEST'),
  AuthorizerPayloadFormatVersion: z.literal('2.0'),
  AuthorizerResultTtlInSeconds: z.literal(0),
  AuthorizerUri: z.string(),
  EnableSimpleResponses: z.literal(true),
  IdentitySource: z.array(z.string().regex(headerSource)),
});
const invocationPath = /:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/;

/** The authorizer of a route, or undefined where it has none. @throws when it is not supported as it is */
export function authorizerOf(
  stack: LocalStack,
  { AuthorizationType, AuthorizerId }: { AuthorizationType: 'NONE' | 'CUSTOM'; AuthorizerId?: string | undefined },
): Authorizer | undefined {
  if (AuthorizationType === 'NONE') return undefined;
  const properties = propertiesOf(AuthorizerSchema, stack.get(AuthorizerId ?? ''));
  const [, reference = ''] = invocationPath.exec(properties.AuthorizerUri) ?? [];
  const { logicalId } = invokedBy('apigateway.amazonaws.com', stack, reference);
  const headers = properties.IdentitySource.map((source) => headerSource.exec(source)?.[1]?.toLowerCase() ?? '');
  return { logicalId, headers };
}

const ResponseSchema = z.strictObject({
  isAuthorized: z.boolean(),
  context: z.record(z.string(), z.unknown()).optional(),
});
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const LIMIT_MS = 10_000;

interface Asked {
  readonly authorizer: Authorizer | undefined;
  readonly functions: Pick<Functions, 'invoke'>;
  readonly caller: Caller;
}

/**
 * The event for the route's own function, once its authorizer admits the caller: 401 without asking it where the credential is
 * missing, 403 when it says no, 500 when it says nothing that can be understood.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * @throws {GatewayError | FunctionUnavailable}
 */
export async function authorized(event: GatewayEvent, { authorizer, functions, caller }: Asked): Promise<GatewayEvent> {
  if (!authorizer) return event;
  const identitySource = authorizer.headers.map((name) => event.headers[name] ?? '');
  if (identitySource.includes('')) throw new GatewayError(401, 'Unauthorized');
  const question = questionOf(event, identitySource);
  const result = await ask(functions, { logicalId: authorizer.logicalId, event: question, limitMs: LIMIT_MS, caller });
  const response = ResponseSchema.safeParse('payload' in result ? result.payload : undefined);
  if (!response.success) throw new GatewayError(500, 'Internal Server Error');
  const { isAuthorized, context } = response.data;
  if (!isAuthorized) throw new GatewayError(403, 'Forbidden');
  return { ...event, requestContext: { ...event.requestContext, ...(context && { authorizer: { lambda: context } }) } };
}

/** The authorizer's event: the route's own without its body. */
function questionOf(event: GatewayEvent, identitySource: readonly string[]): object {
  const {
    body: _body,
    isBase64Encoded: _encoding,
    ...rest
  }: GatewayEvent & { body?: unknown; isBase64Encoded?: unknown } = event;
  const { apiId, http } = event.requestContext;
  const routeArn = arn('execute-api', `${apiId}/$default/${http.method}${http.path}`);
  return { ...rest, type: 'REQUEST', routeArn, identitySource };
}
