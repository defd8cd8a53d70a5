import * as z from 'zod/mini';
import { requiredOr } from '../values/names.ts';
import { holdsValue } from '../values/token-value.ts';
import type { Identity } from './person.ts';

/**
 * The spelling by which addresses are compared, here and nowhere else: A to Z become a to z, because issuers and people differ in
 * capitals. Nothing else is folded. Unicode's lower case and its normal forms both turn U+212A, the Kelvin sign, into a k, and with
 * that one person's address into another's.
 */
export const normalAddress = (address: string): string => address.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const shape = /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,189}$/u;

/** An e-mail address that can be a key. Whether there is such a mailbox is for the issuer to verify. */
export const AddressSchema = z.string(requiredOr('must be an e-mail address.')).check(
  z.overwrite(normalAddress),
  z.refine((address) => shape.test(address) && !holdsValue(address), 'must be an e-mail address.'),
);

/**
 * The address that the issuer has verified, as it writes it. Null where there is none, and where nobody could be invited or removed by
 * it: such a one never becomes a key, and who has it is named by their `sub`.
 */
export function verifiedAddress({ email, email_verified: isVerified }: Identity): string | null {
  return email !== undefined && isVerified && AddressSchema.safeParse(email).success ? email : null;
}
