import * as z from 'zod/mini';
import type { Stack } from '../../stacks/stack.ts';
import { statusOf, stopOf, stopReasons, tokenFields } from '../../tokens/token.ts';
import type { UsedToken } from '../../tokens/token-repository.ts';
import { openEnum } from '../../values/open-enum.ts';
import { type NameOf, shownIn } from '../../values/shape.ts';

const instant = z.string();

/** How it was stopped. Who and why is null where an earlier version stopped it and did not keep that. */
const Stopped = z.object({ at: instant, by: z.nullable(z.string()), reason: z.nullable(openEnum(stopReasons)) });

// What is computed stands before who made the token, in the API's document and in answers.
const { hint, created_by, updated_by, created_at, updated_at, api_key, org_uid, ...shown } = shownIn(tokenFields);

/** A management token as people see it. The schema is the guard: what is not in it does not leave, above all value and digest. */
export const TokenViewSchema = z.object({
  ...shown,
  status: openEnum(['active', 'expiring', 'expired']),
  hint,
  last_used_at: z.nullable(instant),
  /** What the program that used it last calls itself. */
  last_used_client: z.nullable(z.string()),
  /** When its scope refused a call with the right value the last time. No such call counts as a use. */
  last_refused_at: z.nullable(instant),
  stopped: z.nullable(Stopped),
  created_by,
  updated_by,
  created_at,
  updated_at,
  api_key,
  org_uid,
});

export type TokenView = z.output<typeof TokenViewSchema>;
/** The fields that people set, as they are shown. */
export type EditedFields = Partial<Pick<TokenView, NameOf<typeof tokenFields, 'edited'>>>;

export function tokenView(
  { token, lastUse, lastRefusedAt = null }: UsedToken,
  { hygiene }: Stack,
  now: Date,
): TokenView {
  const status = statusOf(token, Math.max(0, ...hygiene.warn_days), now);
  return TokenViewSchema.parse({
    ...token,
    status,
    stopped: stopOf(token),
    last_used_at: lastUse?.at ?? null,
    last_used_client: lastUse?.client || null,
    last_refused_at: lastRefusedAt,
  });
}

const envelope = { notice: z.string(), token: TokenViewSchema };

/** The one answer that ever holds a value; `token_available` is false where it was shown before. */
export const CreatedTokenSchema = z.union([
  z.object({ ...envelope, token: z.extend(TokenViewSchema, { token: z.string() }) }),
  z.object({ ...envelope, token_available: z.literal(false) }),
]);
