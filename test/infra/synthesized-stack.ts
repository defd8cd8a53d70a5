import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { acknowledgeFindings, rulePacks } from '../../infra/acknowledgements.ts';
import { bundleDirectory } from '../../infra/bundle.ts';
import { consoleDirectory } from '../../infra/console-build.ts';
import { deployedFunctions } from '../../infra/service-function.ts';
import { ServiceStack } from '../../infra/service-stack.ts';
import { type Stage, type StageName, stageNamed } from '../../infra/stages.ts';
import { observedTypes, schemas } from './template-schemas.ts';

export type ResourceType = keyof typeof schemas;
export const knownTypes: readonly string[] = [...Object.keys(schemas), ...observedTypes];

export interface Resource<T extends ResourceType> {
  readonly id: string;
  readonly properties: z.output<(typeof schemas)[T]>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
  readonly replacePolicy: string | undefined;
}

export function functionName({ id, metadata }: Pick<Resource<'AWS::Lambda::Function'>, 'id' | 'metadata'>): string {
  return String(metadata['tokenward:function'] ?? id);
}

export interface Synthesized {
  /** All resources of a type; one that does not have the shape that its promises are about fails the test. */
  all<T extends ResourceType>(type: T): readonly Resource<T>[];
  /** The types that there are. */
  readonly types: readonly string[];
  /** Everything that there is, CDK's own included, as it stands in the template. */
  readonly everything: readonly RawResource[];
  /** What the rule packs find, as `rule at path`; with and without what is acknowledged. */
  readonly findings: { readonly all: readonly string[]; readonly left: readonly string[] };
}

export interface RawResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
}

/** What copies the console's files into their bucket is CDK's own, with rights that CDK gives it. */
const copierOfCdk = 'CustomCDKBucketDeployment';

/** Synthesizes a stage in this process, with changes to try what no stage has. What is in the bundles and the console plays no part, only that they have a place. */
export function synthesize(stageName: StageName, changes: Partial<Stage> = {}): Synthesized {
  for (const name of deployedFunctions) mkdirSync(bundleDirectory(name), { recursive: true });
  mkdirSync(consoleDirectory, { recursive: true });
  const { resources, findings } = resourcesOf(stageName, changes);
  return {
    findings,
    everything: Object.entries(resources).map(([id, { Type: type, Properties, DeletionPolicy: deletionPolicy }]) => ({
      id,
      type,
      properties: Properties,
      deletionPolicy,
    })),
    types: [...new Set(Object.values(resources).map(({ Type }) => Type))],
    all: (type) =>
      Object.entries(resources)
        .filter(([id, { Type }]) => Type === type && !id.startsWith(copierOfCdk))
        .map(([id, resource]) => ({
          id,
          properties: schemas[type].parse(resource.Properties) as never,
          metadata: resource.Metadata,
          deletionPolicy: resource.DeletionPolicy,
          replacePolicy: resource.UpdateReplacePolicy,
        })),
  };
}

function resourcesOf(stageName: StageName, changes: Partial<Stage>) {
  const outdir = mkdtempSync(path.join(tmpdir(), 'synthesized-'));
  try {
    // CDK's own look at the template is in every real synthesis, and takes seconds.
    const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
    const stack = new ServiceStack(app, `tokenward-${stageName}`, { stage: { ...stageNamed(stageName), ...changes } });
    const { Resources: resources } = TemplateSchema.parse(Template.fromStack(stack).toJSON());
    const all = findingsIn(stack);
    acknowledgeFindings(stack);
    return { resources, findings: { all, left: findingsIn(stack) } };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function findingsIn(stack: ServiceStack): string[] {
  return rulePacks.flatMap((Pack) =>
    new Pack()
      .validateScope(stack)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => `${ruleName} at ${constructPath.replace(/^[^/]+\//, '')}`),
      ),
  );
}

const TemplateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
});
