import { answering, openApi } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { type OpenApiDependencies, openApiEndpoint } from './openapi/openapi.ts';

export const createHandler = (deps: OpenApiDependencies & DoorDependencies) =>
  door<'http/openapi'>({ 'GET /openapi.json': openApiEndpoint(deps) }, deps);

export const handler = fromRuntime(createHandler, () => ({ openApi, ...answering() }));
