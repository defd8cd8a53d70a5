import * as z from 'zod/mini';
import { type Caller, cached, type DescribedRoute, describedRoutes, schemaNames } from './openapi-routes.ts';
import { operationIds } from './operation-ids.ts';

type Json = Readonly<Record<string, unknown>>;
/** Of the components: what has a name of its own, gathered on the way. */
type Schemas = Record<string, unknown>;

/** The OpenAPI 3.1 document of the API, made from the schemas that its endpoints parse with. https://spec.openapis.org/oas/v3.1.1 */
export function openApiDocument(): Json {
  const schemas: Schemas = { Problem: problem, OAuthProblem: oauthProblem };
  const paths: Record<string, Record<string, Json>> = {};
  for (const key of Object.keys(describedRoutes) as (keyof typeof describedRoutes)[]) {
    const [method = '', path = ''] = key.split(' ');
    const operation = { operationId: operationIds[key], ...operationOf(path, describedRoutes[key], schemas) };
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tokenward',
      version: '0.1.0',
      summary: 'Keeps management tokens clean.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas, responses, parameters, headers, securitySchemes },
  };
}

function operationOf(
  path: string,
  { summary, caller, stack, parameters: own = [], body, done, isCached, errors }: DescribedRoute,
  schemas: Schemas,
): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const named = [...(stack === 'none' ? [] : [stack === 'optional' ? 'optional_api_key' : 'api_key']), ...own];
  const all = [...inPath, ...named.map((name) => ({ $ref: `#/components/parameters/${name}` }))];
  return {
    summary,
    ...(securityOf[caller].length > 0 ? { security: securityOf[caller] } : { security: [] }),
    ...(all.length > 0 ? { parameters: all } : {}),
    ...(body ? { requestBody: requestBody(body, schemas) } : {}),
    responses: {
      ...doneBy(done, schemas),
      ...(isCached
        ? { 304: { description: 'It is still the same.', headers: headersNamed(['X-Request-Id', ...cached]) } }
        : {}),
      ...refused(path, [...errors, 413]),
    },
  };
}

function requestBody({ schema, isForm, isOptional }: NonNullable<DescribedRoute['body']>, schemas: Schemas): Json {
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  return { required: !isOptional, content: { [type]: { schema: jsonSchema(schema, 'input', schemas) } } };
}

function doneBy({ status, schema, headers: own = [] }: DescribedRoute['done'], schemas: Schemas): Json {
  return {
    [status]: {
      description: 'Done.',
      headers: headersNamed(['X-Request-Id', ...own]),
      content: { 'application/json': { schema: jsonSchema(schema, 'output', schemas) } },
    },
  };
}

/** Under `/oauth2/` a 400 and a 401 have RFC 6749's `error` beside the rest. */
function refused(path: string, errors: readonly number[]): Json {
  const isOAuth = (status: number) => path.startsWith('/oauth2/') && (status === 400 || status === 401);
  const nameOf = (status: number) => (isOAuth(status) ? `oauth-${status}` : `${status}`);
  return Object.fromEntries(errors.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]));
}

/**
 * What a transform makes of a value is our own affair: callers are told what goes in. A schema that has a name of its own is put into
 * the components, once.
 */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output', named: Schemas): Json {
  const {
    $schema,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', metadata: schemaNames });
  for (const [name, { id, ...one }] of Object.entries($defs)) named[name] = moved(one);
  return moved(rest);
}

/** The same with its references into the components of the document. */
function moved(schema: object): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

const headersNamed = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const text = { type: 'string' };
const problem = {
  type: 'object',
  description: 'RFC 9457, with what a Contentstack SDK reads.',
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    detail: text,
    instance: text,
    error_message: text,
    error_code: { type: 'integer' },
    errors: { type: 'object', additionalProperties: { type: 'array', items: text } },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'error_message', 'error_code', 'errors'],
  additionalProperties: false,
};
const oauthProblem = {
  ...problem,
  description: 'The same, with what a generic OAuth client reads: RFC 6749, 5.2.',
  properties: { ...problem.properties, error: { type: 'string', enum: ['invalid_request', 'invalid_client'] } },
  required: [...problem.required, 'error'],
};

const inQuery = (name: string, description: string, schema: Json = text) => ({
  name,
  in: 'query',
  description,
  schema,
});
const inHeader = (name: string, description: string) => ({ name, in: 'header', description, schema: text });
const stack = 'The stack. Where a proxy drops this header, x-stack-api-key is taken instead.';
const whole = { type: 'integer', minimum: 0 };

const parameters = {
  api_key: { ...inHeader('api_key', stack), required: true },
  optional_api_key: inHeader('api_key', stack),
  limit: inQuery('limit', 'At most that many.', { type: 'integer', minimum: 1, maximum: 100 }),
  skip: inQuery('skip', 'How many to leave out at the beginning.', { ...whole, maximum: 10_000 }),
  skip_entries: inQuery('skip', 'How many to leave out at the beginning. To go on, send cursor.', {
    ...whole,
    maximum: 1000,
  }),
  include_count: inQuery('include_count', 'Whether to tell how many there are.', { type: 'boolean' }),
  include_collaborators: inQuery('include_collaborators', 'Whether to tell who is in the stack.', { type: 'boolean' }),
  count: inQuery('count', 'Whether to tell only how many match.', { type: 'boolean' }),
  asc: inQuery('asc', 'The field to sort by, upwards.'),
  desc: inQuery('desc', 'The field to sort by, downwards.'),
  query: inQuery('query', 'A JSON object of fields and the values that they must have.'),
  typeahead: inQuery('typeahead', 'What the name begins with.'),
  cursor: inQuery('cursor', 'Where the page before ended.'),
  force: inQuery('force', 'Must be true.', { type: 'boolean' }),
  confirm_name: inQuery('confirm_name', 'The exact name of the token.'),
  'x-confirm-name': inHeader('x-confirm-name', 'The same, percent-encoded UTF-8. A comma is %2C.'),
  'If-Match': inHeader('If-Match', 'The ETag that the token must have.'),
  'If-None-Match': inHeader('If-None-Match', 'The ETags that the caller has already.'),
  'Idempotency-Key': inHeader(
    'Idempotency-Key',
    'Makes a retry within 24 hours harmless. 1 to 255 visible ASCII characters, none of them a comma.',
  ),
  branch: inHeader('branch', 'The branch; main without one.'),
};

const headers = {
  'X-Request-Id': { description: 'The id of the request, also in the audit log.', schema: text },
  ETag: { description: 'The version of the token, or of the document.', schema: text },
  'Cache-Control': { description: 'How long it may be cached. Every other answer has no-store.', schema: text },
  'Retry-After': { description: 'Whole seconds until the window or pause ends, at least 1.', schema: text },
  'WWW-Authenticate': { description: 'What credential is wanted.', schema: text },
};

const headersOfErrors: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

const descriptions: Readonly<Record<number, string>> = {
  400: 'Malformed.',
  401: 'No credential, or none that is good.',
  403: 'Not allowed.',
  404: 'There is no such thing in this stack.',
  409: 'Others are changing the same.',
  412: 'No such stack, or a stale If-Match.',
  413: 'The body is over 64 KiB.',
  415: 'An encoding or charset other than UTF-8.',
  422: 'A field breaks a rule; errors names it.',
  429: 'Too many requests.',
  503: 'Storage cannot answer now.',
};

const errorResponse = (status: number, schema: 'Problem' | 'OAuthProblem' = 'Problem') => ({
  description: descriptions[status],
  headers: headersNamed(['X-Request-Id', ...(headersOfErrors[status] ?? [])]),
  content: Object.fromEntries(
    // By `Accept`: generic OAuth clients read RFC 6749's media type only.
    ['application/problem+json', ...(schema === 'OAuthProblem' ? ['application/json'] : [])].map((type) => [
      type,
      { schema: { $ref: `#/components/schemas/${schema}` } },
    ]),
  ),
});
const responses = {
  ...Object.fromEntries(Object.keys(descriptions).map((status) => [status, errorResponse(Number(status))])),
  'oauth-400': errorResponse(400, 'OAuthProblem'),
  'oauth-401': errorResponse(401, 'OAuthProblem'),
};

const securitySchemes = {
  authtoken: { type: 'apiKey', in: 'header', name: 'authtoken', description: "A member's JWT." },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A member's or service's JWT." },
  value: { type: 'apiKey', in: 'header', name: 'authorization', description: 'The value of a token or session.' },
};

const securityOf: Readonly<Record<Caller, readonly Json[]>> = {
  member: [{ authtoken: [] }, { bearer: [] }],
  reader: [{ authtoken: [] }, { bearer: [] }, { value: [] }],
  program: [{ value: [] }],
  session: [{ value: [] }],
  service: [{ bearer: [] }],
  anybody: [],
};
