import { type ComponentChild, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { DigestContent, DigestToken, Words } from './digest-content.ts';
import { oneLine } from './given-text.ts';

/**
 * A page that loads nothing. Its meaning is in the elements, so that it can be read in clients that drop styles. A style holds no
 * quote, ampersand or angle bracket: it is escaped like any text.
 */
export function renderAsHtml(content: DigestContent): string {
  const page = h(
    'html',
    { lang: 'en', dir: 'ltr' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('meta', { name: 'supported-color-schemes', content: 'light dark' }),
      // A name that looks like an address or a number is not made a link.
      h('meta', { name: 'format-detection', content: 'telephone=no, date=no, address=no, email=no, url=no' }),
      h('title', null, content.subject),
      h('style', null, style),
    ),
    h('body', null, bodyOf(content)),
  );
  return `<!doctype html>\n${renderToString(page)}\n`;
}

const style = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 16px; background: #f4f5f7; color: #1d2129; font: 16px/1.5 system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif; }
main { display: block; max-width: 600px; margin: 0 auto; }
h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.3; }
h2 { margin: 28px 0 8px; font-size: 17px; }
h3 { margin: 0 0 8px; font-size: 16px; }
p { margin: 0 0 8px; }
h1, h3, dd, footer { overflow-wrap: anywhere; word-break: break-word; }
.token { margin: 0 0 12px; padding: 16px; border: 1px solid #d5d9e0; border-radius: 8px; background: #ffffff; }
.remark { color: #59616e; font-size: 14px; font-weight: normal; }
dl { margin: 0; }
dt { color: #59616e; font-size: 14px; }
dd { margin: 0 0 8px; }
a { color: #0b57d0; }
footer { margin: 28px 0 0; color: #59616e; font-size: 14px; }
@media (prefers-color-scheme: dark) {
body { background: #16181d; color: #e8eaed; }
.token { background: #1f2229; border-color: #3a3f4a; }
.remark, dt, footer { color: #a9b0bc; }
a { color: #8ab4f8; }
}
`;

function bodyOf({ title, paragraphs, sections, footer }: DigestContent): ComponentChild {
  return h(
    'main',
    null,
    h('h1', null, inline(title)),
    paragraphs.map((paragraph) => h('p', null, paragraph)),
    sections.map((section) => [h('h2', null, section.title), section.tokens.map(tokenOf)]),
    h('footer', null, h('p', null, inline(footer))),
  );
}

function tokenOf({ name, remark, link, facts }: DigestToken): ComponentChild {
  const title = h('bdi', null, oneLine(name));
  return h(
    'div',
    { class: 'token' },
    h('h3', null, link === null ? title : h('a', { href: link, target: '_blank', rel: 'noreferrer' }, title)),
    h('p', { class: 'remark' }, remark),
    h(
      'dl',
      null,
      facts.map(({ label, value }) => [h('dt', null, label), h('dd', null, inline(value))]),
    ),
  );
}

function inline(words: Words): ComponentChild[] {
  return words.map((word) => (typeof word === 'string' ? word : h('bdi', null, oneLine(word.given))));
}
