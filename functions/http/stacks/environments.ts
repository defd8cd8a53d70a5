import { createEnvironment, type EnvironmentRepository } from '../../stacks/environment.ts';
import type { Randomness } from '../../values/token-value.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { type Endpoint, withHeaders } from '../chain/endpoint.ts';
import { cut, mostPerPage, mostSkipped, pageIn } from '../chain/list-query.ts';
import { type ProgramDependencies, programOf } from '../chain/program.ts';

export interface EnvironmentsDependencies extends ProgramDependencies {
  readonly environments: EnvironmentRepository;
  readonly random: Randomness;
}

/** Counted is what could be on a page, so that a large stack costs one door no more than that. */
const mostCounted = mostSkipped + mostPerPage;

/** `GET /v3/environments`: the sample of a protected resource, and what tools check a token with. */
export const listEnvironmentsEndpoint = (deps: EnvironmentsDependencies): Endpoint => ({
  failed: 'Environments could not be listed. Please try again.',
  handle: async (request) => {
    const { token, headers } = await programOf(request, deps, { module: 'environment', access: 'read' });
    return withHeaders(headers, async () => {
      const asked = pageIn(request.query);
      const read = asked.withCount ? mostCounted : asked.skip + asked.limit;
      const { page, ...count } = cut(await deps.environments.list(token.api_key, read), asked);
      return { status: 200, body: { environments: page, ...count }, headers };
    });
  },
});

/** `POST /v3/environments` */
export const createEnvironmentEndpoint = (deps: EnvironmentsDependencies): Endpoint => ({
  failed: 'Environment creation failed. Please try again.',
  handle: async (request) => {
    const { token, headers } = await programOf(request, deps, { module: 'environment', access: 'write' });
    return withHeaders(headers, async () => {
      const fields = envelope(jsonBody(request.event), 'environment');
      const environment = await createEnvironment(deps, { stack: token.api_key, token: token.uid, fields });
      return { status: 201, body: { notice: 'Environment created successfully.', environment }, headers };
    });
  },
});
