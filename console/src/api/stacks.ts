import { queryOptions, useQuery } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { BranchAliasesSchema, BranchesSchema } from '../../../functions/http/stacks/branch-views.ts';
import { StackViewSchema, UsersSchema } from '../../../functions/http/stacks/stacks.ts';
import { type Api, useApi } from './api.ts';
import { useChange } from './change.ts';

export type Stack = z.output<typeof StackViewSchema>;

const StacksSchema = z.object({ stacks: z.array(StackViewSchema) });
const OneStackSchema = z.object({ stack: StackViewSchema });

export const useStacks = () => {
  const api = useApi();
  return useQuery({
    queryKey: ['stacks'],
    queryFn: async () => (await api({ path: '/stacks', schema: StacksSchema })).data.stacks,
  });
};

const stackQuery = (api: Api, stack: string) =>
  queryOptions({
    queryKey: ['stack', stack],
    queryFn: async () => (await api({ path: '/stacks', stack, schema: OneStackSchema })).data.stack,
    // Every part of a page asks for it.
    staleTime: 15_000,
  });

export const useStack = (stack: string) => useQuery(stackQuery(useApi(), stack));

export function useCreateStack() {
  const api = useApi();
  return useChange({
    send: async (name: string, sending) => {
      const request = { method: 'POST', path: '/stacks', json: { stack: { name } }, schema: OneStackSchema } as const;
      return (await api({ ...request, ...sending })).data.stack;
    },
    rereads: [['stacks']],
  });
}

/** What scopes choose from: names of branches and of aliases. */
export function useBranches(stack: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['branches', stack],
    queryFn: async () => {
      const [branches, aliases] = await Promise.all([
        api({ path: '/stacks/branches', stack, schema: BranchesSchema }),
        api({ path: '/stacks/branch_aliases', stack, schema: BranchAliasesSchema }),
      ]);
      return { branches: branches.data.branches.map(({ uid }) => uid), aliases: aliases.data.branch_aliases };
    },
  });
}

/** What people are called: their address, or their uid where there is none. */
export function usePeople(stack: string): (uid: string) => string {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['users', stack],
    queryFn: async () => (await api({ path: '/stacks/users', stack, schema: UsersSchema })).data.users,
    staleTime: 300_000,
  });
  const names = new Map(data?.map(({ uid, email }) => [uid, email ?? `machine ${uid}`]));
  return (uid) => names.get(uid) ?? uid;
}
