import {
  answering,
  credentialReader,
  environmentRepository,
  now,
  random,
  rateWindows,
  uses,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import {
  createEnvironmentEndpoint,
  type EnvironmentsDependencies,
  listEnvironmentsEndpoint,
} from './stacks/environments.ts';

export const createHandler = (deps: EnvironmentsDependencies & DoorDependencies) =>
  door<'http/environments'>(
    {
      'GET /v3/environments': listEnvironmentsEndpoint(deps),
      'POST /v3/environments': createEnvironmentEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  credentials: credentialReader(),
  environments: environmentRepository(),
  windows: rateWindows(),
  now,
  random,
  ...answering(),
  uses: uses(),
}));
