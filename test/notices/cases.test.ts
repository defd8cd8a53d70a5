import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanUpCases } from './cases-of-clean-up.ts';
import { expiryCases } from './cases-of-expiry.ts';
import { mailCases } from './cases-of-mail.ts';
import { outageCases } from './cases-of-outage.ts';
import { recipientCases } from './cases-of-recipients.ts';
import { settingsCases } from './cases-of-settings.ts';
import type { Case } from './notice-case.ts';

const tests: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  'When the expiry is set or moved': expiryCases,
  'When the system was down': outageCases,
  'When the settings change': settingsCases,
  'Who is told, and when': recipientCases,
  'Clean-up': cleanUpCases,
  'What becomes of a mail': mailCases,
};

/** The first cells of the rows of each table, under the heading that it stands below. */
function documented(): Record<string, string[]> {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/notices.md'), 'utf8');
  const sections = page.split(/^## /m).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const rows = lines.filter((line) => line.startsWith('|')).slice(2);
      return [heading, rows.map((row) => row.split('|')[1]?.trim() ?? '')];
    }),
  );
}

const page = documented();

it('every row of docs/notices.md has a test, and every test a row', () => {
  const tested = Object.fromEntries(Object.entries(tests).map(([heading, cases]) => [heading, Object.keys(cases)]));
  expect(tested).toEqual(page);
});

describe.each(Object.entries(page))('%s', (heading, rows) => {
  it.each(rows)('%s', async (row) => {
    expect.hasAssertions();
    await tests[heading]?.[row]?.();
  });
});
