import { answering } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { noRouteEndpoint } from './chain/no-route.ts';

export const createHandler = (deps: DoorDependencies) => door<'http/no-route'>({ $default: noRouteEndpoint() }, deps);

export const handler = fromRuntime(createHandler, () => ({ ...answering() }));
