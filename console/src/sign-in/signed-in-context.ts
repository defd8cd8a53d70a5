import { createContext, useContext } from 'react';
import type { Config } from './config.ts';
import type { SignedIn } from './sign-in.ts';

export interface Session {
  readonly signedIn: SignedIn;
  /** The issuer's word has ended meanwhile. */
  readonly isOver: boolean;
  readonly config: Config;
}

export const SignedInContext = createContext<Session | null>(null);

export function useSignedIn(): Session {
  const session = useContext(SignedInContext);
  if (!session) throw new Error('There is no SignedInContext around this.');
  return session;
}
