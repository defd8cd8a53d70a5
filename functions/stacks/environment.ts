import * as z from 'zod/mini';
import { errorsOf } from '../values/field-errors.ts';
import { NameSchema } from '../values/names.ts';
import { invalid } from '../values/refusals.ts';
import { mintUid, type Randomness } from '../values/token-value.ts';

/** The sample of a protected resource: something that a token's scope lets a program read and write. */
export interface Environment {
  readonly uid: string;
  readonly name: string;
  /** Uid of the token that made it. */
  readonly created_by: string;
  readonly created_at: string;
}

export interface EnvironmentRepository {
  /** The first so many, by name. */
  list(stack: string, limit: number): Promise<readonly Environment[]>;
  /** @returns whether the name was free. */
  create(stack: string, environment: Environment): Promise<boolean>;
}

export const NewEnvironmentSchema = z.object({ name: NameSchema }, 'is a required field');

/** Creates an environment. @throws {Refusal} `invalid`, `unavailable` */
export async function createEnvironment(
  deps: { readonly environments: EnvironmentRepository; readonly now: () => Date; readonly random: Randomness },
  { stack, token, fields }: { readonly stack: string; readonly token: string; readonly fields: unknown },
): Promise<Environment> {
  const parsed = NewEnvironmentSchema.safeParse(fields);
  if (!parsed.success) throw invalid(errorsOf('environment', parsed.error.issues));
  const environment = {
    ...parsed.data,
    uid: mintUid(deps.random),
    created_by: token,
    created_at: deps.now().toISOString(),
  };
  if (!(await deps.environments.create(stack, environment))) throw invalid({ name: ['is not unique.'] });
  return environment;
}
