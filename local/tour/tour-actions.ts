/** What the steps of the tour do. Each returns what happened, in words. */
import * as z from 'zod';
import { askUntil, type Guide, type Use } from './tour-guide.ts';

export const tokenName = 'tour: deploy';
const programs = ['nightly-import', 'search-index', 'backup'];

export async function use(guide: Guide): Promise<string> {
  return (await guide.use()).said;
}

export async function edit(guide: Guide, fields: object): Promise<string> {
  const token = Object.assign(await guide.stackAs('owner').managementToken(guide.token.uid).fetch(), fields);
  const { scope, expires_at } = EditedSchema.parse(await token.update());
  const accesses = scope.map(({ module, acl }) => `${module} ${Object.keys(acl).join('+')}`);
  return `edited: ${accesses.join(', ')}${expires_at === null ? '' : `; expires ${expires_at}`}`;
}

const EditedSchema = z.looseObject({
  scope: z.array(z.object({ module: z.string(), acl: z.record(z.string(), z.boolean()) })),
  expires_at: z.nullable(z.string()),
});

export function remove(guide: Guide, parameters: Readonly<Record<string, string>>) {
  return guide.stackAs('owner').managementToken(guide.token.uid).delete(parameters);
}

export async function openSessions(guide: Guide): Promise<string> {
  const work = async (program: string) => {
    const { said } = await guide.use(await guide.openSession(program));
    return `${program}: ${said}`;
  };
  return (await Promise.all(programs.map(work))).join(', ');
}

const PreviewSchema = z.object({
  preview: z.object({
    sessions: z.object({ count: z.number() }),
    last_used_at: z.string(),
    last_used_client: z.string(),
    warnings: z.array(z.string()),
  }),
});

export async function preview(guide: Guide): Promise<string> {
  const path = `stacks/management_tokens/${guide.token.uid}/delete_preview`;
  const { sessions, last_used_at, last_used_client, warnings } = PreviewSchema.parse(await guide.read(path)).preview;
  return `live sessions: ${sessions.count}; last used ${last_used_at} by ${last_used_client}\n${warnings.join('\n')}`;
}

const usesBefore = 40;
const usesAfterwards = 20;

/** Measures from the outside: a use counts as later when it began after the deletion's answer had arrived. */
export async function deleteInUse(guide: Guide): Promise<string> {
  const inUse = Promise.withResolvers<void>();
  let answeredAt = Number.POSITIVE_INFINITY;
  let before = 0;
  const laterUses = async (value: string) => {
    const later: Use[] = [];
    while (later.length < usesAfterwards) {
      const use = await guide.use(value);
      if (use.begunAt > answeredAt) later.push(use);
      else if (++before === usesBefore) inUse.resolve();
    }
    return later;
  };
  const deletion = async () => {
    await inUse.promise;
    const begunAt = performance.now();
    const { notice } = await remove(guide, { confirm_name: tokenName });
    answeredAt = performance.now();
    return `"${notice}" after ${(answeredAt - begunAt).toFixed(1)} ms`;
  };
  const [deleted, ofToken, ...ofSessions] = await Promise.all([
    deletion(),
    laterUses(guide.value),
    ...guide.sessions.map(laterUses),
  ]);
  const first = Math.min(...[ofToken, ...ofSessions].flat().map((use) => use.answeredAt)) - answeredAt;
  return `${deleted}
the first use that began after this answer was answered ${first.toFixed(1)} ms after it
later uses of the token: ${summary(ofToken)}
of its sessions: ${summary(ofSessions.flat())}`;
}

function summary(uses: readonly Use[]): string {
  const answers = [...new Set(uses.map(({ said }) => said))];
  return `${uses.length}, ${answers.length === 1 ? 'all ' : ''}${answers.join(', ')}`;
}

const ReceiptSchema = z.object({
  revocation: z.object({
    state: z.string(),
    sessions: z.object({ total: z.nullable(z.number()), ended: z.number() }),
    tidied_ms: z.nullable(z.object({ p50: z.number(), max: z.number() })),
  }),
});

export async function receipt(guide: Guide): Promise<string> {
  const path = `stacks/management_tokens/${guide.token.uid}/revocation`;
  const ask = async () => ReceiptSchema.parse(await guide.read(path)).revocation;
  const { state, sessions, tidied_ms } = await askUntil(ask, (seen) => seen.state === 'completed');
  return `${state}: ${sessions.ended} of ${sessions.total} sessions ended; their rows were gone after ${tidied_ms?.p50} ms at the median, ${tidied_ms?.max} ms at most`;
}

const ghost = 'token.used_after_death';
const promised = ['token.deleted', 'sessions.revoked', 'revocation.completed', ghost];
const DeadUseSchema = z.object({ client: z.string(), remote_addr: z.string() });

/** Two readers of the stream tell the bus, each at its own pace. */
export async function publishedEvents(guide: Guide): Promise<string> {
  const events = await askUntil(
    () => guide.events(),
    (seen) => promised.every((wanted) => seen.some(({ type }) => type === wanted)),
  );
  const types = new Set(events.map(({ type }) => type).filter((type) => type !== ghost));
  const { client, remote_addr } = DeadUseSchema.parse(events.find(({ type }) => type === ghost)?.data);
  return `${[...types].join(', ')}\n${ghost}: by ${client} from ${remote_addr}`;
}

const LogSchema = z.object({
  logs: z.array(
    z.object({
      event_type: z.string(),
      outcome: z.string(),
      metadata: z.object({ uid: z.string() }),
      changes: z.array(z.object({ field: z.string() })),
    }),
  ),
});

export async function auditLog(guide: Guide): Promise<string> {
  const { logs } = LogSchema.parse(await guide.read('audit-logs'));
  return logs
    .filter(({ metadata }) => metadata.uid === guide.token.uid)
    .map(({ event_type, outcome, changes }) =>
      event_type === 'update'
        ? `update ${outcome}: ${changes.map(({ field }) => field).join(', ')}`
        : `${event_type} ${outcome}`,
    )
    .join('\n');
}
