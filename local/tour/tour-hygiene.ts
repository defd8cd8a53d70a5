/** What the last steps of the tour do: time passes, people are warned, and what has expired is cleaned up. */
import * as z from 'zod';
import { askUntil, type Guide } from './tour-guide.ts';

const name = 'tour: nightly';
const scope = [
  { module: '$all', acl: { read: true } },
  { module: 'branch', branches: ['$all'], acl: { read: true } },
];
const day = 86_400_000;

/** In use, and with less than a day left when the clock has moved: of that people are told at once. */
export async function createExpiring(guide: Guide): Promise<string> {
  const expires_on = new Date(Date.now() + 5 * day).toISOString();
  guide.token = await guide
    .stackAs('owner')
    .managementToken()
    .create({ token: { name, description: '', scope, expires_on } });
  guide.value = String(guide.token.token);
  const { said } = await guide.use();
  return `created ${guide.token.uid}, which expires ${expires_on}; used: ${said}`;
}

const SweptSchema = z.object({
  result: z.object({
    notices: z.number(),
    cleaned_up: z.number(),
    mails: z.object({ sent: z.number() }),
  }),
});
const MailsSchema = z.object({
  mails: z.array(z.object({ to: z.array(z.string()), subject: z.string(), text: z.string() })),
});

export const passAndSweep = (days: string) => async (guide: Guide) => {
  const { now } = z.object({ now: z.string() }).parse(await guide.local('POST', 'clock', { advance: days }));
  return `it is ${now}\n${await sweep(guide)}`;
};

export async function sweep(guide: Guide): Promise<string> {
  const { result } = SweptSchema.parse(await guide.local('POST', 'schedules/sweep'));
  return `notices claimed: ${result.notices}; mails sent: ${result.mails.sent}; tokens cleaned up: ${result.cleaned_up}`;
}

/** The mails that tell of the token, with what they say about it. */
export async function mails(guide: Guide): Promise<string> {
  const { mails: all } = MailsSchema.parse(await guide.local('GET', 'mail'));
  const telling = all.filter(({ text }) => text.includes(name));
  const about = telling[0]?.text.split('\n').filter((line) => /expires:|last used:/i.test(line)) ?? [];
  return [...telling.map(({ to, subject }) => `to ${to}: ${subject}`).sort(), ...about.slice(0, 2)].join('\n');
}

const CleanedSchema = z.object({ revocation: z.object({ reason: z.string(), actor: z.string(), state: z.string() }) });

export async function cleanedUp(guide: Guide): Promise<string> {
  const { said } = await guide.use();
  const path = `stacks/management_tokens/${guide.token.uid}/revocation`;
  const ask = async () => CleanedSchema.parse(await guide.read(path)).revocation;
  const { reason, actor, state } = await askUntil(ask, (seen) => seen.state === 'completed');
  return `a use: ${said}; its receipt: ${state}, reason "${reason}", by ${actor}`;
}
