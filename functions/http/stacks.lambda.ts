import {
  newStackPlan,
  now,
  organization,
  problemTypes,
  random,
  signIn,
  stackRepository,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './endpoint.ts';
import { createStackEndpoint, readStacksEndpoint, type StacksDependencies } from './stacks.ts';

export const createHandler = (deps: StacksDependencies & DoorDependencies) =>
  door<'http/stacks'>(
    { 'POST /v3/stacks': createStackEndpoint(deps), 'GET /v3/stacks': readStacksEndpoint(deps) },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  stacks: stackRepository(),
  signIn: signIn(now),
  now,
  random,
  organizationUid: organization().uid,
  newStackPlan: newStackPlan(),
  problemTypes: problemTypes(),
}));
