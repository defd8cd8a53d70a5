import type { FieldErrors } from './refusals.ts';

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Gathers messages under the dotted paths of their fields (`scope.0.acl`), each message once. */
export class FieldErrorList {
  readonly #errors: Record<string, string[]> = {};

  add(field: string, message: string): void {
    const messages = this.#errors[field] ?? [];
    this.#errors[field] = messages.includes(message) ? messages : [...messages, message];
  }

  /** Issues as zod tells them, below a field. */
  addIssues(field: string, issues: readonly Issue[]): void {
    for (const { path, message } of issues) this.add([field, ...path].join('.'), message);
  }

  get all(): FieldErrors {
    return this.#errors;
  }
}

/** The issues of a whole object: each under its own field, and those of the object itself under `envelope`. */
export function errorsOf(envelope: string, issues: readonly Issue[]): FieldErrors {
  const list = new FieldErrorList();
  for (const { path, message } of issues) list.add(path.length > 0 ? path.join('.') : envelope, message);
  return list.all;
}
