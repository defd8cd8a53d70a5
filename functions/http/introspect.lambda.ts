import { answering, credentialReader, now, signIn, uses } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { log } from '../runtime/log.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { type IntrospectionDependencies, introspectEndpoint } from './oauth/introspect.ts';

export const createHandler = (deps: IntrospectionDependencies & DoorDependencies) =>
  door<'http/introspect'>({ 'POST /oauth2/introspect': introspectEndpoint(deps) }, deps);

export const handler = fromRuntime(createHandler, () => ({
  credentials: credentialReader(),
  signIn: signIn(now),
  now,
  ...answering(),
  uses: uses(),
  onInactive: (reason: string) => log('info', 'token not active', { reason }),
}));
