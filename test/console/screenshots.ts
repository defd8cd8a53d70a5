/** `npm run screenshots`: every page, light and dark, wide and narrow, into `.build/screenshots`; with `-- --docs` also the README's two. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { synthesizeIfChanged } from '../../local/template/synthesize.ts';
import { ConsoleScene } from '../support/console-scene.ts';

const root = path.resolve(import.meta.dirname, '../..');
const directory = path.join(root, '.build', 'screenshots');
const schemes = ['light', 'dark'] as const;
/** What is in front of a page is in the middle of what is seen of it. */
const windows = new Set(['menu', 'delete', 'generated']);
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 780 } };

await synthesizeIfChanged(root, console.log);
await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
const scene = await ConsoleScene.start();
try {
  await lifeOnTheStack();
  const page = await scene.signedIn('owner');
  if (process.argv.includes('--docs')) await forReadme(page);
  await scene.running.createToken({ name: 'שלום-עולם 🧹 <b>bold</b>', description: 'A name of every kind.' });
  for (const [name, visit] of Object.entries(visits())) {
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await visit(page);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        const file = path.join(directory, `${name}-${colorScheme}-${size}.png`);
        await page.screenshot({ path: file, fullPage: !windows.has(name) });
      }
      await page.goto(`${scene.running.system.console}/#/stacks`);
    }
  }
  console.log(`The pictures are in ${path.relative(root, directory)}.`);
} finally {
  await scene.stop();
}

/** Before anything odd is on the stack, and with the pointer on nothing. */
async function forReadme(page: Page): Promise<void> {
  await page.setViewportSize(sizes.wide);
  for (const [name, colorScheme] of [
    ['list', 'light'],
    ['delete', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await visits()[name]?.(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: path.join(root, 'docs', 'images', `console-${name}.png`) });
  }
}

/** Tokens that are in use, and many expiries on one day. */
async function lifeOnTheStack(): Promise<void> {
  const { running } = scene;
  const soon = new Date(running.system.clock.now().getTime() + 45 * 86_400_000).toISOString().slice(0, 10);
  for (const name of ['search-index', 'image-resizer', 'newsletter'])
    await running.createToken({ name, expires_on: soon, description: 'Renewed together every quarter.' });
  const { value } = await running.createToken({
    name: 'release-bot',
    description: 'Publishes releases from the pipeline.',
  });
  // Of the uses within a minute the first is kept.
  await running.use(value, { headers: { 'user-agent': 'release-bot/2.4' } });
  for (const client of ['release-bot/2.4 (ci-7)', 'release-bot/2.4 (ci-8)', 'release-bot/2.3 (laptop)'])
    await running.call('POST', '/v3/token_sessions', { value, json: { session: { client } } });
}

type Visit = (page: Page) => Promise<void>;

/** How to get to each page, and what tells that it is there. */
function visits(): Readonly<Record<string, Visit>> {
  const at = (address: string, content: string, then: Visit = async () => {}): Visit => {
    return async (page) => {
      await scene.at(page, address);
      await page.getByText(content).or(page.getByLabel(content)).first().waitFor();
      await then(page);
    };
  };
  const openToken = (name: string): Visit => at('tokens/list', name, (page) => scene.row(page, name).click());
  return {
    stacks: async (page) => {
      await page.goto(`${scene.running.system.console}/#/stacks`);
      await page.getByRole('link', { name: 'Acme Web' }).waitFor();
    },
    settings: at('', 'Who changed what'),
    list: at('tokens/list', 'release-bot'),
    menu: at('tokens/list', 'release-bot', (page) =>
      page.getByRole('button', { name: 'Actions for release-bot' }).click(),
    ),
    create: at('tokens/add', 'Generate Token', async (page) => {
      await page.getByText('Specific Branch(es)').click();
      await page.getByText('Date (in UTC)').click();
      await page.getByRole('button', { name: 'Generate Token' }).click();
    }),
    edit: async (page) => {
      await openToken('content-sync')(page);
      await page.getByText('Write', { exact: true }).click();
      await page.getByText('In 365 days').click();
    },
    delete: at('tokens/list', 'release-bot', async (page) => {
      await scene.choose(page, 'release-bot', 'Delete');
      await page.getByText('Live sessions').waitFor();
      await page.getByRole('alertdialog').getByRole('textbox').fill('release-bot');
    }),
    sessions: at('tokens/list', 'release-bot', async (page) => {
      await scene.choose(page, 'release-bot', 'Sessions');
      await page.getByText('release-bot/2.4 (ci-7)').waitFor();
    }),
    'next-90-days': at('tokens/next-90-days', 'Legend'),
    hygiene: at('token-hygiene', 'Nothing for'),
    'audit-log': at('audit-log', 'retired-importer'),
    empty: async (page) => {
      const stack = await scene.running.createStack('owner', 'Acme Labs');
      await scene.at(page, 'tokens/list', stack);
      await page.getByText('There are no management tokens').waitFor();
    },
    lost: at('nowhere', 'There is no such page'),
    receipt: async (page) => {
      const token = await scene.running.createToken({ name: 'about to go' });
      await scene.running.deleteToken(token);
      await scene.at(page, `management-tokens/${token.uid}/edit`);
      await page.getByText('0 of 0 ended').waitFor();
    },
    generated: at('tokens/add', 'Generate Token', async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).fill(`shown once ${Date.now()}`);
      await page.getByText('Read', { exact: true }).click();
      await page.getByRole('button', { name: 'Generate Token' }).click();
      await page.getByText('Management Token Generated!').waitFor();
      await page.getByRole('button', { name: 'Copy Management Token' }).click();
    }),
  };
}
