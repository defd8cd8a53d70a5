import * as z from 'zod';
import { ignored, invokedBy, propertiesOf } from '../../template/resource-properties.ts';
import { arn } from '../../template/resource-types.ts';
import type { LocalStack, Resource } from '../../template/template.ts';
import { compilePattern, type Matcher } from './event-patterns.ts';

/** An AWS::Events::Rule: what it waits for, and the functions that are then invoked. */
export interface Rule {
  readonly arn: string;
  /** name of the bus */
  readonly bus: string;
  readonly isEnabled: boolean;
  /** `rate(…)` or `cron(…)` */
  readonly schedule: string | undefined;
  /** of an event on the bus; never true without a pattern */
  readonly matches: Matcher;
  readonly targets: readonly Target[];
}
export interface Target {
  readonly lambda: Resource;
  /** what the function is given in the event's stead */
  readonly input: object | undefined;
}

/** Handing an event to Lambda never fails here, so that its retries are ignored: a function that fails is AWS::Lambda::EventInvokeConfig's. */
const TargetSchema = z.strictObject({
  Id: ignored,
  Arn: z.string(),
  Input: z.string().optional(),
  RetryPolicy: ignored,
  DeadLetterConfig: ignored,
});
const RuleSchema = z.strictObject({
  Name: ignored,
  Description: ignored,
  Tags: ignored,
  EventBusName: z.string().default('default'),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(TargetSchema).min(1),
});

/** The template's rules; throws for one that is not supported, or whose function EventBridge may not invoke. */
export function rulesOf(stack: LocalStack): readonly Rule[] {
  return stack.ofType('AWS::Events::Rule').map((resource) => {
    const rule = propertiesOf(RuleSchema, resource);
    return {
      arn: arn('events', `rule/${resource.name}`),
      bus: rule.EventBusName.replace(/^.*:event-bus\//, ''),
      isEnabled: rule.State === 'ENABLED',
      schedule: rule.ScheduleExpression,
      matches: rule.EventPattern ? compilePattern(rule.EventPattern) : () => false,
      targets: rule.Targets.map(({ Arn, Input }) => ({
        lambda: invokedBy('events.amazonaws.com', stack, Arn),
        input: Input === undefined ? undefined : z.looseObject({}).parse(JSON.parse(Input)),
      })),
    };
  });
}
