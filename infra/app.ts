import { App } from 'aws-cdk-lib';
import { holdToRules } from './acknowledgements.ts';
import { bundle } from './bundle.ts';
import { buildConsole } from './console-build.ts';
import { deployedFunctions } from './service-function.ts';
import { ServiceStack } from './service-stack.ts';
import { stageNamed } from './stages.ts';

/** Synthesizes one stage: `cdk synth -c stage=prod`. Without a stage it is `dev`, which is also what runs locally. */
await Promise.all([bundle(deployedFunctions), buildConsole()]);
const app = new App({
  // Here and not in cdk.json, so that the template is the same with and without the CLI.
  context: { '@aws-cdk/aws-iam:minimizePolicies': true, '@aws-cdk/core:checkSecretUsage': true },
});
const stageName: string = app.node.tryGetContext('stage') ?? 'dev';
holdToRules(app, new ServiceStack(app, `tokenward-${stageName}`, { stage: stageNamed(stageName) }));
app.synth();
