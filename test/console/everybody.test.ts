import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violationsOn } from '../support/accessibility.ts';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());

/** Nothing but the page's own files ran or was loaded, and nothing failed: the strict policy holds and is not in the way. */
afterEach(() => expect(scene.browser.complaints).toEqual([]));

const wide = { width: 1280, height: 800 };
const narrow = { width: 375, height: 700 };

/** Each page, and what is on it when it is there. */
const pages = [
  ['tokens/list', 'ci-deploy'],
  ['tokens/add', 'Generate Token'],
  ['tokens/next-90-days', 'Legend'],
  ['token-hygiene', 'Nothing for'],
  ['audit-log', 'retired-importer'],
  ['', 'Who changed what'],
] as const;

async function open(path: string, content: string): Promise<void> {
  await scene.at(page, path);
  await page.getByText(content).or(page.getByLabel(content)).first().waitFor();
}

describe.each([
  ['light', wide],
  ['dark', narrow],
] as const)('in %s', (colorScheme, size) => {
  beforeAll(async () => {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
  });

  it.each(pages)(
    'settings/%s has nothing that axe-core finds wrong, and nothing beside the page',
    async (path, content) => {
      await open(path, content);
      expect(await violationsOn(page)).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    },
  );

  it('the windows and menus have nothing that axe-core finds wrong', async () => {
    await open('tokens/list', 'ci-deploy');
    await page.getByRole('button', { name: 'Actions for ci-deploy' }).click();
    expect(await violationsOn(page)).toEqual([]);
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('Live sessions').waitFor();
    // react-aria shows a window with a field only when an on-screen keyboard would be open.
    await expect.poll(() => page.locator('.overlay').evaluate((one) => getComputedStyle(one).opacity)).toBe('1');
    expect(await violationsOn(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('the form of a token has nothing that axe-core finds wrong', async () => {
    await open('tokens/list', 'content-sync');
    await scene.row(page, 'content-sync').click();
    await page.getByText('Write', { exact: true }).click();
    await page.getByText('Narrows').waitFor();
    expect(await violationsOn(page)).toEqual([]);
  });
});

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'שלום-עולם אב',
  '🧹🔑 token 👩‍👩‍👧',
  'Ｗ'.repeat(50),
  '  two  spaces  ',
  'javascript:alert(1)',
];

it('shows names of any kind as they are, and deletes by them', async () => {
  const stack = await scene.running.createStack();
  for (const name of hostile) await scene.running.createToken({ name, description: name }, { stack });
  await page.setViewportSize(wide);
  await scene.at(page, 'tokens/list', stack);
  await expect.poll(() => page.locator('tbody .token-name').count()).toBe(hostile.length);
  const shown = await page.locator('tbody .token-name').evaluateAll((all) => all.map((one) => one.textContent));
  expect(shown.toSorted()).toEqual(hostile.map((name) => name.normalize('NFC')).toSorted());
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  for (const name of ['<script>alert(1)</script>', '🧹🔑 token 👩‍👩‍👧']) {
    await scene.choose(page, name, 'Delete');
    await page.getByRole('alertdialog').getByRole('textbox').fill(name);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
  }
  await expect.poll(() => page.locator('tbody .token-name').count()).toBe(hostile.length - 2);
});

it('opens, edits and deletes a token by the keyboard alone', async () => {
  const stack = await scene.running.createStack();
  await scene.running.createToken({ name: 'by keyboard' }, { stack });
  await page.setViewportSize(wide);
  await scene.at(page, 'tokens/list', stack);
  await scene.row(page, 'by keyboard').waitFor();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focus = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const tabTo = async (wanted: RegExp) => {
    for (let presses = 0; presses < 30 && !wanted.test(await focus()); presses += 1) await press('Tab');
    expect(await focus()).toMatch(wanted);
  };
  await tabTo(/^by keyboard/);
  await press('Enter');
  await page.getByText('Nothing is changed yet.').waitFor();
  await page.getByRole('textbox', { name: 'Name' }).focus();
  await press('End');
  await page.keyboard.type(' only');
  await press('Enter');
  await scene.row(page, 'by keyboard only').waitFor();
  await page.getByRole('searchbox').focus();
  await tabTo(/^by keyboard/);
  await press('ArrowLeft', 'Enter');
  await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
  await press('End', 'Enter');
  await page.getByRole('alertdialog').getByText('Live sessions').waitFor();
  await page.keyboard.type('by keyboard only');
  await press('Enter');
  await page.getByRole('alertdialog', { name: 'Management Token deleted' }).waitFor();
  await press('Escape');
  await page.getByText('There are no management tokens').waitFor();
});
