import { EventBus as Bus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** Where Tokenward tells the world what happened: anybody may hang a rule on it. */
export class EventBus extends Construct {
  readonly bus: Bus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new Bus(this, 'Bus', { description: 'What happened to tokens and their sessions.' });
  }

  /** Lets a function publish, and tells it where. */
  allowPublishing(publisher: ServiceFunction): void {
    publisher.setVariable('eventBus', this.bus.eventBusName);
    publisher.allow(new PolicyStatement({ actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] }));
  }
}
