import { expect, it } from 'vitest';
import { tables } from './rights-promises.ts';
import { functionName, type Synthesized } from './synthesized-stack.ts';

const fourteenDays = 14 * 24 * 60 * 60;
const oneDay = 24 * 60 * 60;

/** Streams, schedules and queues: nothing is tried for ever, and nothing is lost without a trace. */
export function describeAsynchronousParts(stack: () => Synthesized): void {
  const queues = () =>
    stack()
      .all('AWS::SQS::Queue')
      .map(({ id }) => id);

  it("reads the tokens' stream, filtered, with an end to its tries and a place for what fails", () => {
    const mappings = stack().all('AWS::Lambda::EventSourceMapping');
    // A third reader of a stream would be throttled.
    expect(mappings.length).toBeLessThanOrEqual(2);
    for (const { id, properties } of mappings) {
      expect(properties.EventSourceArn, id).toMatch(new RegExp(`^${tables.tokens}\\w+/stream$`));
      expect(properties.FilterCriteria?.Filters.length, id).toBeGreaterThanOrEqual(1);
      expect(properties.MaximumRetryAttempts, id).toBeGreaterThanOrEqual(1);
      expect(properties.MaximumRetryAttempts, id).toBeLessThanOrEqual(100);
      expect(properties.MaximumRecordAgeInSeconds, id).toBeLessThan(oneDay);
      expect(properties.BisectBatchOnFunctionError, id).toBe(true);
      expect(properties.FunctionResponseTypes, id).toEqual(['ReportBatchItemFailures']);
      expect(queues(), id).toContain(properties.DestinationConfig?.OnFailure.Destination);
    }
  });

  it('runs by a schedule whose failed hand-offs and failed runs are kept', () => {
    const kept = new Map(
      stack()
        .all('AWS::Lambda::EventInvokeConfig')
        .map(({ properties }) => [properties.FunctionName, properties.DestinationConfig.OnFailure.Destination]),
    );
    for (const { id, properties } of stack().all('AWS::Events::Rule')) {
      expect(properties.ScheduleExpression, id).toMatch(/^(rate|cron)\(/);
      for (const { Arn, DeadLetterConfig, RetryPolicy } of properties.Targets) {
        expect(queues(), id).toContain(DeadLetterConfig?.Arn);
        expect(queues(), id).toContain(kept.get(Arn));
        expect(RetryPolicy?.MaximumEventAgeInSeconds, id).toBeLessThanOrEqual(oneDay);
      }
    }
  });

  it('sweeps on the quarter hours, where the mail hours of all time zones are', () => {
    const [sweep] = stack()
      .all('AWS::Lambda::Function')
      .filter((one) => functionName(one) === 'schedule/sweep');
    const rules = stack()
      .all('AWS::Events::Rule')
      .filter(({ properties }) => properties.Targets.some(({ Arn }) => Arn === sweep?.id));
    expect(rules.map(({ properties }) => properties.ScheduleExpression)).toEqual(['cron(0/15 * * * ? *)']);
  });

  it('is each function that no route leads to', () => {
    const triggered = [
      ...stack()
        .all('AWS::Lambda::EventSourceMapping')
        .map(({ properties }) => properties.FunctionName),
      ...stack()
        .all('AWS::Events::Rule')
        .flatMap(({ properties }) => properties.Targets.map(({ Arn }) => Arn)),
    ];
    const functions = stack()
      .all('AWS::Lambda::Function')
      .filter((one) => !functionName(one).startsWith('http/'));
    expect(functions.map(({ id }) => id).sort()).toEqual(triggered.sort());
  });

  it('has no queue but those, so that each is the end of something that fails, and of nothing else', () => {
    const ends = [
      ...stack()
        .all('AWS::Lambda::EventSourceMapping')
        .map(({ properties }) => properties.DestinationConfig?.OnFailure.Destination),
      ...stack()
        .all('AWS::Lambda::EventInvokeConfig')
        .map(({ properties }) => properties.DestinationConfig.OnFailure.Destination),
    ];
    expect(ends.sort()).toEqual([...queues()].sort());
  });

  it('has a queue for failures that keeps them for 14 days and refuses what is not encrypted', () => {
    const policies = stack().all('AWS::SQS::QueuePolicy');
    for (const { id, properties } of stack().all('AWS::SQS::Queue')) {
      expect(properties.MessageRetentionPeriod, id).toBe(fourteenDays);
      const statements = policies
        .filter((policy) => policy.properties.Queues.includes(id))
        .flatMap((policy) => policy.properties.PolicyDocument.Statement);
      const refusesPlainText = { Bool: { 'aws:SecureTransport': 'false' } };
      expect(statements, id).toContainEqual({ Effect: 'Deny', Action: 'sqs:*', Condition: refusesPlainText });
    }
  });
}
