import * as z from 'zod';

export const KeptMailSchema = z.object({
  /** SES's `MessageId` */
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()).readonly(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  headers: z.record(z.string(), z.string()).readonly(),
  /** ISO instant, by the clock of the local system */
  sent_at: z.string(),
});

/** A mail that was sent on this machine, and goes no further. */
export type KeptMail = z.infer<typeof KeptMailSchema>;
