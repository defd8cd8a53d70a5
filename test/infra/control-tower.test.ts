import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { acknowledgeFindings, acknowledgements } from '../../infra/acknowledgements.ts';
import { bundleDirectory } from '../../infra/bundle.ts';
import { consoleDirectory } from '../../infra/console-build.ts';
import { ControlTowerChecks } from '../../infra/control-tower-checks.ts';
import { deployedFunctions } from '../../infra/service-function.ts';
import { ServiceStack } from '../../infra/service-stack.ts';
import { stageNamed } from '../../infra/stages.ts';

const ReportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      suppressedViolations: z.array(z.object({ acknowledgedId: z.string() })).default([]),
    }),
  ),
});

function appIn(outdir = mkdtempSync(path.join(tmpdir(), 'control-tower-'))): App {
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  return new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
}

it("finds nothing by AWS Control Tower's rules that is not acknowledged, and uses every acknowledgement", () => {
  for (const name of deployedFunctions) mkdirSync(bundleDirectory(name), { recursive: true });
  mkdirSync(consoleDirectory, { recursive: true });
  const app = appIn();
  // The rules take seconds: one stage that has what any stage has.
  const stage = { ...stageNamed('prod'), exampleApi: stageNamed('dev').exampleApi };
  acknowledgeFindings(new ServiceStack(app, 'tokenward', { stage }));
  Validations.of(app).addPlugins(new ControlTowerChecks());
  const { directory } = app.synth();
  const report = ReportSchema.parse(JSON.parse(readFileSync(path.join(directory, 'validation-report.json'), 'utf8')));
  const used = report.pluginReports.flatMap(({ suppressedViolations }) =>
    suppressedViolations.map(({ acknowledgedId }) => acknowledgedId),
  );
  const all = acknowledgements.map(({ rule }) => rule).filter((rule) => rule.startsWith('ControlTower::'));
  expect([...new Set(used)].sort()).toEqual([...new Set(all)].sort());
});

it.each([
  [
    'what is found and not acknowledged',
    () => [{ rule: 'CT.A.PR.1', logicalId: 'One', says: 'Require more.' }],
    'Require more.',
  ],
  [
    'that the rules cannot be run',
    () => {
      throw new Error('There is no cfn-guard.');
    },
    'There is no cfn-guard.',
  ],
])('lets a synthesis fail by %s, also when something else is acknowledged', (_, find, says) => {
  const app = appIn();
  const stack = new Stack(app, 'Stack');
  const other = new CfnResource(stack, 'Other', { type: 'AWS::SNS::Topic' });
  new CfnResource(stack, 'One', { type: 'AWS::SNS::Topic' });
  Validations.of(other).acknowledge({ id: 'ControlTower::CT.A.PR.1', reason: 'It is another one.' });
  const both = () => [...find(), { rule: 'CT.A.PR.1', logicalId: 'Other', says: 'Require more.' }];
  Validations.of(app).addPlugins(new ControlTowerChecks(both));
  expect(() => app.synth()).toThrow(says);
});
