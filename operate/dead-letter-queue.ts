import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import type { Workplace } from './command.ts';

/** Longer than one message takes. After a crash of ours it is seen again by then. */
const hiddenSeconds = 15 * 60;

/** What became of a message: it is taken out of the queue, or stays. */
export type Fate = 'taken' | 'left';

/**
 * Shows every message of a queue once, and takes out those that were dealt with. The others can be received again at once.
 * @param queue the ARN
 */
export async function eachMessage(
  { queues }: Pick<Workplace, 'queues'>,
  queue: string,
  handle: (message: { readonly id: string; readonly body: string }) => Promise<Fate>,
): Promise<void> {
  const QueueUrl = await urlOf(queues, queue);
  const left = new Map<string, string | undefined>();
  try {
    for (;;) {
      const message = await next(queues, QueueUrl);
      const { MessageId: id = '', ReceiptHandle, Body: body = '' } = message ?? {};
      const isAgain = left.has(id);
      if (message) left.set(id, ReceiptHandle);
      if (!message || isAgain) return;
      if ((await handle({ id, body })) === 'left') continue;
      await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      left.delete(id);
    }
  } finally {
    for (const ReceiptHandle of left.values())
      await queues
        .send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))
        .catch(shownAlready);
  }
}

/** After so many messages that the first of them is hidden no more. SQS has two names for it, and only one of them is in its API. */
function shownAlready(error: unknown): void {
  const names = ['MessageNotInflight', 'InvalidParameterValue', 'InvalidParameterValueException'];
  if (!(error instanceof SQSServiceException) || !names.includes(error.name)) throw error;
}

async function urlOf(queues: Workplace['queues'], queue: string): Promise<string | undefined> {
  const [, , , , QueueOwnerAWSAccountId, QueueName] = queue.split(':');
  const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId }));
  return QueueUrl;
}

/** A wait, however short, asks all of SQS's servers: without one, a queue that holds little can look empty. */
async function next(queues: Workplace['queues'], QueueUrl: string | undefined): Promise<Message | undefined> {
  const { Messages } = await queues.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 1,
      VisibilityTimeout: hiddenSeconds,
      WaitTimeSeconds: 1,
    }),
  );
  return Messages?.[0];
}
