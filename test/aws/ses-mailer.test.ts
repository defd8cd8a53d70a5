import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SesMailer, sesClient } from '../../functions/aws/ses-mailer.ts';
import type { Mail } from '../../functions/notices/mailer.ts';
import type { Mails } from '../../local/services/ses/mail.ts';
import type { MailFault } from '../../local/services/ses/mail-endpoint.ts';
import { clientOf, MailScene } from '../local/services/ses/mail-scene.ts';

const from = 'Tokenward <tokens@example.test>';
const mail: Mail = {
  to: 'olivia@example.test',
  subject: '2 tokens of “Acme” expire',
  html: '<p>é</p>',
  text: 'é',
  delivery: 'DELIVERY#blt1#2026-11-22',
};

interface Options {
  hasTime?: boolean;
  from?: string;
  configurationSet?: string;
}

/** A mailer with the client that the functions use, which finds its service by the environment. */
function mailerOf(endpoint: string, { hasTime = true, ...sender }: Options = {}) {
  const variables = { AWS_ENDPOINT_URL_SESV2: endpoint, AWS_REGION: 'us-east-1' };
  const credentials = { AWS_ACCESS_KEY_ID: 'SENDER', AWS_SECRET_ACCESS_KEY: 'any' };
  for (const [name, value] of Object.entries({ ...variables, ...credentials })) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const client = sesClient(() => hasTime);
  onTestFinished(() => client.destroy());
  return new SesMailer(client, { from, ...sender });
}

async function open(): Promise<Mails> {
  return await new MailScene().open();
}

/** Something that is no SES. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a mail that SES takes', () => {
  it('is sent, with its delivery in a header, and as one that nobody answers by a machine', async () => {
    const mails = await open();
    const outcome = await mailerOf(mails.endpoint, { configurationSet: 'tokenward' }).send(mail);
    const [kept] = mails.list();
    expect(outcome).toEqual({ outcome: 'sent', message_id: kept?.id });
    const { to, subject, html, text } = mail;
    const headers = { 'X-Tokenward-Delivery': mail.delivery, 'Auto-Submitted': 'auto-generated' };
    expect(kept).toMatchObject({ from, to: [to], subject, html, text, headers });
  });

  it('goes to a domain in any script', async () => {
    const mails = await open();
    await mailerOf(mails.endpoint).send({ ...mail, to: 'olivia+t@bücher.example' });
    expect(mails.list()).toMatchObject([{ to: ['olivia+t@xn--bcher-kva.example'] }]);
  });
});

it.each([
  'nobody',
  'a b@example.test',
  'Olivia <olivia@example.test>',
  'a@example.test, b@example.test',
  'a@example.test\r\nBcc: b@example.test',
  'olivía@example.test',
  '',
])('%j is no address that SES can send to, and is not tried', async (to) => {
  const mails = await open();
  const asked = vi.fn(() => false);
  mails.inject({ kind: 'reset', when: asked });
  expect(await mailerOf(mails.endpoint).send({ ...mail, to })).toEqual({
    outcome: 'undeliverable',
    reason: 'SES cannot send to an address of this form.',
  });
  expect(asked).not.toHaveBeenCalled();
});

const unverified = (who: string) =>
  `Email address is not verified. The following identities failed the check in region US-EAST-1: ${who}`;

describe('a mail that SES refuses', () => {
  it.each<[MailFault['kind'], string | undefined, string, RegExp]>([
    ['AccessDeniedException', undefined, 'failed', /role does not allow/],
    ['AccountSuspendedException', undefined, 'failed', /ended the sending of this AWS account/],
    ['BadRequestException', 'Header name is not valid.', 'failed', /malformed/],
    ['BadRequestException', 'Illegal address', 'undeliverable', /no address/],
    ['BadRequestException', `Invalid email address ${mail.to}.`, 'undeliverable', /no address/],
    ['BadRequestException', 'Domain contains control or whitespace', 'undeliverable', /no address/],
    ['LimitExceededException', undefined, 'failed', /limit of this AWS account/],
    ['MailFromDomainNotVerifiedException', undefined, 'failed', /MAIL FROM domain is not verified/],
    ['MessageRejected', 'Message contains a virus.', 'failed', /content is not valid/],
    ['MessageRejected', unverified('tokens@example.test'), 'failed', /sender's address or domain is not verified/],
    ['MessageRejected', unverified('OLIVIA@example.test'), 'undeliverable', /sandbox/],
    ['NotFoundException', undefined, 'failed', /does not exist/],
    ['SendingPausedException', undefined, 'failed', /paused/],
    ['TooManyRequestsException', undefined, 'failed', /quota or rate/],
    ['UnrecognizedClientException', undefined, 'failed', /UnrecognizedClientException \(HTTP 403\)/],
  ])('with %s (%s) has %s, and is told why without an address', async (kind, message, outcome, reason) => {
    const mails = await open();
    mails.inject({ kind, when: () => true, ...(message === undefined ? {} : { message }) });
    const told = await mailerOf(mails.endpoint).send(mail);
    expect(told).toEqual({ outcome, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(told)).not.toMatch(/@|arn:/);
    expect(mails.list()).toEqual([]);
  });

  it('for what the template does not allow has failed', async () => {
    const { endpoint } = await open();
    expect(await mailerOf(endpoint, { from: 'a@example.net' }).send(mail)).toMatchObject({ outcome: 'failed' });
    expect(await mailerOf(endpoint, { from: 'nobody@example.com' }).send(mail)).toMatchObject({ outcome: 'failed' });
    expect(await mailerOf(endpoint, { configurationSet: 'gone' }).send(mail)).toMatchObject({ outcome: 'failed' });
  });
});

describe('a mail of which nobody knows whether it was sent', () => {
  it.each<[MailFault['kind'], number]>([
    ['InternalServiceErrorException', 0],
    ['ServiceUnavailable', 0],
    ['reset', 0],
    ['lose-answer', 1],
  ])('after %s is asked for once, and is unknown', async (kind, kept) => {
    const mails = await open();
    const asked = vi.fn(() => true);
    mails.inject({ kind, when: asked });
    const told = await mailerOf(mails.endpoint).send(mail);
    expect(told).toEqual({ outcome: 'unknown', reason: expect.stringMatching(/SES/) });
    expect(asked).toHaveBeenCalledTimes(1);
    expect(mails.list()).toHaveLength(kept);
  });

  it('is unknown when SES does not answer in time', async () => {
    const mails = await open();
    mails.inject({ kind: 'stall', when: () => true });
    const client = clientOf(mails.endpoint, { limits: { requestTimeout: 50, throwOnRequestTimeout: true } });
    const reason = 'The connection to SES was cut, or SES did not answer in time.';
    expect(await new SesMailer(client, { from }).send(mail)).toEqual({ outcome: 'unknown', reason });
  });

  it.each([
    ['is no JSON', 200, '<html>'],
    ['has no id', 200, '{}'],
    ['stops in the middle', 200, '{"MessageId":"1"}', 100],
    ['is an error of something between', 502, '<html>'],
  ])('is unknown when the answer %s', async (_, status, body, length = body.length) => {
    const endpoint = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
      response.write(body, () => response.destroy());
    });
    expect(await mailerOf(endpoint).send(mail)).toEqual({ outcome: 'unknown', reason: expect.stringMatching(/SES/) });
  });
});

describe('a mail that never left', () => {
  it('has failed when nobody listens', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => gone.once('listening', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const outcome = await mailerOf(`http://127.0.0.1:${port}`).send(mail);
    expect(outcome).toEqual({ outcome: 'failed', reason: 'SES could not be reached.' });
  });

  it('has failed when no connection comes about in time', async () => {
    const httpAgent = { lookup: () => {} };
    const client = clientOf('http://ses.invalid', { limits: { connectionTimeout: 50, httpAgent } });
    expect(await new SesMailer(client, { from }).send(mail)).toMatchObject({ outcome: 'failed' });
  });

  it('has failed when this run has no time left for it', async () => {
    const mails = await open();
    const reason = 'There was no time left in this run.';
    expect(await mailerOf(mails.endpoint, { hasTime: false }).send(mail)).toEqual({ outcome: 'failed', reason });
    expect(mails.list()).toEqual([]);
  });
});

it('each mail has a connection of its own, because a kept one may be dead after a freeze', async () => {
  const ports = new Set<number | undefined>();
  const endpoint = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"MessageId":"1"}');
  });
  const mailer = mailerOf(endpoint);
  for (let count = 0; count < 3; count += 1) await mailer.send(mail);
  expect(ports.size).toBe(3);
});
