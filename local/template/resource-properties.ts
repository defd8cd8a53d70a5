import * as z from 'zod';
import { type AccessRequest, refusalOf, rightsOf } from './iam.ts';
import type { LocalStack, Resource } from './template.ts';

/** A property that means nothing on this machine. */
export const ignored = z.unknown().optional();

/** The properties of a resource as its schema has them; throws with the resource and what is wrong. */
export function propertiesOf<T>(schema: z.ZodType<T>, { logicalId, type, properties }: Resource): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(`${type} ${logicalId} is not supported as it is: ${z.prettifyError(parsed.error)}`);
}

/** The function that a name, an ARN or an integration's URI means; throws when it is none of the template. */
export function functionAt(stack: LocalStack, reference: string): Resource {
  const found = stack.ofType('AWS::Lambda::Function').find(({ name }) => isFunction(reference, name));
  if (!found) throw new Error(`${reference} is no function of the template`);
  return found;
}

/** The function, which the template has to allow a service to invoke: without it AWS drops what was to be delivered. */
export function invokedBy(principal: string, stack: LocalStack, reference: string): Resource {
  const found = functionAt(stack, reference);
  const isAllowed = stack.ofType('AWS::Lambda::Permission').some((permission) => {
    const { FunctionName, Principal } = propertiesOf(PermissionSchema, permission);
    return Principal === principal && isFunction(FunctionName, found.name);
  });
  if (!isAllowed) throw new Error(`${found.logicalId} has no AWS::Lambda::Permission for ${principal}`);
  return found;
}

/** The environment variables of a function. */
export function environmentOf({ properties }: Resource): Readonly<Record<string, string>> {
  return EnvironmentSchema.safeParse(properties).data?.Environment.Variables ?? {};
}

/** What people call a function: the path of its entry point, otherwise the logical id. */
export function titleOf({ metadata, logicalId }: Resource): string {
  return String(metadata['tokenward:function'] ?? logicalId);
}

/** The role that a function runs in. */
export function roleOf(stack: LocalStack, { logicalId, properties }: Resource): Resource {
  const { Role } = z.looseObject({ Role: z.string() }).parse(properties);
  const role = stack.ofType('AWS::IAM::Role').find(({ name }) => Role.endsWith(`:role/${name}`));
  if (!role) throw new Error(`function ${logicalId}: its role ${Role} is not in the template`);
  return role;
}

/** Throws unless a function's role allows what AWS does in its name. */
export function requireRight(
  stack: LocalStack,
  lambda: Resource,
  right: Pick<AccessRequest, 'action' | 'resource'>,
): void {
  const role = roleOf(stack, lambda);
  const refusal = refusalOf(rightsOf(stack, role.logicalId), { principal: role.name, leadingKeys: [], ...right });
  if (refusal !== undefined) throw new Error(`${lambda.logicalId}: ${refusal}`);
}

const EnvironmentSchema = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });
const PermissionSchema = z.looseObject({ FunctionName: z.string(), Principal: z.string() });

function isFunction(reference: string, name: string): boolean {
  return reference === name || reference.endsWith(`:function:${name}`);
}
