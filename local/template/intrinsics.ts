import * as z from 'zod';

/** What the names in a template stand for. Each throws for a name that it does not know. */
export interface Scope {
  /** Value of a parameter, pseudo parameter or resource; undefined is `AWS::NoValue`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): string;
  condition(name: string): boolean;
}

const INTRINSICS: Readonly<Record<string, (argument: unknown, scope: Scope) => unknown>> = {
  Ref: (argument, scope) => scope.ref(z.string().parse(argument)),
  'Fn::GetAtt': getAttribute,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': choose,
};

const CONDITIONS: Readonly<Record<string, (argument: unknown, scope: Scope) => boolean>> = {
  Condition: (argument, scope) => scope.condition(z.string().parse(argument)),
  'Fn::Equals': equals,
  'Fn::Not': (argument, scope) => !holds(z.tuple([z.unknown()]).parse(argument)[0], scope),
  'Fn::And': (argument, scope) => Operands.parse(argument).every((operand) => holds(operand, scope)),
  'Fn::Or': (argument, scope) => Operands.parse(argument).some((operand) => holds(operand, scope)),
};

const Operands = z.array(z.unknown()).min(2);

/**
 * The value with every intrinsic function replaced by what it stands for; members that come to `AWS::NoValue` are gone.
 * Throws for a function that is not supported. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic) return supported(INTRINSICS, intrinsic.name)(intrinsic.argument, scope);
  const members = Object.entries(value).map(([key, member]) => [key, resolve(member, scope)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

/** Whether a condition of the template's `Conditions` is true. */
export function holds(condition: unknown, scope: Scope): boolean {
  const [entry, ...others] = Object.entries(z.record(z.string(), z.unknown()).parse(condition));
  if (!entry || others.length > 0) throw new Error(`is not one condition: ${JSON.stringify(condition)}`);
  return supported(CONDITIONS, entry[0])(entry[1], scope);
}

/** Resolves to text; numbers and booleans become text as in CloudFormation. */
export function resolveText(value: unknown, scope: Scope): string {
  return String(z.union([z.string(), z.number(), z.boolean()]).parse(resolve(value, scope)));
}

function intrinsicOf(value: object): { name: string; argument: unknown } | undefined {
  const entries = Object.entries(value);
  const [name, argument] = entries.find(([key]) => key === 'Ref' || key.startsWith('Fn::')) ?? [];
  if (name === undefined) return undefined;
  if (entries.length > 1) throw new Error(`${name} stands beside other members`);
  return { name, argument };
}

function supported<T>(functions: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!found) throw new Error(`intrinsic function ${name} is not supported: add it to local/template/intrinsics.ts`);
  return found;
}

function getAttribute(argument: unknown, scope: Scope): string {
  const path = typeof argument === 'string' ? argument.split(/\.(.*)/s).slice(0, 2) : argument;
  const [logicalId, attribute] = z.tuple([z.string(), z.string()]).parse(path);
  return scope.attribute(logicalId, attribute);
}

function join(argument: unknown, scope: Scope): string {
  const [delimiter, values] = z.tuple([z.string(), z.unknown()]).parse(argument);
  return textsOf(values, scope).join(delimiter);
}

function split(argument: unknown, scope: Scope): string[] {
  const [delimiter, text] = z.tuple([z.string(), z.unknown()]).parse(argument);
  return resolveText(text, scope).split(delimiter);
}

function select(argument: unknown, scope: Scope): unknown {
  const [index, values] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
  const list = z.array(z.unknown()).parse(resolve(values, scope));
  if (!(index in list)) throw new Error(`Fn::Select ${index} is outside a list of ${list.length}`);
  return list[index];
}

function substitute(argument: unknown, scope: Scope): string {
  const WithVariables = z.tuple([z.string(), z.record(z.string(), z.unknown())]);
  const [text, variables] = typeof argument === 'string' ? [argument, {}] : WithVariables.parse(argument);
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (Object.hasOwn(variables, name)) return resolveText(variables[name], scope);
    return resolveText(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }, scope);
  });
}

function choose(argument: unknown, scope: Scope): unknown {
  const [condition, whenTrue, whenFalse] = z.tuple([z.string(), z.unknown(), z.unknown()]).parse(argument);
  return resolve(scope.condition(condition) ? whenTrue : whenFalse, scope);
}

function equals(argument: unknown, scope: Scope): boolean {
  const [left, right] = z.tuple([z.unknown(), z.unknown()]).parse(argument);
  return resolveText(left, scope) === resolveText(right, scope);
}

function textsOf(values: unknown, scope: Scope): string[] {
  return z
    .array(z.unknown())
    .parse(resolve(values, scope))
    .map((value) => resolveText(value, scope));
}
