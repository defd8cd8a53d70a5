import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm-target.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Watched } from './watched.ts';

const fiveMinutes = Duration.minutes(5);
const quarterOfAnHour = Duration.minutes(15);

/** Answers that callers get, and those that they do not. */
export function alarmsOfTheApi(watched: Watched): AlarmSpec[] {
  const { api, logs, stage } = watched;
  return [
    {
      name: 'storage-cannot-answer',
      means: 'Some callers get 503 with Retry-After: nothing is called good while storage cannot answer.',
      metric: logs.metric('Refusals', { reason: 'unavailable' }),
      // The caller is told when to come again; a handful in five minutes is more than a broken connection.
      when: { atLeast: 5 },
    },
    {
      name: 'mistake-of-ours',
      means: 'A caller got 500: something happened that the program has no answer for.',
      metric: logs.metric('Refusals', { reason: 'internal' }),
      when: { atLeast: 1 },
    },
    {
      name: 'callers-not-recognized',
      means:
        'More than half of all calls are refused for their credential: signing in is broken, or somebody tries values.',
      metric: shareNotRecognized(watched),
      when: { atLeast: 0.5 },
      periods: 3,
    },
    {
      name: 'issuer-keys-not-fetched',
      means:
        "The identity provider's public keys cannot be fetched. Functions that know them use them for 24 hours; at others nobody can sign in.",
      metric: logs.metric('KeyFetchFailures'),
      when: { atLeast: 1 },
      // One failure is made good by the next try, 5 seconds later.
      periods: 3,
    },
    {
      name: 'answers-are-slow',
      means: 'One call in a hundred takes more than two seconds, which is longer than programs like to wait.',
      metric: api.httpApi.metricLatency({ period: fiveMinutes, statistic: Stats.percentile(99) }),
      when: { atLeast: 2000 },
      periods: 3,
    },
    {
      name: 'near-the-limit',
      means: 'The API is asked nearly as often as it lets anybody ask: soon callers get 429 for no fault of theirs.',
      metric: api.httpApi.metricCount({ period: Duration.minutes(1), statistic: 'Sum' }),
      when: { atLeast: 0.8 * stage.throttle.rate * 60 },
      periods: 3,
    },
    {
      name: 'functions-throttled',
      means: "The account's functions run as often at once as it may: calls are answered late or with 503.",
      // Without a function's name: concurrency is the account's.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period: fiveMinutes }),
      when: { atLeast: 1 },
    },
  ];
}

/** Of fewer than a hundred calls a share says nothing. */
function shareNotRecognized({ api, logs }: Watched): MathExpression {
  return new MathExpression({
    expression: 'IF(calls >= 100, refused / calls, 0)',
    label: 'Share of calls without a good credential',
    usingMetrics: {
      refused: logs.metric('Refusals', { reason: 'unauthenticated' }),
      calls: api.httpApi.metricCount({ period: fiveMinutes, statistic: 'Sum' }),
    },
    period: fiveMinutes,
  });
}

/** What a deletion sets going. The token itself is refused from the answer on, whatever becomes of this. */
export function alarmsOfTheStream({ logs }: Watched): AlarmSpec[] {
  return [
    {
      name: 'revocations-slow',
      means: 'Receipts of deletions take more than a minute. The tokens and their sessions are refused all the same.',
      metric: logs.metric('RevocationTime', { statistic: Stats.percentile(90) }),
      when: { atLeast: Duration.minutes(1).toMilliseconds() },
      periods: 3,
    },
    {
      name: 'revocations-stuck',
      means:
        'The receipt of a deletion says "stuck". The token is refused; its sessions stay listed until the next try.',
      metric: logs.metric('StuckRevocations'),
      when: { atLeast: 1 },
    },
  ];
}

/** What is due by the clock. */
export function alarmsOfTheSchedule({ logs, functions }: Watched): AlarmSpec[] {
  return [
    ...functions.filter(({ entry }) => entry === 'schedule/receipts').map(receiptsMissing),
    {
      name: 'sweep-missing',
      means: 'For three quarters of an hour nobody was warned and nothing was cleaned up.',
      metric: logs.metric('SweepDue', { statistic: Stats.SAMPLE_COUNT, period: quarterOfAnHour }),
      when: { below: 1 },
      periods: 3,
      silenceIsBad: true,
    },
    {
      name: 'sweep-cut-short',
      means: 'For an hour more has been due than a run has time for: warnings come late.',
      metric: logs.metric('SweepsCutShort', { period: quarterOfAnHour }),
      when: { atLeast: 1 },
      periods: 4,
    },
    {
      name: 'sweep-failures',
      means:
        'Of some tokens nobody is warned, or they are not cleaned up. Each is tried again, at longer and longer intervals.',
      metric: logs.metric('SweepFailures', { period: quarterOfAnHour }),
      when: { atLeast: 1 },
      periods: 2,
    },
    {
      name: 'reconcile-missing',
      means: 'For two days nobody has looked for what a broken chain leaves behind.',
      metric: logs.metric('LeftoverSessions', { statistic: Stats.SAMPLE_COUNT, period: Duration.days(1) }),
      when: { below: 1 },
      periods: 2,
      silenceIsBad: true,
    },
    {
      name: 'chain-was-broken',
      means:
        'Sessions of dead tokens were still listed, or receipts were not completed: both are repaired. Or mails were an hour late.',
      metric: new MathExpression({
        expression: 'sessions + receipts + digests',
        label: 'Found by the reconciler',
        usingMetrics: {
          sessions: logs.metric('LeftoverSessions'),
          receipts: logs.metric('OverdueReceipts'),
          digests: logs.metric('OverdueDigests'),
        },
        period: fiveMinutes,
      }),
      when: { atLeast: 1 },
    },
  ];
}

/** It writes no line when it finds nothing, so that its runs are counted, and not their lines. */
const receiptsMissing = ({ lambda }: ServiceFunction): AlarmSpec => ({
  name: 'receipts-missing',
  means:
    'For a quarter of an hour nobody has looked for revocations that storage has interrupted: they are completed late.',
  metric: lambda.metricInvocations({ period: fiveMinutes, statistic: 'Sum' }),
  when: { below: 1 },
  periods: 3,
  silenceIsBad: true,
});

/** People who should have been told. */
export function alarmsOfMail({ logs }: Watched): AlarmSpec[] {
  return [
    {
      name: 'mails-not-sent',
      means: 'Somebody was not told of a token that expires, or perhaps was not. The bus was told.',
      metric: new MathExpression({
        expression: 'failed + unknown + undeliverable',
        label: 'Mails that were not sent for certain',
        usingMetrics: {
          failed: logs.metric('MailsFailed'),
          unknown: logs.metric('MailsUnknown'),
          undeliverable: logs.metric('MailsUndeliverable'),
        },
        period: fiveMinutes,
      }),
      when: { atLeast: 1 },
    },
    {
      name: 'mails-bounce',
      means: 'One mail in twenty comes back. At that rate SES puts an account under review, and may stop its mails.',
      metric: reputation('BounceRate'),
      when: { atLeast: 0.05 },
    },
    {
      name: 'mails-marked-as-spam',
      means: 'One mail in a thousand is marked as spam. At that rate SES puts an account under review.',
      metric: reputation('ComplaintRate'),
      when: { atLeast: 0.001 },
    },
  ];
}

/**
 * A share of 1, over as many mails as say something. Of the whole account and Region, because that is what SES judges: under review
 * from 5 % that bounce, or 0.1 % that are complained of; stopped from 10 % and 0.5 %.
 * https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
 */
function reputation(rate: 'BounceRate' | 'ComplaintRate'): Metric {
  return new Metric({
    namespace: 'AWS/SES',
    metricName: `Reputation.${rate}`,
    statistic: Stats.AVERAGE,
    period: Duration.hours(1),
  });
}
