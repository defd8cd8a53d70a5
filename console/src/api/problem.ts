import * as z from 'zod/mini';

/** The error document of the API, as far as people are shown it. */
const ProblemSchema = z.object({
  type: z.string(),
  detail: z.string(),
  errors: z.record(z.string(), z.array(z.string())),
});

/** The API did not do what it was asked. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** 0: there was no answer. */
  readonly status: number;
  /** The last word of the problem's type: `stale-version`. */
  readonly kind: string;
  /** By field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;

  constructor(message: string, facts: Pick<Problem, 'status' | 'kind' | 'errors'>) {
    super(message);
    this.status = facts.status;
    this.kind = facts.kind;
    this.errors = facts.errors;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  const parsed = ProblemSchema.safeParse(await response.json().catch(() => null));
  if (!parsed.success) return new Problem(`The service answered ${status}.`, { status, kind: 'unknown', errors: {} });
  const { type, detail, errors } = parsed.data;
  return new Problem(detail, { status, kind: type.split('/').at(-1) ?? 'unknown', errors });
}

const withoutAnswer = (kind: string, message: string) => new Problem(message, { status: 0, kind, errors: {} });

/** The request never left this browser. */
export const notSent = (message: string) => withoutAnswer('not-sent', message);
export const offline = () => notSent('You are offline, so nothing was sent. Try again when you are connected.');

/** The request may have arrived. No answer came back. */
export const unanswered = () =>
  withoutAnswer('unanswered', 'The service cannot be reached. Check your connection and try again.');

/** The service answered, but not in a way that this page understands. */
export const unreadable = () =>
  withoutAnswer('unreadable', 'The answer of the service could not be read. Reload the page and try again.');

export const isNotSent = (error: Error | null): boolean => error instanceof Problem && error.kind === 'not-sent';

/** True where the service may have done what it was asked and could not say so. A 4xx means that it did not. */
export function isOutcomeUnknown(error: Error): boolean {
  if (!(error instanceof Problem)) return true;
  return error.status >= 500 || (error.status === 0 && error.kind !== 'not-sent');
}

/** What is wrong with a field or with a part of it: with `warn_days` or `warn_days.0`. */
export function errorsIn(errors: Problem['errors'], field: string): readonly string[] {
  const isIn = (name: string) => name === field || name.startsWith(`${field}.`);
  return [
    ...new Set(
      Object.keys(errors)
        .filter(isIn)
        .flatMap((name) => errors[name] ?? []),
    ),
  ];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
