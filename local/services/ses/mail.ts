import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { Faults } from '../../front/faults.ts';
import type { Front } from '../../front/front.ts';
import type { Home } from '../../home.ts';
import type { LocalEndpoint } from '../../local-endpoints.ts';
import type { LocalStack } from '../../template/template.ts';
import { type KeptMail, KeptMailSchema } from './kept-mail.ts';
import { type MailFault, type SentMail, startMailEndpoint } from './mail-endpoint.ts';
import { listPage, mailAlone, mailPage } from './mail-viewer.ts';

export type Mails = Awaited<ReturnType<typeof openMails>>;

export interface MailsOptions {
  readonly stack: LocalStack;
  readonly front: Pick<Front, 'callerWith'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly home: Pick<Home, 'path'>;
}

const KEPT_MAILS = 1000;

/** Opens the mails of the home, and what stands for SES. */
export async function openMails({ stack, front, clock, home }: MailsOptions) {
  const mails = keptIn(home.path('mails.db'));
  const faults = new Faults<SentMail, MailFault>();
  const keep = (mail: SentMail) => mails.keep({ ...mail, id: randomUUID(), sent_at: clock.now().toISOString() });
  const { endpoint, close } = await startMailEndpoint({ stack, front, faults, keep });
  return {
    /** of SES */
    endpoint,
    /** Newest first. */
    list: mails.list,
    find: mails.find,
    /** Returns what takes the fault away. */
    inject: (fault: MailFault) => faults.inject(fault),
    endpoints: endpointsOf(mails),
    close: () => close().finally(mails.close),
  };
}

type Kept = ReturnType<typeof keptIn>;

/** A mail that was acknowledged is there after a kill, too. */
function keptIn(file: string) {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE IF NOT EXISTS mails (number INTEGER PRIMARY KEY, id TEXT UNIQUE, mail TEXT)');
  const insert = database.prepare('INSERT INTO mails (id, mail) VALUES (?, ?)');
  const trim = database.prepare('DELETE FROM mails WHERE number <= (SELECT MAX(number) FROM mails) - ?');
  const all = database.prepare('SELECT mail FROM mails ORDER BY number DESC');
  const one = database.prepare('SELECT mail FROM mails WHERE id = ?');
  const mailOf = ({ mail }: Record<string, unknown>) => KeptMailSchema.parse(JSON.parse(String(mail)));
  return {
    keep: (mail: KeptMail): string => {
      insert.run(mail.id, JSON.stringify(mail));
      trim.run(KEPT_MAILS);
      return mail.id;
    },
    list: (): KeptMail[] => all.all().map(mailOf),
    find: (id: string): KeptMail | undefined => one.all(id).map(mailOf)[0],
    close: () => database.close(),
  };
}

function endpointsOf({ list, find }: Kept) {
  const withMail =
    (answer: (mail: KeptMail) => ReturnType<LocalEndpoint>): LocalEndpoint =>
    ({ pathParameters: { id = '' } }) => {
      const mail = find(id);
      return mail ? answer(mail) : { status: 404, json: { message: `There is no mail "${id}".` } };
    };
  return new Map<string, LocalEndpoint>([
    ['GET /_local/mail', () => ({ json: { mails: list() } })],
    ['GET /_local/mail/{id}', withMail((mail) => ({ json: { mail } }))],
    ['GET /_local/mail/view', () => listPage(list())],
    ['GET /_local/mail/view/{id}', withMail(mailPage)],
    ['GET /_local/mail/view/{id}/html', withMail(mailAlone)],
  ]);
}
