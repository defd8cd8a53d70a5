import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientOf, MailScene, simple } from './mail-scene.ts';

const send = (client: SESv2Client, input?: Partial<SendEmailCommandInput>) =>
  client.send(new SendEmailCommand(simple(input)));

describe('SendEmail', () => {
  it('keeps the mail as it was sent, the newest first, with the instant of the local clock', async () => {
    const scene = new MailScene();
    const mails = await scene.open();
    const client = clientOf(mails.endpoint);
    const first = await send(client);
    scene.now = new Date('2027-01-01T00:00:00.000Z');
    const FromEmailAddress = 'Tokenward <anybody@example.org>';
    const second = await send(client, { FromEmailAddress, ConfigurationSetName: 'tokenward' });
    expect(mails.list()).toEqual([
      expect.objectContaining({ id: second.MessageId, from: FromEmailAddress, sent_at: '2027-01-01T00:00:00.000Z' }),
      {
        id: first.MessageId,
        from: 'tokens@example.test',
        to: ['olivia@example.test'],
        subject: '2 tokens expire',
        text: 'text',
        html: '<p>html</p>',
        headers: { 'X-Tokenward-Delivery': 'd1' },
        sent_at: '2026-11-22T08:00:00.000Z',
      },
    ]);
    expect(mails.find(first.MessageId ?? '')).toEqual(mails.list()[1]);
  });

  it('is reached by the variable that functions are given', async () => {
    const mails = await new MailScene().open();
    for (const [name, value] of Object.entries({
      AWS_ENDPOINT_URL_SESV2: mails.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'SENDER',
      AWS_SECRET_ACCESS_KEY: 'any',
    }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    await send(new SESv2Client({}));
    expect(mails.list()).toHaveLength(1);
  });

  it('has the mail after the process was killed', async () => {
    const scene = new MailScene();
    const { MessageId } = await send(clientOf((await scene.open()).endpoint));
    expect((await scene.open()).list()).toMatchObject([{ id: MessageId }]);
  });

  it.each<[string, Partial<SendEmailCommandInput>, string | RegExp]>([
    [
      'an identity that the role does not allow',
      { FromEmailAddress: 'a@example.net' },
      "User `arn:aws:sts::000000000000:assumed-role/Role/local' is not authorized to perform `ses:SendEmail' on resource `arn:aws:ses:us-east-1:000000000000:identity/example.net'",
    ],
    [
      'a configuration set that the role does not allow',
      { ConfigurationSetName: 'other' },
      /on resource `arn:aws:ses:us-east-1:000000000000:configuration-set\/other'$/,
    ],
  ])('is refused for %s', async (_, input, message) => {
    const mails = await new MailScene().open();
    const refusal = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };
    await expect(send(clientOf(mails.endpoint), input)).rejects.toMatchObject(refusal);
    await expect(send(clientOf(mails.endpoint), input)).rejects.toThrow(message);
    expect(mails.list()).toEqual([]);
  });

  const { Simple } = simple().Content ?? {};
  it.each<[string, Partial<SendEmailCommandInput>, string]>([
    ['an identity that is not verified', { FromEmailAddress: 'nobody@example.com' }, 'MessageRejected'],
    ['a configuration set that is not there', { ConfigurationSetName: 'gone' }, 'NotFoundException'],
    ['nobody to send to', { Destination: { ToAddresses: [] } }, 'BadRequestException'],
    [
      'a copy to somebody',
      { Destination: { ToAddresses: ['a@b.test'], CcAddresses: ['c@d.test'] } },
      'BadRequestException',
    ],
    ['no address', { Destination: { ToAddresses: ['nobody'] } }, 'BadRequestException'],
    ['raw content', { Content: { Raw: { Data: new Uint8Array(1) } } }, 'BadRequestException'],
    ['a tag that SES would not take', { EmailTags: [{ Name: 'a b', Value: 'c' }] }, 'BadRequestException'],
    [
      'a header in two lines',
      { Content: { Simple: Simple && { ...Simple, Headers: [{ Name: 'X-A', Value: 'a\r\nBcc: b@c.test' }] } } },
      'BadRequestException',
    ],
  ])('is refused for %s', async (_, input, name) => {
    const mails = await new MailScene().open();
    await expect(send(clientOf(mails.endpoint), input)).rejects.toMatchObject({ name });
    expect(mails.list()).toEqual([]);
  });

  it('is refused to an unknown caller', async () => {
    const mails = await new MailScene().open();
    const refusal = { name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 403 } };
    await expect(send(clientOf(mails.endpoint, { accessKeyId: 'SOMEBODY' }))).rejects.toMatchObject(refusal);
  });

  it('fails as often and for whom a test wishes it', async () => {
    const mails = await new MailScene().open();
    const client = clientOf(mails.endpoint);
    mails.inject({ kind: 'TooManyRequestsException', times: 1, when: () => true });
    const takeAway = mails.inject({
      kind: 'MessageRejected',
      message: 'no',
      when: ({ to }) => to.includes('a@b.test'),
    });
    await expect(send(client)).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    const Destination = { ToAddresses: ['a@b.test'] };
    await expect(send(client, { Destination })).rejects.toMatchObject({ name: 'MessageRejected', message: 'no' });
    await send(client);
    takeAway();
    await send(client, { Destination });
    expect(mails.list().map(({ to }) => to)).toEqual([['a@b.test'], ['olivia@example.test']]);
  });
});

it('an identity with what would need a counterpart is refused at start', async () => {
  const Properties = { EmailIdentity: 'example.com', ConfigurationSetAttributes: { ConfigurationSetName: 'other' } };
  const opened = new MailScene().open({ Extra: { Type: 'AWS::SES::EmailIdentity', Properties } });
  await expect(opened).rejects.toThrow('ConfigurationSetAttributes');
});
