import { CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ConfigurationSet, EmailIdentity, Identity, SuppressionReasons } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

/**
 * The address that mails come from, a parameter, so that one template serves any deployment; and the configuration set that they are
 * sent with, by which SES tells their bounces and complaints from those of others in the account.
 */
export class MailSender extends Construct {
  readonly #from: CfnParameter;
  readonly #set: ConfigurationSet;

  constructor(scope: Construct, id: string, { mailFrom }: Stage) {
    super(scope, id);
    this.#from = new CfnParameter(this, 'MailFrom', {
      default: mailFrom,
      description: 'The address that mails come from; SES must have verified it.',
    });
    this.#from.overrideLogicalId('MailFrom');
    new EmailIdentity(this, 'Identity', { identity: Identity.email(this.#from.valueAsString) });
    this.#set = new ConfigurationSet(this, 'Mails', {
      reputationMetrics: true,
      // Whatever the account does: who is sent a mail that came back before costs reputation, and reads it no more than then.
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
  }

  /** The set needs the right as well: https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html */
  allow(sender: ServiceFunction): void {
    const [from, set] = [this.#from.valueAsString, this.#set.configurationSetName];
    sender.setVariable('mailFrom', from);
    sender.setVariable('mailConfigurationSet', set);
    const arnOf = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'ses', resource, resourceName });
    sender.allow(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources: [arnOf('identity', from), arnOf('configuration-set', set)],
      }),
    );
  }
}
