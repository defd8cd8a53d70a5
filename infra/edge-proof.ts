import { Aws, Fn } from 'aws-cdk-lib';

/** The header of the proof; nothing that a viewer sends under this name goes on. */
export const edgeHeader = 'x-tokenward-edge';

/**
 * What the distribution shows the API, so that it believes whom the distribution names as the viewer: the part of the stack's id that
 * nobody can guess. It opens nothing: who knows it can have a false address noted of their own requests.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
 */
export const edgeProof = (): string => Fn.select(2, Fn.split('/', Aws.STACK_ID));
