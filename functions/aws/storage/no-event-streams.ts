/**
 * Takes the place of the SDK's event streams in the bundles: it asks for them when an operation has one, and none of DynamoDB's,
 * EventBridge's and SES's has.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('No operation that is used here has an event stream.');
  }
}

export const eventStreamSerdeProvider = (): undefined => undefined;
