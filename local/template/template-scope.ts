import * as z from 'zod';
import { holds, resolve, resolveText, type Scope } from './intrinsics.ts';
import {
  ACCOUNT,
  arn,
  LEFT_OUT_RESOURCES,
  type Named,
  PARTITION,
  REGION,
  RESOURCE_TYPES,
  type ResourceType,
  URL_SUFFIX,
} from './resource-types.ts';

/** An object of plain JSON. */
export const Json = z.record(z.string(), z.unknown());

/** Sections and members that are not named here are refused; `Rules` are about deploying, and CDK's own. */
export const TemplateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: Json.optional(),
  Rules: Json.optional(),
  Parameters: z
    .record(z.string(), z.looseObject({ Type: z.string(), Default: z.union([z.string(), z.number()]).optional() }))
    .optional(),
  Conditions: Json.optional(),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Properties: Json.optional(),
      Metadata: Json.optional(),
      Condition: z.string().optional(),
      DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown(), Condition: z.string().optional() })).optional(),
});

/** A CloudFormation template as CDK writes it. */
export type TemplateJson = z.infer<typeof TemplateSchema>;
export type Declaration = TemplateJson['Resources'][string];

/** A resource of the template, with plain JSON for properties: every intrinsic function is resolved. */
export interface Resource {
  readonly logicalId: string;
  /** What Ref answers: the name given by the template, otherwise the logical id. */
  readonly name: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** What the names of one template stand for: parameters, pseudo parameters, resources, conditions. Says of each that it does not know. */
export class TemplateScope implements Scope {
  readonly #template: TemplateJson;
  readonly #pseudo: Readonly<Record<string, unknown>>;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(template: TemplateJson, stackName: string, parameters: Readonly<Record<string, string>>) {
    this.#template = template;
    this.#parameters = parameters;
    this.#pseudo = {
      'AWS::AccountId': ACCOUNT,
      'AWS::NoValue': undefined,
      'AWS::Partition': PARTITION,
      'AWS::Region': REGION,
      'AWS::StackId': arn('cloudformation', `stack/${stackName}/local`),
      'AWS::StackName': stackName,
      'AWS::URLSuffix': URL_SUFFIX,
    };
  }

  refusedParameters(): string[] {
    const declared = this.#template.Parameters ?? {};
    const unknown = Object.keys(this.#parameters).filter((name) => !Object.hasOwn(declared, name));
    const missing = Object.keys(declared).filter(
      (name) => declared[name]?.Default === undefined && this.#parameters[name] === undefined,
    );
    return [
      ...unknown.map((name) => `parameter ${name}: was given, but the template has none of that name`),
      ...missing.map(
        (name) => `parameter ${name}: has neither a value nor a default; give it a value where the template is loaded`,
      ),
    ];
  }

  isPresent(logicalId: string): boolean {
    const condition = this.#template.Resources[logicalId]?.Condition;
    return condition === undefined || this.condition(condition);
  }

  typeOf({ Type }: Declaration): ResourceType {
    const type = Object.hasOwn(RESOURCE_TYPES, Type) ? RESOURCE_TYPES[Type] : undefined;
    return required(type, `type ${Type}: run it or leave it out by a line in local/template/resource-types.ts`);
  }

  isLeftOut(logicalId: string, declaration: Declaration): boolean {
    const isCdkOwn = Object.keys(LEFT_OUT_RESOURCES).some((prefix) => logicalId.startsWith(prefix));
    return this.typeOf(declaration).leftOut !== undefined || isCdkOwn;
  }

  resource(logicalId: string, declaration: Declaration): Resource {
    const properties = Json.parse(resolve(declaration.Properties ?? {}, this));
    const metadata = declaration.Metadata ?? {};
    return { logicalId, name: this.#named(logicalId).name, type: declaration.Type, properties, metadata };
  }

  ref(name: string): unknown {
    if (Object.hasOwn(this.#pseudo, name)) return this.#pseudo[name];
    const parameter = this.#template.Parameters?.[name];
    if (!parameter) return this.#named(name).name;
    if (parameter.Type !== 'String' && parameter.Type !== 'Number')
      throw new Error(`parameter ${name} is of type ${parameter.Type}; only String and Number are supported`);
    return this.#parameters[name] ?? String(parameter.Default);
  }

  attribute(logicalId: string, attribute: string): string {
    const resource = this.#named(logicalId);
    const { attributes = {} } = this.typeOf(resource.declaration);
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (!value)
      throw new Error(
        `attribute ${attribute} of ${resource.declaration.Type} (${logicalId}) is not known: add it to local/template/resource-types.ts`,
      );
    return value(resource);
  }

  condition(name: string): boolean {
    return holds(required(this.#template.Conditions?.[name], `condition ${name}`), this);
  }

  /** Only the naming property is resolved: resources name each other in circles (a role, its function, its policy) otherwise. */
  #named(logicalId: string): Named & { declaration: Declaration } {
    const declaration = required(this.#template.Resources[logicalId], `parameter or resource ${logicalId}`);
    if (!this.isPresent(logicalId))
      throw new Error(`refers to ${logicalId}, which is absent because its condition is false`);
    const { nameProperty } = this.typeOf(declaration);
    const properties = declaration.Properties ?? {};
    const given = nameProperty === undefined ? undefined : properties[nameProperty];
    return { declaration, properties, name: given === undefined ? logicalId : resolveText(given, this) };
  }
}

/** Throws when there is no such thing. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
