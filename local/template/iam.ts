import * as z from 'zod';
import type { LocalStack, Resource } from './template.ts';

/** One statement of a policy, its patterns compiled. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
  readonly conditions: readonly ((leadingKeys: readonly string[]) => boolean)[];
}

/** What somebody wants to do to one resource. */
export interface AccessRequest {
  /** ARN of who asks. */
  readonly principal: string;
  /** `dynamodb:GetItem` */
  readonly action: string;
  readonly resource: string;
  /** The partition key values of the request; empty when the request names none (Scan). */
  readonly leadingKeys: readonly string[];
}

/** The statements of a role: its inline policies and the template's policies that name it. Throws for what is not evaluated here. */
export function rightsOf(stack: LocalStack, roleLogicalId: string): readonly Statement[] {
  const role = stack.get(roleLogicalId);
  const { Policies } = parse(RoleSchema, role);
  const attached = stack
    .ofType('AWS::IAM::Policy')
    .map((policy) => parse(PolicySchema, policy))
    .filter(({ Roles }) => Roles.includes(role.name));
  return [...Policies, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map(compile));
}

/**
 * Undefined when the statements allow the request, otherwise the sentence of AWS's refusal: a Deny wins, and what nothing allows
 * is refused. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function refusalOf(statements: readonly Statement[], request: AccessRequest): string | undefined {
  const matching = statements.filter((statement) => applies(statement, request));
  const { principal, action, resource } = request;
  const refused = `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`;
  if (matching.some(({ effect }) => effect === 'Deny'))
    return `${refused} with an explicit deny in an identity-based policy`;
  if (matching.some(({ effect }) => effect === 'Allow')) return undefined;
  return `${refused} because no identity-based policy allows the ${action} action`;
}

const Texts = z.union([z.string(), z.array(z.string())]).transform((texts) => [texts].flat());

/** A policy variable would have to be filled in for each request, so it is refused rather than taken literally. */
const Patterns = Texts.refine(
  (patterns) => !patterns.some((pattern) => pattern.includes('${')),
  'policy variables are not supported',
);

/** Those that this machine evaluates, on the one key `dynamodb:LeadingKeys`; add others here. */
const OPERATORS = {
  'ForAllValues:StringLike': forAllValues(wildcard),
  'ForAllValues:StringEquals': forAllValues(exact),
  StringLike: present(wildcard),
  StringEquals: present(exact),
};

const Keys = z.strictObject({ 'dynamodb:LeadingKeys': Patterns });
const ConditionSchema = z.strictObject({
  'ForAllValues:StringLike': Keys.optional(),
  'ForAllValues:StringEquals': Keys.optional(),
  StringLike: Keys.optional(),
  StringEquals: Keys.optional(),
});

/** Strict: NotAction, NotResource, other operators and other condition keys are refused when the system starts, never ignored. */
const StatementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: Patterns,
  Resource: Patterns,
  Condition: ConditionSchema.default({}),
});

const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(StatementSchema),
});

const PolicySchema = z.strictObject({ PolicyName: z.string(), PolicyDocument, Roles: z.array(z.string()) });

/** The one managed policy that is known is about logs, which go to files here; a permissions boundary is refused. */
const RoleSchema = z.strictObject({
  AssumeRolePolicyDocument: z.unknown(),
  Description: z.string().optional(),
  ManagedPolicyArns: z.array(z.literal('arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole')).optional(),
  MaxSessionDuration: z.number().optional(),
  Path: z.string().optional(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument })).default([]),
  RoleName: z.string().optional(),
  Tags: z.unknown().optional(),
});

function parse<S extends z.ZodType>(schema: S, { type, logicalId, properties }: Resource): z.infer<S> {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${type} ${logicalId} uses what is not evaluated here (local/template/iam.ts):\n${z.prettifyError(parsed.error)}`,
  );
}

function compile({ Effect, Action, Resource, Condition }: z.infer<typeof StatementSchema>): Statement {
  const conditions = Object.entries(OPERATORS).flatMap(([name, operator]) => {
    const keys = Condition[name as keyof typeof OPERATORS];
    return keys ? [operator(keys['dynamodb:LeadingKeys'])] : [];
  });
  return {
    effect: Effect,
    actions: Action.map((pattern) => wildcard(pattern, 'i')),
    resources: Resource.map((pattern) => wildcard(pattern)),
    conditions,
  };
}

function applies(
  { actions, resources, conditions }: Statement,
  { action, resource, leadingKeys }: AccessRequest,
): boolean {
  return (
    actions.some((pattern) => pattern.test(action)) &&
    resources.some((pattern) => pattern.test(resource)) &&
    conditions.every((condition) => condition(leadingKeys))
  );
}

/** True also when the request has no such key, as on AWS: a Scan passes. */
function forAllValues(toPattern: (text: string) => RegExp) {
  return (texts: readonly string[]) => {
    const patterns = texts.map((text) => toPattern(text));
    return (values: readonly string[]) => values.every((value) => patterns.some((pattern) => pattern.test(value)));
  };
}

/** Without a set operator the key has to be there. */
function present(toPattern: (text: string) => RegExp) {
  return (texts: readonly string[]) => {
    const all = forAllValues(toPattern)(texts);
    return (values: readonly string[]) => values.length > 0 && all(values);
  };
}

function exact(text: string): RegExp {
  return new RegExp(`^${literal(text)}$`, 's');
}

function wildcard(text: string, flags = ''): RegExp {
  const source = text.replace(/[*?]|[^*?]+/g, (part) => (part === '*' ? '.*' : part === '?' ? '.' : literal(part)));
  return new RegExp(`^${source}$`, `s${flags}`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
