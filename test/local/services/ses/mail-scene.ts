import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SESv2Client, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { onTestFinished } from 'vitest';
import { type Mails, openMails } from '../../../../local/services/ses/mail.ts';
import { rightsOf } from '../../../../local/template/iam.ts';
import { stackOf, type TemplateJson } from '../../../../local/template/template.ts';
import { role, scratchDirectory } from '../../fixture-stack.ts';

type Resources = TemplateJson['Resources'];

const ses = (resource: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:ses:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});

/** An address and a domain to send from, a configuration set, and a role that may use all but the domain `example.net`. */
const sender: Resources = {
  Address: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'tokens@example.test' } },
  Domain: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'example.org' } },
  Other: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'example.net' } },
  Set: { Type: 'AWS::SES::ConfigurationSet', Properties: { Name: 'tokenward' } },
  Role: role([
    {
      Effect: 'Allow',
      Action: 'ses:SendEmail',
      Resource: [
        ses(`identity/\${Address}`),
        ses(`identity/\${Domain}`),
        ses('identity/nobody@example.com'),
        ses('configuration-set/tokenward'),
        ses('configuration-set/gone'),
      ],
    },
  ]),
};

/** A home with what stands for SES. */
export class MailScene {
  readonly directory = scratchDirectory();
  now = new Date('2026-11-22T08:00:00.000Z');

  constructor() {
    onTestFinished(() => rmSync(this.directory, { recursive: true }));
  }

  /** Opened again without a stop it is as if the process had been killed. */
  async open(resources: Resources = {}): Promise<Mails> {
    const stack = stackOf({ Resources: { ...sender, ...resources } }, { parameters: {} });
    const principal = 'arn:aws:sts::000000000000:assumed-role/Role/local';
    const caller = { name: 'Role', accessKeyId: 'SENDER', principal, rights: rightsOf(stack, 'Role') };
    const mails = await openMails({
      stack,
      front: { callerWith: (id) => (id === caller.accessKeyId ? caller : undefined) },
      clock: { now: () => this.now },
      home: { path: (...names) => join(this.directory, ...names) },
    });
    onTestFinished(() => mails.close());
    return mails;
  }
}

type Limits = NonNullable<NonNullable<ConstructorParameters<typeof SESv2Client>[0]>['requestHandler']>;

/** A client of a function, which asks once. */
export function clientOf(
  endpoint: string,
  { accessKeyId = 'SENDER', limits = {} }: { accessKeyId?: string; limits?: Limits } = {},
) {
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const client = new SESv2Client({
    endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    requestHandler: limits,
  });
  onTestFinished(() => client.destroy());
  return client;
}

export const simple = (fields: Partial<SendEmailCommandInput> = {}): SendEmailCommandInput => ({
  FromEmailAddress: 'tokens@example.test',
  Destination: { ToAddresses: ['olivia@example.test'] },
  Content: {
    Simple: {
      Subject: { Data: '2 tokens expire', Charset: 'UTF-8' },
      Body: { Text: { Data: 'text', Charset: 'UTF-8' }, Html: { Data: '<p>html</p>', Charset: 'UTF-8' } },
      Headers: [{ Name: 'X-Tokenward-Delivery', Value: 'd1' }],
    },
  },
  ...fields,
});
