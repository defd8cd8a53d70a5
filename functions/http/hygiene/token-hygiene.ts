import * as z from 'zod/mini';
import { ShownHygieneSchema } from '../../hygiene/setting-rules.ts';
import { changeHygiene, type HygieneDependencies, previewRun, readHygiene } from '../../notices/change-hygiene.ts';
import type { SignIn } from '../../stacks/sign-in.ts';
import { openEnum } from '../../values/open-enum.ts';
import { invalid } from '../../values/refusals.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint, HttpRequest } from '../chain/endpoint.ts';

export type TokenHygieneDependencies = HygieneDependencies & { readonly signIn: SignIn };

const instant = z.string();

/** The settings, and what became of the last mails by recipient. */
export const HygieneViewSchema = z.object({
  token_hygiene: ShownHygieneSchema,
  deliveries: z.array(
    z.object({
      send_at: instant,
      person: z.string(),
      address: z.string(),
      state: openEnum(['sending', 'sent', 'failed', 'unknown', 'undeliverable']),
      tries: z.number(),
      again: z.boolean(),
      at: instant,
      reason: z.nullable(z.string()),
      next_try_at: z.nullable(instant),
    }),
  ),
});

export const ChangedHygieneSchema = z.object({ notice: z.string(), token_hygiene: ShownHygieneSchema });

/** What the next run would do, token by token. */
export const HygienePreviewSchema = z.object({
  now: instant,
  tokens: z.array(
    z.object({
      uid: z.string(),
      name: z.string(),
      expires_at: z.nullable(instant),
      does: z.enum(['nothing', 'notify', 'skip', 'clean_up', 'hold_back']),
      threshold: z.optional(z.string()),
      until: z.optional(instant),
      next: z.optional(z.nullable(z.object({ action: z.string(), at: instant }))),
      mailed_at: z.nullable(instant),
      why: z.string(),
    }),
  ),
});

/** Absent: the stack's own. @throws {Refusal} `invalid` where they are no object */
function givenSettings({ event }: HttpRequest): Readonly<Record<string, unknown>> | null {
  const body = event.body ? jsonBody(event) : {};
  const fields = envelope(body, 'token_hygiene');
  if (!fields && Object.hasOwn(body, 'token_hygiene')) throw invalid({ token_hygiene: ['must be an object.'] });
  return fields;
}

/** `GET /v3/stacks/token_hygiene` */
export const readHygieneEndpoint = (deps: TokenHygieneDependencies): Endpoint => ({
  failed: 'The settings could not be read. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const { settings, deliveries } = await readHygiene(deps, { caller, stack: requireStack(request) });
    return { status: 200, body: HygieneViewSchema.parse({ token_hygiene: settings, deliveries }) };
  },
});

/** `PUT /v3/stacks/token_hygiene` */
export const changeHygieneEndpoint = (deps: TokenHygieneDependencies): Endpoint => ({
  failed: 'The settings could not be changed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const fields = envelope(jsonBody(request.event), 'token_hygiene');
    const token_hygiene = await changeHygiene(deps, { actor, stack: requireStack(request), fields });
    const body = ChangedHygieneSchema.parse({ notice: 'Token hygiene settings updated successfully.', token_hygiene });
    return { status: 200, body };
  },
});

/** `POST /v3/stacks/token_hygiene/preview`: by the stack's settings, or by those in `token_hygiene`. */
export const previewHygieneEndpoint = (deps: TokenHygieneDependencies): Endpoint => ({
  failed: 'The preview could not be made. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const fields = givenSettings(request);
    const { now, tokens } = await previewRun(deps, { caller, stack: requireStack(request), fields });
    const views = tokens.map(({ used: { token }, decision, why, mailed_at }) => ({
      uid: token.uid,
      name: token.name,
      expires_at: token.expires_at,
      ...decision,
      mailed_at,
      why,
    }));
    return { status: 200, body: { preview: HygienePreviewSchema.parse({ now: now.toISOString(), tokens: views }) } };
  },
});
