import * as z from 'zod/mini';
import { isUid } from '../values/token-value.ts';

/** The uid of a member: it tells apart two members who have the same address. */
export const MemberUidSchema = z
  .string('must be the uid of a member.')
  .check(z.refine(isUid, 'must be the uid of a member.'));

/** The uids of members, as a message lists them. */
export const uidsOf = (members: readonly { readonly uid: string }[]): string =>
  members
    .map(({ uid }) => uid)
    .sort()
    .join(', ');
