import * as z from 'zod/mini';

/** What the deployment tells the console: `config.json`, made by the template. */
const ConfigSchema = z.object({
  issuer: z.string(),
  client_id: z.string(),
  scope: z.string(),
  /** Which of the two that the issuer gives has the person's address, and is sent to the API. */
  credential: z.enum(['access_token', 'id_token']),
  /** Whom people ask for what their plan does not have. */
  support_contact: z.string(),
  /** The organization's requests per second: the upper bound of a token's own. */
  rate_limits: z.object({ read: z.number(), write: z.number() }),
});
export type Config = z.output<typeof ConfigSchema>;

export async function readConfig(): Promise<Config> {
  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return ConfigSchema.parse(await response.json());
}
