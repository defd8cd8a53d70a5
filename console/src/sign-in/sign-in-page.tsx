import { Button } from '../design/button.tsx';
import type { SignedOut } from './sign-in.ts';

/** For whoever is not signed in: one button. */
export function SignInPage({ signedOut }: { readonly signedOut: SignedOut }) {
  return (
    <main className="sign-in">
      <img src="/favicon.svg" alt="" width={48} height={48} />
      <h1>Tokenward</h1>
      <p>Management tokens, kept clean.</p>
      {signedOut.problem && (
        <p role="alert" className="notice notice-bad">
          You could not be signed in: {signedOut.problem}
        </p>
      )}
      <Button variant="primary" onPress={() => void signedOut.signIn()}>
        Sign in
      </Button>
    </main>
  );
}
