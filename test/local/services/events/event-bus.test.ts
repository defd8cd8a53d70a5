import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { arnOf, Scene } from '../../messaging-scene.ts';

const rule = (extra: Record<string, unknown> = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventBusName: { Ref: 'Bus' },
    EventPattern: { 'detail-type': ['token.deleted'] },
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: arnOf('Reader') }],
    ...extra,
  },
});
const invokeConfig = (extra: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: {
    FunctionName: { Ref: 'Reader' },
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: arnOf('Lost') } },
    ...extra,
  },
});
const deleted = (n = 1): PutEventsRequestEntry => ({
  EventBusName: 'tokenward',
  Source: 'tokenward',
  DetailType: 'token.deleted',
  Detail: JSON.stringify({ n }),
});

function clientOf(endpoint: string, accessKeyId = 'READER', maxAttempts = 1): EventBridgeClient {
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const client = new EventBridgeClient({ endpoint, region: 'us-east-1', credentials, maxAttempts });
  onTestFinished(() => client.destroy());
  return client;
}

describe('PutEvents', () => {
  it('reaches the functions whose rules it fits, and is kept', async () => {
    const scene = await Scene.open({
      Rule: rule(),
      Elsewhere: rule({ EventBusName: 'default', EventPattern: { source: ['tokenward'] } }),
      Off: rule({ State: 'DISABLED', EventPattern: { source: ['tokenward'] } }),
    });
    const handler = vi.fn();
    const { bus, streams } = await scene.start({ Reader: handler });
    const Entries = [deleted(), { ...deleted(2), DetailType: 'token.created', Time: new Date(0), Resources: ['r'] }];
    const { FailedEntryCount, Entries: results } = await clientOf(bus.endpoint).send(new PutEventsCommand({ Entries }));
    await streams.idle();
    expect(FailedEntryCount).toBe(0);
    expect(handler.mock.calls).toEqual([
      [
        {
          version: '0',
          id: results?.[0]?.EventId,
          'detail-type': 'token.deleted',
          source: 'tokenward',
          account: '000000000000',
          time: expect.stringMatching(/^\d{4}-.*:\d\dZ$/),
          region: 'us-east-1',
          resources: [],
          detail: { n: 1 },
        },
      ],
    ]);
    expect(bus.events()).toMatchObject([{ time: '1970-01-01T00:00:00Z', resources: ['r'] }, { detail: { n: 1 } }]);
    expect(bus.events({ 'detail-type': ['token.created'] })).toHaveLength(1);
  });

  it('fails for a single entry that is not valid, and takes the others', async () => {
    const scene = await Scene.open({});
    const { bus } = await scene.start();
    const { Source: _, ...sourceless } = deleted();
    const bad = [
      sourceless,
      { ...deleted(), Detail: 'no JSON' },
      { ...deleted(), Detail: '[1]' },
      { ...deleted(), Source: 'aws.events' },
    ];
    const { FailedEntryCount, Entries } = await clientOf(bus.endpoint).send(
      new PutEventsCommand({ Entries: [...bad, deleted()] }),
    );
    expect(FailedEntryCount).toBe(4);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      undefined,
    ]);
    expect(bus.events()).toHaveLength(1);
  });

  it('is refused as a whole for too many or too large entries, an unknown caller, and a bus that the role does not allow', async () => {
    const scene = await Scene.open({});
    const { bus } = await scene.start();
    const put = (Entries: PutEventsRequestEntry[], key?: string) =>
      clientOf(bus.endpoint, key).send(new PutEventsCommand({ Entries }));
    await expect(put(Array.from({ length: 11 }, deleted))).rejects.toMatchObject({ name: 'ValidationException' });
    const large = { ...deleted(), Detail: JSON.stringify({ text: 'é'.repeat(131_072) }) };
    await expect(put([large])).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('size'),
    });
    await expect(put([deleted()], 'SOMEBODY')).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(put([{ ...deleted(), EventBusName: 'default' }])).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/default',
      ),
    });
    expect(bus.events()).toEqual([]);
  });

  it('fails some entries, or loses its answer, when a test wishes it', async () => {
    const scene = await Scene.open({});
    const { bus } = await scene.start();
    bus.inject({ kind: 'ThrottlingException', entries: [1], times: 1, when: ({ caller }) => caller === 'Role' });
    const put = (client: EventBridgeClient) => client.send(new PutEventsCommand({ Entries: [deleted(1), deleted(2)] }));
    const { Entries } = await put(clientOf(bus.endpoint));
    expect(Entries).toMatchObject([{ EventId: expect.any(String) }, { ErrorCode: 'ThrottlingException' }]);
    bus.inject({ kind: 'lose-answer', times: 1, when: () => true });
    await put(clientOf(bus.endpoint, 'READER', 2));
    expect(bus.events().map(({ detail }) => detail.n)).toEqual([2, 1, 2, 1, 1]);
  });
});

describe('a function that fails for an event', () => {
  it('is tried again, and at last the event goes to the destination of its asynchronous invocations', async () => {
    const scene = await Scene.open({ Rule: rule(), Config: invokeConfig() });
    const handler = vi.fn(() => {
      throw new Error('not today');
    });
    const { bus, streams, deadLetters } = await scene.start({ Reader: handler });
    await clientOf(bus.endpoint).send(new PutEventsCommand({ Entries: [deleted()] }));
    await streams.idle();
    expect(handler).toHaveBeenCalledTimes(2);
    expect(deadLetters.list()).toMatchObject([
      {
        queue: 'Lost',
        body: {
          requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
          responseContext: { functionError: 'Unhandled' },
          requestPayload: { 'detail-type': 'token.deleted', detail: { n: 1 } },
          responsePayload: { errorType: 'Error', errorMessage: 'not today' },
        },
      },
    ]);
    await streams.idle();
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('has the event again after the process was killed', async () => {
    const scene = await Scene.open({ Rule: rule() });
    const first = vi.fn(() => new Promise(() => {}));
    const { bus } = await scene.start({ Reader: first });
    await clientOf(bus.endpoint).send(new PutEventsCommand({ Entries: [deleted()] }));
    await vi.waitFor(() => expect(first).toHaveBeenCalled(), { interval: 5 });
    const second = vi.fn();
    const restarted = await scene.start({ Reader: second });
    await vi.waitFor(() => expect(second).toHaveBeenCalled(), { interval: 5 });
    await restarted.streams.idle();
    expect(second).toHaveBeenCalledTimes(1);
    expect(restarted.bus.events()).toHaveLength(1);
  });
});

it.each([
  ['an operator that is not known', { EventPattern: { source: [{ wildcard: 'a*' }] } }, 'wildcard'],
  ['an input transformer', { Targets: [{ Id: 'T', Arn: arnOf('Reader'), InputTransformer: {} }] }, 'InputTransformer'],
  ['a target that is no function', { Targets: [{ Id: 'T', Arn: arnOf('Lost') }] }, 'no function'],
])('a rule with %s is refused at start', async (_, extra, reason) => {
  const scene = await Scene.open({ Rule: rule(extra) });
  await expect(scene.start()).rejects.toThrow(reason);
});

it('a rule without permission to invoke its function is refused at start', async () => {
  const scene = await Scene.open({ Rule: rule(), MayInvoke: { Type: 'AWS::CDK::Metadata' } });
  await expect(scene.start()).rejects.toThrow('Reader has no AWS::Lambda::Permission for events.amazonaws.com');
});
