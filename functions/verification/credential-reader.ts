import type { BranchNames } from '../stacks/stack.ts';
import type { Token } from '../tokens/token.ts';
import type { Session } from './session.ts';

/** What is to be read for one verification. */
export interface WantedCredential {
  /** The token's uid. */
  readonly token: string;
  /** The session's uid, where a session was presented. */
  readonly session?: string;
  /** The branch that the request is about. */
  readonly branch?: { readonly stack: string; readonly name: string };
}

/** Null: no row. */
export interface FoundCredential {
  readonly token: Token | null;
  readonly session: Session | null;
  readonly branch: BranchNames | null;
}

/** Reads what a verification needs: base items, strongly, in one request. @throws {Refusal} `unavailable` */
export interface CredentialReader {
  find(wanted: WantedCredential): Promise<FoundCredential>;
}
