import { expect, it } from 'vitest';
import type { DigestContent } from '../../functions/notices/digest-content.ts';
import { renderAsHtml } from '../../functions/notices/digest-html.ts';

const facts = [{ label: 'Made by', value: [{ given: 'olivia\nadams' }, ', today'] }];
const content: DigestContent = {
  subject: 'Token “deploy” & more',
  title: ['Tokens of ', { given: 'Acme <web>' }],
  paragraphs: ['2 tokens need your attention.', 'Again.'],
  sections: [
    {
      title: 'Expire within a day',
      tokens: [
        { name: 'deploy\n', remark: 'in use', link: 'https://console.example/a?b=1&c=2', facts },
        { name: 'old', remark: 'idle', link: null, facts: [] },
      ],
    },
  ],
  footer: ['You look after ', { given: 'Acme' }, '.'],
};

const page = (style: string) =>
  [
    '<!doctype html>\n<html lang="en" dir="ltr"><head><meta charset="utf-8"/>',
    '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
    '<meta name="color-scheme" content="light dark"/><meta name="supported-color-schemes" content="light dark"/>',
    '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no"/>',
    `<title>Token “deploy” &amp; more</title><style>${style}</style></head>`,
    '<body><main><h1>Tokens of <bdi>Acme &lt;web></bdi></h1><p>2 tokens need your attention.</p><p>Again.</p>',
    '<h2>Expire within a day</h2>',
    '<div class="token"><h3><a href="https://console.example/a?b=1&amp;c=2" target="_blank" rel="noreferrer">',
    '<bdi>deploy</bdi></a></h3><p class="remark">in use</p>',
    '<dl><dt>Made by</dt><dd><bdi>olivia adams</bdi>, today</dd></dl></div>',
    '<div class="token"><h3><bdi>old</bdi></h3><p class="remark">idle</p><dl></dl></div>',
    '<footer><p>You look after <bdi>Acme</bdi>.</p></footer></main></body></html>\n',
  ].join('');

it('the page of a digest is this, word for word, and nothing that a browser or a mail client could load or run', () => {
  const html = renderAsHtml(content);
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(html) ?? [];
  expect(html).toBe(page(style));
  for (const rule of ['color-scheme: light dark', '@media (prefers-color-scheme: dark)', '.token {', '.remark {'])
    expect(style).toContain(rule);
});
