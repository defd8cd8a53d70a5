import type { RefusalKind } from '../../functions/values/refusals.ts';

export type Person = 'owner' | 'admin' | 'developer' | 'outsider';

/** What a call came to. `request` is in the audit entry of what it did. Anything but a refusal is a bug, and is thrown. */
export interface Answer<T> {
  readonly request: string;
  readonly done?: T;
  readonly refused?: RefusalKind;
}
