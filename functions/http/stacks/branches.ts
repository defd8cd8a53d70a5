import { readAlias, readAliases, readBranch, stackOfMember } from '../../stacks/read-stack.ts';
import type { SignIn } from '../../stacks/sign-in.ts';
import type { Stack } from '../../stacks/stack.ts';
import type { StackRepository } from '../../stacks/stack-repository.ts';
import { memberOf, presentsValue, requireStack } from '../chain/caller.ts';
import { type Endpoint, type HttpRequest, withHeaders } from '../chain/endpoint.ts';
import { cut, pageIn } from '../chain/list-query.ts';
import { type ProgramDependencies, programOf } from '../chain/program.ts';

import {
  aliasView,
  BranchAliasesSchema,
  BranchesSchema,
  branchView,
  OneAliasSchema,
  OneBranchSchema,
} from './branch-views.ts';

export interface BranchesDependencies extends ProgramDependencies {
  readonly stacks: StackRepository;
  readonly signIn: SignIn;
}

/** Without a limit these lists come whole: a stack has at most 100 of each. */
const whole = Number.POSITIVE_INFINITY;

/** `GET /v3/stacks/branches` */
export const listBranchesEndpoint = (deps: BranchesDependencies): Endpoint => ({
  failed: 'Branches could not be read. Please try again.',
  handle: (request) =>
    forReaders(request, deps, async (stack) => {
      const { page, ...counted } = cut(await deps.stacks.branches(stack), pageIn(request.query, whole));
      return BranchesSchema.parse({ branches: page.map(branchView), ...counted });
    }),
});

/** `GET /v3/stacks/branches/{uid}` */
export const fetchBranchEndpoint = (deps: BranchesDependencies): Endpoint => ({
  failed: 'The branch could not be read. Please try again.',
  handle: (request) =>
    forReaders(request, deps, async (stack) => {
      const branch = await readBranch(deps.stacks, stack, request.params.uid ?? '');
      return OneBranchSchema.parse({ branch: branchView(branch) });
    }),
});

/** `GET /v3/stacks/branch_aliases` */
export const listAliasesEndpoint = (deps: BranchesDependencies): Endpoint => ({
  failed: 'Branch aliases could not be read. Please try again.',
  handle: (request) =>
    forReaders(request, deps, async (stack) => {
      const { page, ...counted } = cut(await readAliases(deps.stacks, stack), pageIn(request.query, whole));
      return BranchAliasesSchema.parse({ branch_aliases: page.map(aliasView), ...counted });
    }),
});

/** `GET /v3/stacks/branch_aliases/{alias}` */
export const fetchAliasEndpoint = (deps: BranchesDependencies): Endpoint => ({
  failed: 'The branch alias could not be read. Please try again.',
  handle: (request) =>
    forReaders(request, deps, async (stack) => {
      const alias = await readAlias(deps.stacks, stack, request.params.alias ?? '');
      return OneAliasSchema.parse({ branch_alias: aliasView(alias) });
    }),
});

/** Members may read these, and so may a token or session of the stack, whatever its scope: an export begins with them. */
async function forReaders(request: HttpRequest, deps: BranchesDependencies, read: (stack: Stack) => Promise<object>) {
  if (!presentsValue(request)) {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const stack = await stackOfMember(deps.stacks, { caller, stack: requireStack(request) });
    return { status: 200, body: await read(stack) };
  }
  const { token, headers } = await programOf(request, deps);
  return await withHeaders(headers, async () => {
    const stack = await deps.stacks.findStack(token.api_key);
    if (!stack) throw new Error(`The stack ${token.api_key} has tokens and no item of its own.`);
    return { status: 200, body: await read(stack), headers };
  });
}
