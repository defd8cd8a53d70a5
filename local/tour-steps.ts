import * as z from 'zod';
import { type Guide, refusalOf, type Step, type Use } from './tour-guide.ts';

const name = 'tour: deploy';
const allBranches = { module: 'branch', branches: ['$all'], acl: { read: true } };
const everything = [{ module: '$all', acl: { read: true, write: true } }, allBranches];
const entriesOnly = [{ module: 'entry', acl: { read: true } }, allBranches];
const day = 86_400_000;

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

/** The story, in order: later steps go on with what earlier ones left. */
export const steps: readonly Step[] = [
  {
    title: 'The owner creates a token that may read and write everything.',
    act: async (guide) => {
      const scope = everything;
      guide.token = await guide
        .stackAs('owner')
        .managementToken()
        .create({ token: { name, description: '', scope } });
      guide.value = String(guide.token.token);
      const { uid, hint } = guide.token;
      return `created ${uid}; its value ends in "${hint}" and is in this answer only`;
    },
    expect: /^created blt[0-9a-f]{16}; its value ends in "\w{4}"/,
  },
  {
    title: 'The owner reads it again: the value is not there.',
    act: async (guide) => {
      const token = await guide.stackAs('owner').managementToken(guide.token.uid).fetch();
      return 'token' in token ? 'the value was shown again' : `"${token.name}" is ${token.status}; no value`;
    },
    expect: /^"tour: deploy" is active; no value$/,
  },
  { title: 'A program works with it.', act: use, expect: /^200$/ },
  {
    title: 'The owner narrows its scope to reading entries.',
    act: (guide) => edit(guide, { scope: entriesOnly }),
    expect: /^edited: entry read, branch read$/,
  },
  { title: 'The program is refused at its next request.', act: use, expect: /^403 insufficient-scope$/ },
  {
    title: 'The owner widens the scope again, and lets the token expire in 90 days.',
    act: (guide) =>
      edit(guide, { scope: everything, expires_on: new Date(Date.now() + 90 * day).toISOString().slice(0, 10) }),
    expect: /^edited: \$all read\+write, branch read; expires \d{4}-\d\d-\d\dT00:00:00\.000Z$/,
  },
  {
    title: 'The program goes on at its next request, and is told until when.',
    act: async (guide) => {
      const { said, expiresAt } = await guide.use();
      return `${said}, Token-Expires-At: ${expiresAt}`;
    },
    expect: /^200, Token-Expires-At: \d{4}-\d\d-\d\dT00:00:00\.000Z$/,
  },
  {
    title: 'The owner deletes it without its name.',
    act: (guide) => refusalOf(guide.stackAs('owner').managementToken(guide.token.uid).delete()),
    expect: /^422\/141: confirm_name is required\./,
  },
  {
    title: 'The owner deletes it with a name that is almost right.',
    act: (guide) => refusalOf(remove(guide, { confirm_name: 'Tour: deploy' })),
    expect: /^422\/141: confirm_name does not match the name of this token\.$/,
  },
  {
    title: 'Somebody who has nothing to do with the stack deletes it, with the right name.',
    act: (guide) =>
      refusalOf(guide.stackAs('outsider').managementToken(guide.token.uid).delete({ confirm_name: name })),
    expect: /^412\/109: /,
  },
  { title: 'The token still works.', act: use, expect: /^200$/ },
  {
    title: 'The owner deletes it with its exact name, while three programs work with it.',
    act: deleteInUse,
    expect: /after it: 401 token-revoked.*\nuses that began after the answer: \d+, good among them: 0$/s,
  },
  {
    title: 'The owner deletes it once more.',
    act: (guide) => refusalOf(remove(guide, { confirm_name: name })),
    expect: /^404\/141: /,
  },
  {
    title: 'The audit log has every change and every refused deletion, the newest first.',
    act: auditLog,
    expect: /^delete done\ndelete refused\ndelete refused\nupdate done: scope, .*\nupdate done: scope\ncreate done$/,
  },
];

async function use(guide: Guide): Promise<string> {
  return (await guide.use()).said;
}

async function edit(guide: Guide, fields: object): Promise<string> {
  const token = Object.assign(await guide.stackAs('owner').managementToken(guide.token.uid).fetch(), fields);
  const { scope, expires_at } = EditedSchema.parse(await token.update());
  const accesses = scope.map(({ module, acl }) => `${module} ${Object.keys(acl).join('+')}`);
  return `edited: ${accesses.join(', ')}${expires_at === null ? '' : `; expires ${expires_at}`}`;
}

const EditedSchema = z.looseObject({
  scope: z.array(z.object({ module: z.string(), acl: z.record(z.string(), z.boolean()) })),
  expires_at: z.nullable(z.string()),
});

function remove(guide: Guide, parameters: Readonly<Record<string, string>>) {
  return guide.stackAs('owner').managementToken(guide.token.uid).delete(parameters);
}

const usesBefore = 30;
const usesAfterwards = 20;

/** Measures from the outside: a use counts as later when it began after the deletion's answer had arrived. */
async function deleteInUse(guide: Guide): Promise<string> {
  const uses: Use[] = [];
  const inUse = Promise.withResolvers<void>();
  let answeredAt = Number.POSITIVE_INFINITY;
  const isLater = ({ begunAt }: Use) => begunAt > answeredAt;
  const program = async () => {
    for (let later = 0; later < usesAfterwards; ) {
      const use = await guide.use();
      if (uses.push(use) === usesBefore) inUse.resolve();
      if (isLater(use)) later += 1;
    }
  };
  const deletion = async () => {
    await inUse.promise;
    const begunAt = performance.now();
    const { notice } = await remove(guide, { confirm_name: name });
    answeredAt = performance.now();
    return `"${notice}" after ${(answeredAt - begunAt).toFixed(1)} ms`;
  };
  const [deleted] = await Promise.all([deletion(), program(), program(), program()]);
  const later = uses.filter(isLater).sort((a, b) => a.begunAt - b.begunAt);
  const [first] = later;
  const ms = first ? (first.answeredAt - answeredAt).toFixed(1) : '?';
  return `${deleted}
the first use that began after this answer was refused ${ms} ms after it: ${first?.said}
uses that began after the answer: ${later.length}, good among them: ${later.filter(({ said }) => said === '200').length}`;
}

async function auditLog(guide: Guide): Promise<string> {
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
