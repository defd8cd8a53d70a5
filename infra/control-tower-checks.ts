import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What one of the rules finds: `CT.SQS.PR.1`, at a resource by its logical id. */
export interface ControlTowerFinding {
  readonly rule: string;
  readonly logicalId: string;
  readonly says: string;
}

/**
 * AWS Control Tower's proactive controls, by cfn-guard. CDK leaves out what is acknowledged as `ControlTower::` and the rule.
 * https://docs.aws.amazon.com/controltower/latest/controlreference/proactive-controls.html
 */
export class ControlTowerChecks implements IPolicyValidationPlugin {
  readonly name = 'ControlTower';
  readonly #find: typeof controlTowerFindings;

  constructor(find = controlTowerFindings) {
    this.#find = find;
  }

  validate({ templatePaths, appConstruct }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = templatePaths.flatMap((templatePath) =>
      this.#find(templatePath, appConstruct).map(({ rule, logicalId, says }) => ({
        ruleName: rule,
        description: says,
        // Without it CDK would let pass what is left when anything is acknowledged.
        severity: 'error',
        violatingResources: [{ resourceLogicalId: logicalId, templatePath, locations: [] }],
      })),
    );
    return { success: violations.length === 0, violations };
  }
}

/** More than 1 MB, which is the default, for this template. */
const maxBuffer = 64 * 1024 * 1024;

/** What all rules find in a template that were made for a type of its resources; the others can find nothing, and take their time. */
export function controlTowerFindings(templatePath: string, appConstruct: IConstruct): ControlTowerFinding[] {
  const rules = rulesFor(readFileSync(templatePath, 'utf8'));
  const { violations } = guard(rules).validate({ templatePaths: [templatePath], appConstruct });
  return violations.flatMap(({ ruleName, description, fix = '', violatingResources }) => {
    const rule = /\[(CT[\w.]+)\]/.exec(description)?.[1] ?? ruleName;
    // Beside the resource that it is about, a rule may name a part of itself.
    const named = violatingResources.flatMap(({ resourceLogicalId }) => resourceLogicalId ?? []);
    return [...new Set(named)].map((logicalId) => ({ rule, logicalId, says: `${description}. ${fix}` }));
  });
}

function rulesFor(template: string): string[] {
  const directory = createRequire(import.meta.url).resolve('@cdklabs/cdk-validator-cfnguard/package.json');
  const below = path.join(path.dirname(directory), 'rules', 'control-tower', 'cfn-guard');
  const files = readdirSync(below, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.guard'));
  return files
    .map((file) => path.join(below, file))
    .filter((file) => {
      const types =
        readFileSync(file, 'utf8')
          .replace(/^\s*#.*$/gm, '')
          .match(/AWS::\w+::\w+/g) ?? [];
      return types.length === 0 || types.some((type) => template.includes(`"${type}"`));
    });
}

/** @throws with what to do where there is no cfn-guard for this machine */
function guard(rules: string[]): Pick<CfnGuardValidator, 'validate'> {
  try {
    return new CfnGuardValidator({ controlTowerRulesEnabled: false, rules, maxBuffer });
  } catch (error) {
    throw new Error(
      `AWS Control Tower's rules cannot be run here: there is cfn-guard for Linux and macOS on x64 and arm64 (${error}). ` +
        `Without them: -c ${leftOut.key}=${leftOut.value}`,
    );
  }
}

/** The context that leaves the rules out. They take seconds, which nobody who starts the local system should wait. */
export const leftOut = { key: 'control-tower', value: 'left-out' } as const;
