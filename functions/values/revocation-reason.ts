/**
 * Why a token's power ended or its epoch was raised. `deleted` and `cleaned_up` end the token; after the others it stays.
 */
export const revocationReasons = [
  'deleted',
  'cleaned_up',
  'ended_all',
  'expired_now',
  'revoked_by_holder',
  'idle',
  'extended',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];
