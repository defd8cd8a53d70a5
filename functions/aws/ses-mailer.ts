import { domainToASCII } from 'node:url';
import { SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mail, Mailer, MailOutcome } from '../notices/mailer.ts';
import { normalAddress } from '../stacks/address.ts';
import { isNamed } from './storage/answers.ts';
import { atEachAttempt, withinInvocation } from './storage/client-limits.ts';

interface Sender {
  /** `tokens@example.com`, or with a name before it: `Tokenward <tokens@example.com>`. */
  readonly from: string;
  /** Tells what became of mails after SES took them. */
  readonly configurationSet?: string;
}

/** Sends mails by SES, one call for a mail and no repetition: a call that is sent again can be two mails. */
export class SesMailer implements Mailer {
  readonly #client: Pick<SESv2Client, 'send'>;
  readonly #sender: Sender;

  constructor(client: Pick<SESv2Client, 'send'>, sender: Sender) {
    this.#client = client;
    this.#sender = sender;
  }

  /** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
  async send(mail: Mail): Promise<MailOutcome> {
    const to = recipient(mail.to);
    if (to === undefined) return undeliverable('SES cannot send to an address of this form.');
    try {
      const { MessageId } = await this.#client.send(commandFor({ ...mail, to }, this.#sender));
      return MessageId ? { outcome: 'sent', message_id: MessageId } : unknown('SES answered without the id of a mail.');
    } catch (error) {
      return outcomeOf(error, to);
    }
  }
}

const connectionTimeout = 1000;
/** Long, because an answer that is not waited for is a mail of which nobody knows whether it was sent. */
const requestTimeout = 10_000;

/**
 * The client that all functions use. It opens a connection for each mail: one that was kept while Lambda froze the function may be
 * dead by then, and a mail on it would be one of which nobody knows whether it was sent.
 */
export function sesClient(hasTimeFor: (ms: number) => boolean): SESv2Client {
  const client = new SESv2Client({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout,
      requestTimeout,
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeout,
      httpsAgent: { keepAlive: false },
      httpAgent: { keepAlive: false },
    },
  });
  const mostMs = connectionTimeout + requestTimeout + 1000;
  client.middlewareStack.add(
    withinInvocation(() => hasTimeFor(mostMs)),
    atEachAttempt,
  );
  return client;
}

/**
 * The address as SES takes it, or undefined: the part before the `@` has to be ASCII, the domain is sent in Punycode.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
 */
function recipient(address: string): string | undefined {
  const [, local, domain = ''] = /^([!#-'*+\-./0-9=?A-Z^-~]{1,64})@([^\s@<>()[\],;:"\\]+)$/.exec(address) ?? [];
  const ascii = domainToASCII(domain);
  return local === undefined || ascii === '' ? undefined : `${local}@${ascii}`;
}

/** Simple content: SES makes the message, and takes headers of ours beside its own. */
function commandFor({ to, subject, html, text, delivery }: Mail, { from, configurationSet }: Sender): SendEmailCommand {
  const content = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return new SendEmailCommand({
    FromEmailAddress: from,
    Destination: { ToAddresses: [to] },
    Content: {
      Simple: {
        Subject: content(subject),
        Body: { Text: content(text), Html: content(html) },
        Headers: [
          { Name: 'X-Tokenward-Delivery', Value: delivery.replace(/[^!-~]/g, '_') },
          // Nobody's absence note comes back: https://www.rfc-editor.org/rfc/rfc3834#section-5
          { Name: 'Auto-Submitted', Value: 'auto-generated' },
        ],
      },
    },
    EmailTags: [{ Name: 'delivery', Value: delivery.replace(/[^\w-]/g, '_').slice(0, 256) }],
    ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
  });
}

/** What SES says for sure that it did not send. None of its own words go on, for they hold addresses. */
const refusals: Readonly<Record<string, string>> = {
  AccessDeniedException: "The function's role does not allow it to send as this sender.",
  AccountSuspendedException: 'SES has ended the sending of this AWS account for good.',
  BadRequestException: 'SES finds the request malformed.',
  LimitExceededException: 'A limit of this AWS account at SES is reached.',
  MailFromDomainNotVerifiedException: "The sender's MAIL FROM domain is not verified at SES.",
  MessageRejected: 'SES rejects the mail: its content is not valid.',
  NotFoundException: 'The configuration set, or something else that the request names, does not exist at SES.',
  SendingPausedException: 'The sending of this AWS account, or of the configuration set, is paused at SES.',
  ThrottlingException: 'The sending quota or rate of this AWS account at SES is used up.',
  TooManyRequestsException: 'The sending quota or rate of this AWS account at SES is used up.',
  OutOfTime: 'There was no time left in this run.',
};

/**
 * A refusal (4xx) was not sent; behind a 5xx or a silence the mail may be on its way, and SES warns that a repetition can be a duplicate.
 * https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
 * https://docs.aws.amazon.com/ses/latest/DeveloperGuide/api-error-codes.html
 */
function outcomeOf(error: unknown, to: string): MailOutcome {
  if (!(error instanceof Error)) return unknown('SES could not be asked.');
  const status = statusOf(error);
  if (status >= 500) return unknown(`SES had an error of its own (HTTP ${status}).`);
  if (status >= 400 || isNamed(error, 'OutOfTime')) return refused(error, to, status);
  if (isUnreachable(error)) return failed('SES could not be reached.');
  return isNamed(error, 'TimeoutError')
    ? unknown('The connection to SES was cut, or SES did not answer in time.')
    : unknown('The answer of SES could not be understood, or did not come.');
}

/** `BadRequestException` says of which part it speaks in its text only; the sender's address was given by the template. */
function refused(error: Error, to: string, status: number): MailOutcome {
  const { name, message } = error;
  if (name === 'BadRequestException' && /address|domain/i.test(message))
    return undeliverable('SES finds that this is no address.');
  if (name === 'MessageRejected' && /not verified/i.test(message))
    return normalAddress(message).includes(normalAddress(to))
      ? undeliverable('SES sends to verified addresses only as long as this AWS account is in its sandbox.')
      : failed("The sender's address or domain is not verified at SES in this region.");
  return failed(refusals[name] ?? `SES refused the request: ${name} (HTTP ${status}).`);
}

/** HTTP status of SES's answer; 0 when there was none. */
function statusOf(error: Error): number {
  return (error instanceof SESv2ServiceException && error.$metadata.httpStatusCode) || 0;
}

/** No connection was made, so nothing was sent. For its own time limit the SDK has no code, only a sentence. */
function isUnreachable(error: Error): boolean {
  if (error.message.includes('did not establish a connection')) return true;
  if ('syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo')) return true;
  return 'code' in error && /^CERT_|^ERR_TLS_|SELF_SIGNED|^UNABLE_TO_/.test(String(error.code));
}

function failed(reason: string): MailOutcome {
  return { outcome: 'failed', reason };
}

function unknown(reason: string): MailOutcome {
  return { outcome: 'unknown', reason };
}

function undeliverable(reason: string): MailOutcome {
  return { outcome: 'undeliverable', reason };
}
