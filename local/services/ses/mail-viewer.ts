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
  const rows = mails.map(
    ({ id, to, subject, sent_at }) => `<tr>
<td><a href="/_local/mail/view/${escaped(id)}">${apart(subject)}</a><td>${apart(to.join(', '))}<td>${when(sent_at)}`,
  );
  const table = `<table><thead><tr><th scope="col">Subject<th scope="col">To<th scope="col">Sent<tbody>${rows.join('')}</table>`;
  const none = '<p>No mail was sent yet. <code>POST /_local/schedules/sweep</code> sends what is due.</p>';
  return page(
    'Mail',
    `<h1>Mail of this machine</h1>
<p>Nothing here has left this machine. For programs: <a href="/_local/mail">/_local/mail</a></p>
${mails.length === 0 ? none : table}`,
  );
}

/** One mail: the HTML as a person would see it, and the text beside it. */
export function mailPage({ id, from, to, subject, sent_at, text, headers }: KeptMail): LocalPage {
  const facts = Object.entries({ From: from, To: to.join(', '), Sent: when(sent_at), ...headers });
  return page(
    subject,
    `<p><a href="/_local/mail/view">All mail</a></p>
<h1>${apart(subject)}</h1>
<dl>${facts.map(([name, value]) => `<dt>${escaped(name)}<dd>${apart(value)}`).join('')}</dl>
<div class="both">
<iframe title="The mail as HTML" sandbox="${SANDBOX}" src="/_local/mail/view/${escaped(id)}/html"></iframe>
<pre aria-label="The mail as text">
${escaped(text)}</pre>
</div>`,
  );
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

function page(title: string, content: string): LocalPage {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style>
<body>${content}</body></html>`;
  return { html, policy: PAGE_POLICY };
}

/** A text that somebody else chose, in its own direction. */
function apart(text: string): string {
  return `<bdi>${escaped(text)}</bdi>`;
}

function escaped(text: string): string {
  return text.replace(/[&<"]/g, (character) => ({ '&': '&amp;', '<': '&lt;' })[character] ?? '&quot;');
}

function when(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
