import {
  auditLog,
  deleteInUse,
  edit,
  tokenName as name,
  openSessions,
  preview,
  publishedEvents,
  receipt,
  remove,
  use,
} from './tour-actions.ts';
import { refusalOf, type Step } from './tour-guide.ts';
import { cleanedUp, createExpiring, mails, passAndSweep, sweep } from './tour-hygiene.ts';

const allBranches = { module: 'branch', branches: ['$all'], acl: { read: true } };
const everything = [{ module: '$all', acl: { read: true, write: true } }, allBranches];
const entriesOnly = [{ module: 'entry', acl: { read: true } }, allBranches];
const day = 86_400_000;

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
    title: 'Three programs open sessions with it, and work with those.',
    act: openSessions,
    expect: /^nightly-import: 200, search-index: 200, backup: 200$/,
  },
  {
    title: 'The owner reads what deleting it would end.',
    act: preview,
    expect: /^live sessions: 3; last used \d{4}-\S+ by [\w-]+.*\n.*3 sessions will end at once\./s,
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
    title: 'The owner deletes it with its exact name, while it and its sessions are in use.',
    act: deleteInUse,
    expect: /\nlater uses of the token: \d+, all 401 token-revoked\nof its sessions: \d+, all 401 unauthenticated$/,
  },
  {
    title: 'The owner reads the receipt, until it is completed.',
    act: receipt,
    expect: /^completed: 3 of 3 sessions ended; .* \d+ ms at the median, \d+ ms at most$/,
  },
  {
    title: 'The events are on the bus; one says that somebody still calls with the dead value.',
    act: publishedEvents,
    expect:
      /^(?=.*token\.deleted)(?=.*sessions\.revoked)(?=.*revocation\.completed).*\ntoken\.used_after_death: by \S+ from 127\.0\.0\.1$/,
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
  {
    title: 'The owner creates a token that expires in 5 days, and a program works with it.',
    act: createExpiring,
    expect: /^created blt[0-9a-f]{16}, which expires .*; used: 200$/,
  },
  {
    title: 'Four and a half days pass, and the sweep runs.',
    act: passAndSweep('PT108H'),
    expect: /^it is .*\nnotices claimed: [1-9]\d*; mails sent: [1-9]\d*; /,
  },
  {
    title: 'Owner and admin are warned at once: it is in use, and has less than a day left.',
    act: mails,
    expect:
      /^to adam@example\.test: .*within a day.*\nto olivia@example\.test: .*\n.*Expires: .*\n.*Last used: .* by deployer\/1\.2/,
  },
  {
    title: 'A month and some days pass, and the sweep runs.',
    act: passAndSweep('P32D'),
    expect: /tokens cleaned up: [1-9]\d*$/,
  },
  {
    title: 'The expired token was deleted, as a person would have deleted it.',
    act: cleanedUp,
    expect: /^a use: 401 token-revoked; its receipt: completed, reason "cleaned_up", by tokenward$/,
  },
  {
    title: 'The sweep runs once more, and has nothing to do.',
    act: sweep,
    expect: /^notices claimed: 0; mails sent: 0; tokens cleaned up: 0$/,
  },
];
