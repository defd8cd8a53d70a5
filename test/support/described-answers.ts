/** Holds every answer that a test gets over HTTP against `openapi.json`. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const AnswerSchema = z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })).default({}) });
const ParameterSchema = z.object({ name: z.string(), in: z.string(), required: z.boolean().optional() });
const OperationSchema = z.object({
  operationId: z.string().optional(),
  parameters: z.array(z.unknown()).default([]),
  responses: z.record(z.string(), z.unknown()),
});
const DocumentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), OperationSchema)) });

const file = new URL('../../openapi.json', import.meta.url);

/** The committed document, and its operations by route key. */
export const committed: unknown = JSON.parse(readFileSync(file, 'utf8'));
export const operations: ReadonlyMap<string, z.output<typeof OperationSchema>> = new Map(
  Object.entries(DocumentSchema.parse(committed).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  ),
);

/** The parameters of a route, by route key. */
export function parametersOf(route: string): readonly z.output<typeof ParameterSchema>[] {
  return (operations.get(route)?.parameters ?? []).map((one) => ParameterSchema.parse(resolved(one)));
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** @throws where a route of ours answers what its description does not have */
export function requireDescribed(method: string, pathAndQuery: string, answered: Answered): void {
  const route = routeOf(method, pathAndQuery.split('?', 1)[0] ?? '');
  // What the gateway says by itself has no request id of ours, and no description.
  if (route && answered.headers.has('x-request-id')) requireDescribedAt(route, answered);
}

/** @throws where a route, by its key, answers what its description does not have */
export function requireDescribedAt(route: string, { status, body }: Omit<Answered, 'headers'>): void {
  const schema = schemaOf(route, status);
  const { error } = schema.safeParse(body);
  if (error) throw new Error(`${route} → ${status} is not as openapi.json says: ${z.prettifyError(error)}`);
}

function routeOf(method: string, path: string): string | undefined {
  const given = path.split('/');
  return [...operations.keys()].find((route) => {
    const [verb = '', pattern = ''] = route.split(' ');
    const wanted = pattern.split('/');
    const isSame = (part: string, at: number) => part === given[at] || (part.startsWith('{') && !!given[at]);
    return verb === method && wanted.length === given.length && wanted.every(isSame);
  });
}

const compiled = new Map<string, z.ZodType>();

function schemaOf(route: string, status: number): z.ZodType {
  const key = `${route} ${status}`;
  const known = compiled.get(key);
  if (known) return known;
  const response = operations.get(route)?.responses[status];
  if (!response) throw new Error(`${route} → ${status} is not in openapi.json.`);
  const [content] = Object.values(AnswerSchema.parse(resolved(response)).content);
  const made = content ? z.fromJSONSchema(z.record(z.string(), z.unknown()).parse(content.schema)) : z.literal('');
  compiled.set(key, made);
  return made;
}

/** With every reference replaced by what it refers to. */
function resolved(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(resolved);
  if (part === null || typeof part !== 'object') return part;
  const { $ref } = z.object({ $ref: z.string().optional() }).parse(part);
  if ($ref) return resolved($ref.split('/').slice(1).reduce(stepInto, committed));
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(value)]));
}

function stepInto(part: unknown, name: string): unknown {
  return z.record(z.string(), z.unknown()).parse(part)[name];
}
