import { type ComponentChild, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { LocalPage } from '../../local-endpoints.ts';
import type { KeptMail } from './kept-mail.ts';

/** Nothing is loaded from anywhere, nothing runs, and nobody frames it. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** As a mail program shows a mail: no scripts, no forms, nothing from elsewhere; its links open beside it. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox';
const MAIL_POLICY = `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox ${SANDBOX}`;

/** The mails, newest first. */
export function listPage(mails: readonly KeptMail[]): LocalPage {
  const rows = mails.map(({ id, to, subject, sent_at }) =>
    h(
      'tr',
      null,
      h('td', null, h('a', { href: `/_local/mail/view/${id}` }, h('bdi', null, subject))),
      h('td', null, h('bdi', null, to.join(', '))),
      h('td', null, when(sent_at)),
    ),
  );
  const head = h(
    'tr',
    null,
    ['Subject', 'To', 'Sent'].map((title) => h('th', { scope: 'col' }, title)),
  );
  const none = h(
    'p',
    null,
    'No mail was sent yet. ',
    h('code', null, 'POST /_local/schedules/sweep'),
    ' sends what is due.',
  );
  return page('Mail', [
    h('h1', null, 'Mail of this machine'),
    h(
      'p',
      null,
      'Nothing here has left this machine. For programs: ',
      h('a', { href: '/_local/mail' }, '/_local/mail'),
    ),
    mails.length === 0 ? none : h('table', null, h('thead', null, head), h('tbody', null, rows)),
  ]);
}

/** One mail: the HTML as a person would see it, and the text beside it. */
export function mailPage({ id, from, to, subject, sent_at, text, headers }: KeptMail): LocalPage {
  const facts = Object.entries({ From: from, To: to.join(', '), Sent: when(sent_at), ...headers });
  return page(subject, [
    h('p', null, h('a', { href: '/_local/mail/view' }, 'All mail')),
    h('h1', null, h('bdi', null, subject)),
    h(
      'dl',
      null,
      facts.map(([name, value]) => [h('dt', null, name), h('dd', null, h('bdi', null, value))]),
    ),
    h(
      'div',
      { class: 'both' },
      h('iframe', { title: 'The mail as HTML', sandbox: SANDBOX, src: `/_local/mail/view/${id}/html` }),
      h('pre', { 'aria-label': 'The mail as text' }, text),
    ),
  ]);
}

/** What stands in the frame. */
export function mailAlone({ html }: KeptMail): LocalPage {
  return { html, policy: MAIL_POLICY };
}

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px; font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 12px; font-size: 22px; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 8px; border-bottom: 1px solid #8886; text-align: start; vertical-align: top; overflow-wrap: anywhere; }
td:last-child { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 16px; }
dt { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; }
.both { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
iframe { width: 100%; height: 75vh; border: 1px solid #8886; border-radius: 8px; }
pre { margin: 0; padding: 16px; max-height: 75vh; overflow: auto; box-sizing: border-box; border: 1px solid #8886; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

function page(title: string, content: ComponentChild): LocalPage {
  const head = h(
    'head',
    null,
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('title', null, title),
    h('style', null, STYLE),
  );
  const document = h('html', { lang: 'en' }, head, h('body', null, content));
  return { html: `<!doctype html>${renderToString(document)}`, policy: PAGE_POLICY };
}

function when(instant: string): ComponentChild {
  return h('time', { datetime: instant }, `${instant.slice(0, 16).replace('T', ' ')} UTC`);
}
