import { readFileSync, statSync } from 'node:fs';
import { resolve as absolute, join } from 'node:path';
import * as z from 'zod';
import { holds, resolve, resolveText, type Scope } from './intrinsics.ts';
import {
  ACCOUNT,
  arn,
  type Named,
  PARTITION,
  REGION,
  RESOURCE_TYPES,
  type ResourceType,
  URL_SUFFIX,
} from './resource-types.ts';

const Json = z.record(z.string(), z.unknown());

/** Sections and members that are not named here are refused; `Rules` are about deploying, and CDK's own. */
const TemplateSchema = z.strictObject({
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
type Declaration = TemplateJson['Resources'][string];

/** A resource of the template, with plain JSON for properties: every intrinsic function is resolved. */
export interface Resource {
  readonly logicalId: string;
  /** What Ref answers: the name given by the template, otherwise the logical id. */
  readonly name: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** The template as this machine runs it. */
export interface LocalStack {
  readonly name: string;
  /** Every resource that is run, in the template's order; without those whose condition is false or whose type is left out. */
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
  /** Throws when there is no such resource. */
  get(logicalId: string): Resource;
  readonly outputs: Readonly<Record<string, string>>;
  /** Absolute path of the directory of an asset, by the S3Key that a function's Code names. */
  assetDirectory(s3Key: string): string;
}

/** The template uses something that this machine does not run; the message has a line for each such thing. */
export class UnsupportedTemplate extends Error {
  override readonly name = 'UnsupportedTemplate';
}

interface StackOptions {
  readonly name?: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Directory by S3 key. */
  readonly assets?: ReadonlyMap<string, string>;
}

/** Reads a cloud assembly with exactly one stack; throws UnsupportedTemplate for what is not known here. */
export function loadStack(
  assemblyDirectory: string,
  { parameters }: { parameters: Readonly<Record<string, string>> },
): LocalStack {
  const directory = absolute(assemblyDirectory);
  const { artifacts } = Manifest.parse(readJson(join(directory, 'manifest.json')));
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [only, ...others] = stacks;
  if (!only || others.length > 0)
    throw new Error(`${directory} has ${stacks.length} stacks; this machine runs exactly one`);
  const [id, { properties }] = only;
  const { templateFile, stackName } = StackProperties.parse(properties);
  return stackOf(readJson(join(directory, templateFile)), {
    name: stackName ?? id,
    parameters,
    assets: new Map(Object.values(artifacts).flatMap((artifact) => assetsOf(artifact, directory))),
  });
}

/** The stack of a template that is already in memory. */
export function stackOf(
  template: unknown,
  { name = 'Local', parameters, assets = new Map() }: StackOptions,
): LocalStack {
  const parsed = TemplateSchema.safeParse(template);
  if (!parsed.success) throw new UnsupportedTemplate(`the template of ${name}: ${z.prettifyError(parsed.error)}`);
  const { resources, outputs } = resolveTemplate(parsed.data, name, parameters);
  return {
    name,
    resources,
    outputs,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    get: (logicalId) =>
      required(
        resources.find((resource) => resource.logicalId === logicalId),
        `resource ${logicalId} in ${name}`,
      ),
    assetDirectory: (s3Key) => directoryAt(required(assets.get(s3Key), `asset ${s3Key} in the assembly of ${name}`)),
  };
}

const Manifest = z.looseObject({
  artifacts: z.record(z.string(), z.looseObject({ type: z.string(), properties: Json.optional() })),
});
type Artifact = z.infer<typeof Manifest>['artifacts'][string];
const StackProperties = z.looseObject({ templateFile: z.string(), stackName: z.string().optional() });
const AssetManifest = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      source: z.looseObject({ path: z.string().optional() }),
      destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
    }),
  ),
});

function assetsOf(artifact: Artifact, directory: string): [string, string][] {
  if (artifact.type !== 'cdk:asset-manifest') return [];
  const { file } = z.looseObject({ file: z.string() }).parse(artifact.properties);
  const { files } = AssetManifest.parse(readJson(join(directory, file)));
  return Object.values(files).flatMap(({ source: { path }, destinations }) =>
    path === undefined
      ? []
      : Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, join(directory, path)]),
  );
}

function directoryAt(path: string): string {
  if (!statSync(path).isDirectory())
    throw new Error(`asset ${path} is no directory; functions run from Code.fromAsset(directory)`);
  return path;
}

function resolveTemplate(template: TemplateJson, stackName: string, parameters: StackOptions['parameters']) {
  const scope = new TemplateScope(template, stackName, parameters);
  const refusals = scope.refusedParameters();
  const resources: Resource[] = [];
  const outputs: Record<string, string> = {};
  for (const [logicalId, declaration] of Object.entries(template.Resources)) {
    collect(refusals, logicalId, () => {
      if (!scope.isPresent(logicalId)) return;
      if (scope.typeOf(declaration).leftOut === undefined) resources.push(scope.resource(logicalId, declaration));
    });
  }
  for (const [key, output] of Object.entries(template.Outputs ?? {})) {
    collect(refusals, `output ${key}`, () => {
      if (output.Condition === undefined || scope.condition(output.Condition))
        outputs[key] = resolveText(output.Value, scope);
    });
  }
  if (refusals.length > 0)
    throw new UnsupportedTemplate(`the template of ${stackName} cannot be run here:\n${refusals.join('\n')}`);
  return { resources, outputs };
}

function collect(refusals: string[], where: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    refusals.push(`${where}: ${reason}`);
  }
}

class TemplateScope implements Scope {
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
    return required(type, `type ${Type}: run it or leave it out by a line in local/resource-types.ts`);
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
        `attribute ${attribute} of ${resource.declaration.Type} (${logicalId}) is not known: add it to local/resource-types.ts`,
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

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
