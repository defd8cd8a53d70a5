import {
  answering,
  invitationRepository,
  newStackPlan,
  now,
  organization,
  personRepository,
  random,
  signIn,
  stackRepository,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { createStackEndpoint, readStacksEndpoint, type StacksDependencies, usersEndpoint } from './stacks/stacks.ts';

type Dependencies = StacksDependencies & Parameters<typeof readStacksEndpoint>[0] & DoorDependencies;

export const createHandler = (deps: Dependencies) =>
  door<'http/stacks'>(
    {
      'POST /v3/stacks': createStackEndpoint(deps),
      'GET /v3/stacks': readStacksEndpoint(deps),
      'GET /v3/stacks/users': usersEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  stacks: stackRepository(),
  invitations: invitationRepository(),
  people: personRepository(),
  signIn: signIn(now),
  now,
  random,
  organizationUid: organization().uid,
  newStackPlan: newStackPlan(),
  ...answering(),
}));
