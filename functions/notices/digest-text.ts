import type { DigestContent, DigestToken, Words } from './digest-content.ts';
import { isolated, oneLine } from './given-text.ts';

/** The same as the HTML says, for a terminal, a screen reader or a ticket system. */
export function renderAsText({ title, paragraphs, sections, footer }: DigestContent): string {
  return [
    inline(title),
    ...paragraphs,
    ...sections.flatMap((section) => [underlined(section.title), ...section.tokens.map(tokenOf)]),
    `-- \n${inline(footer)}\n`,
  ].join('\n\n');
}

function underlined(title: string): string {
  return `${title}\n${'='.repeat(title.length)}`;
}

function tokenOf({ name, remark, link, facts }: DigestToken): string {
  return [
    `* ${isolated(oneLine(name))} (${remark})`,
    ...facts.map(({ label, value }) => `  ${label}: ${inline(value)}`),
    ...(link === null ? [] : [`  Page: ${link}`]),
  ].join('\n');
}

function inline(words: Words): string {
  return words.map((word) => (typeof word === 'string' ? word : isolated(oneLine(word.given)))).join('');
}
