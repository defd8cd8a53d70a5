import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Faults, Wish } from '../../front/faults.ts';
import type { Front } from '../../front/front.ts';
import type { Caller } from '../../front/front-gate.ts';
import { accessKeyIdOf, jsonIn, readBody } from '../../front/front-wire.ts';
import { serveOnLoopback } from '../../loopback.ts';
import { refusalOf } from '../../template/iam.ts';
import { ignored, propertiesOf } from '../../template/resource-properties.ts';
import { arn, REGION } from '../../template/resource-types.ts';
import type { LocalStack } from '../../template/template.ts';

/** A mail that SES is asked to send. */
export interface SentMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** those that the caller adds */
  readonly headers: Readonly<Record<string, string>>;
  readonly configurationSet?: string | undefined;
}

/** HTTP status of each error that SES answers. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors */
const STATUS = {
  AccessDeniedException: 403,
  AccountSuspendedException: 400,
  BadRequestException: 400,
  InternalServiceErrorException: 500,
  LimitExceededException: 400,
  MailFromDomainNotVerifiedException: 400,
  MessageRejected: 400,
  NotFoundException: 404,
  SendingPausedException: 400,
  ServiceUnavailable: 503,
  TooManyRequestsException: 429,
  UnrecognizedClientException: 403,
};

/** What SES and networks do rarely. With `lose-answer` the mail is taken; with `reset` and `stall` it is not. */
export interface MailFault extends Wish<SentMail> {
  readonly kind: keyof typeof STATUS | 'stall' | 'reset' | 'lose-answer';
  /** of an error */
  readonly message?: string;
}

interface EndpointOptions {
  readonly stack: LocalStack;
  readonly front: Pick<Front, 'callerWith'>;
  readonly faults: Faults<SentMail, MailFault>;
  /** Takes a mail for good. @returns its id */
  readonly keep: (mail: SentMail) => string;
}
interface Service extends EndpointOptions {
  /** addresses and domains */
  readonly identities: readonly string[];
  readonly configurationSets: readonly string[];
}

/** Serves SendEmail of SES v2 on loopback, from identities of the template, to callers whose role allows it. */
export async function startMailEndpoint(options: EndpointOptions) {
  const service = serviceOf(options);
  return await serveOnLoopback((incoming, outgoing) => serve(service, incoming, outgoing));
}

const IdentitySchema = z.strictObject({
  EmailIdentity: z.string(),
  // Left out: how an identity is verified and signed, and where its bounces go, is about real mail.
  DkimAttributes: ignored,
  DkimSigningAttributes: ignored,
  FeedbackAttributes: ignored,
  MailFromAttributes: ignored,
  Tags: ignored,
});

const ConfigurationSetSchema = z.strictObject({
  Name: ignored,
  // Left out: nothing here comes back, and nobody complains.
  ReputationOptions: ignored,
  SuppressionOptions: ignored,
  Tags: ignored,
});

function serviceOf(options: EndpointOptions): Service {
  const { stack } = options;
  return {
    ...options,
    identities: stack
      .ofType('AWS::SES::EmailIdentity')
      .map((identity) => propertiesOf(IdentitySchema, identity).EmailIdentity),
    configurationSets: stack.ofType('AWS::SES::ConfigurationSet').map((set) => {
      propertiesOf(ConfigurationSetSchema, set);
      return set.name;
    }),
  };
}

const Content = z.strictObject({ Data: z.string(), Charset: z.literal('UTF-8').optional() });
const Address = z.string().regex(/^[^\s@<>]+@[^\s@<>]+$|^[^<>\r\n]*<[^\s@<>]+@[^\s@<>]+>$/, 'Illegal address');
const Header = z.strictObject({
  Name: z.string().regex(/^[!-9;-~]{1,126}$/),
  Value: z.string().regex(/^[ -~]{1,870}$/),
});
const Tag = z.strictObject({ Name: z.string().regex(/^[\w-]{1,256}$/), Value: z.string().regex(/^[\w-]{1,256}$/) });
/** Strict: what is ignored here would be relied on there. */
const RequestSchema = z.strictObject({
  FromEmailAddress: Address,
  Destination: z.strictObject({ ToAddresses: z.array(Address).min(1).max(50) }),
  Content: z.strictObject({
    Simple: z.strictObject({
      Subject: Content,
      Body: z.strictObject({ Text: Content, Html: Content }),
      Headers: z.array(Header).max(15).default([]),
    }),
  }),
  EmailTags: z.array(Tag).max(50).default([]),
  ConfigurationSetName: z.string().optional(),
});
type Request = z.infer<typeof RequestSchema>;
const SIZE_LIMIT = 40 * 1024 * 1024;

/** SES's own error. */
class Refused extends Error {
  readonly kind: keyof typeof STATUS;
  constructor(kind: keyof typeof STATUS, message: string) {
    super(message);
    this.kind = kind;
  }
}

async function serve(service: Service, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const raw = await readBody(incoming, SIZE_LIMIT);
  try {
    const mail = mailIn(service, incoming, raw);
    const fault = service.faults.take(mail);
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'reset') return void outgoing.destroy();
    if (fault && fault.kind !== 'lose-answer') throw new Refused(fault.kind, fault.message ?? 'injected');
    const MessageId = service.keep(mail);
    if (fault) return void outgoing.destroy();
    reply(outgoing, { status: 200, body: { MessageId } });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    reply(outgoing, { status: STATUS[error.kind], type: error.kind, body: { message: error.message } });
  }
}

/** @throws {Refused} */
function mailIn(service: Service, { method, url, headers }: IncomingMessage, raw: Buffer): SentMail {
  const caller = service.front.callerWith(accessKeyIdOf(headers));
  if (!caller)
    throw new Refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
  if (method !== 'POST' || url !== '/v2/email/outbound-emails')
    throw new Refused('BadRequestException', 'Only SendEmail is served here.');
  const request = RequestSchema.safeParse(jsonIn(raw));
  if (!request.success) throw new Refused('BadRequestException', z.prettifyError(request.error));
  authorize(service, caller, request.data);
  const {
    FromEmailAddress: from,
    Destination,
    Content: content,
    ConfigurationSetName: configurationSet,
  } = request.data;
  const { Subject, Body, Headers } = content.Simple;
  return {
    from,
    to: Destination.ToAddresses,
    subject: Subject.Data,
    text: Body.Text.Data,
    html: Body.Html.Data,
    headers: Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value])),
    configurationSet,
  };
}

/**
 * The identity is the address itself where that is one, otherwise its domain; the configuration set needs the right as well.
 * https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
 */
function authorize({ identities, configurationSets }: Service, { rights, principal }: Caller, request: Request): void {
  const address = request.FromEmailAddress.replace(/^.*<(.*)>$/s, '$1');
  const domain = address.slice(address.indexOf('@') + 1);
  const identity = [address, domain].find((name) => identities.includes(name));
  const set = request.ConfigurationSetName;
  const resources = [`identity/${identity ?? address}`, ...(set === undefined ? [] : [`configuration-set/${set}`])];
  const action = 'ses:SendEmail';
  for (const resource of resources.map((name) => arn('ses', name))) {
    if (rights && refusalOf(rights, { principal, action, resource, leadingKeys: [] }) !== undefined) {
      const message = `User \`${principal}' is not authorized to perform \`${action}' on resource \`${resource}'`;
      throw new Refused('AccessDeniedException', message);
    }
  }
  if (identity === undefined) {
    const failed = `The following identities failed the check in region ${REGION.toUpperCase()}: ${address}`;
    throw new Refused('MessageRejected', `Email address is not verified. ${failed}`);
  }
  if (set !== undefined && !configurationSets.includes(set))
    throw new Refused('NotFoundException', `Configuration set <${set}> does not exist.`);
}

/** In the REST JSON protocol. */
function reply(
  outgoing: ServerResponse,
  { status, type, body }: { status: number; type?: string; body: object },
): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...(type && { 'x-amzn-errortype': type }) });
  outgoing.end(JSON.stringify(body));
}
