import * as z from 'zod/mini';
import { holdsValue } from '../values/token-value.ts';

/** A machine's client id, as `sub` has it in its JWTs. */
export const ClientSchema = z
  .string('must be a client id.')
  .check(
    z.refine(
      (client) => /^[\x21-\x7e]{1,255}$/.test(client) && !holdsValue(client),
      'must be a client id: visible ASCII, 255 characters at most.',
    ),
  );
