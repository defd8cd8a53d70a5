import { readFileSync, statSync } from 'node:fs';
import { resolve as absolute, join } from 'node:path';
import * as z from 'zod';
import { resolveText } from './intrinsics.ts';
import { Json, type Resource, required, type TemplateJson, TemplateSchema, TemplateScope } from './template-scope.ts';

export type { Resource, TemplateJson } from './template-scope.ts';

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
      if (!scope.isLeftOut(logicalId, declaration)) resources.push(scope.resource(logicalId, declaration));
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

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
