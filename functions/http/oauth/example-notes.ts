import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';

type NotesEvent = Pick<APIGatewayProxyEventV2, 'routeKey'> & { readonly requestContext: unknown };

/** What the authorizer says of the caller; see `Grant` in `authorize.ts`. */
const ContextSchema = z.object({
  authorizer: z.object({
    lambda: z.object({
      token_uid: z.string(),
      api_key: z.string(),
      session_uid: z.optional(z.string()),
      expires_at: z.optional(z.string()),
    }),
  }),
});

/** The example of another team's API: it checks nothing, because nobody comes here whom the authorizer did not admit. */
export async function answerNotes({
  routeKey,
  requestContext,
}: NotesEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const { lambda: caller } = ContextSchema.parse(requestContext).authorizer;
  const [statusCode, body] = routeKey.startsWith('POST ') ? [201, { caller }] : [200, { notes: [], caller }];
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
