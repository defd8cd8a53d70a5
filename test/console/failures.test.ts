import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { violationsOn } from '../support/accessibility.ts';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());
afterEach(() => page.unrouteAll({ behavior: 'ignoreErrors' }));

const hasFocus = (locator: Locator) => locator.evaluate((element) => element.contains(document.activeElement));

/** A value that the schema allows and the code that formats dates throws at: `RangeError: Invalid time value`. */
const breakDates = (address: string) =>
  page.route(address, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/"created_at":"[^"]+"/g, '"created_at":"no date"');
    await route.fulfill({ response, body });
  });

it('a page that fails is replaced by what to do next, and the rest of the console stays', async () => {
  await breakDates('**/v3/stacks/management_tokens?*');
  await scene.at(page, 'tokens/list');
  await page.getByRole('heading', { name: 'This page cannot be shown' }).waitFor();
  await expect.poll(() => hasFocus(page.getByRole('alert'))).toBe(true);
  expect(await page.getByText('Invalid time value').isVisible()).toBe(false);
  expect(await page.getByRole('navigation', { name: 'Stack' }).isVisible()).toBe(true);
  expect(await violationsOn(page)).toEqual([]);
  await page.getByText('For a report of the mistake').click();
  expect(await page.getByText('Invalid time value').isVisible()).toBe(true);
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await scene.row(page, 'ci-deploy').waitFor();
});

it('another page can be opened from one that failed', async () => {
  await breakDates('**/v3/audit-logs*');
  await scene.at(page, 'audit-log');
  await page.getByRole('heading', { name: 'This page cannot be shown' }).waitFor();
  await page.getByRole('link', { name: 'Token hygiene' }).click();
  await page.getByRole('heading', { name: 'Warnings' }).waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('when one field of a form fails, what was typed in the others is kept and can be saved', async () => {
  const token = await scene.running.createToken({ expires_on: '2031-03-04' });
  const owner = await scene.signedIn('owner');
  // Without the console's policy the browser refuses what react-aria does at the second key in a date field.
  await owner.addInitScript(() => Object.assign(Reflect.get(globalThis, 'trustedTypes'), { createPolicy: () => {} }));
  await owner.reload();
  await owner.getByRole('heading', { name: 'Stacks' }).waitFor();
  await scene.at(owner, `management-tokens/${token.uid}/edit`);
  await owner.getByRole('textbox', { name: 'Description' }).fill('typed before it failed');
  await owner.getByRole('spinbutton', { name: /^month/ }).click();
  await owner.keyboard.press('ArrowUp');
  await owner.keyboard.press('ArrowUp');
  await owner.getByText('The expiry cannot be shown').waitFor();
  expect(await owner.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('typed before it failed');
  await owner.getByRole('button', { name: 'Show it again' }).click();
  await owner.getByRole('spinbutton', { name: /^month/ }).waitFor();
  await owner.getByRole('button', { name: 'Save' }).click();
  await owner.getByRole('columnheader', { name: 'Name' }).waitFor();
  const path = `/v3/stacks/management_tokens/${token.uid}`;
  const { body } = await scene.running.call('GET', path, { as: 'owner' });
  expect(body.token.description).toBe('typed before it failed');
  await owner.close();
});

it('what others saved meanwhile is brought to where somebody looks, though Save is at the other end of the form', async () => {
  const token = await scene.running.createToken();
  await page.setViewportSize({ width: 900, height: 400 });
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await page.getByRole('textbox', { name: 'Description' }).fill('mine');
  const json = { token: { description: 'theirs' } };
  await scene.running.call('PUT', `/v3/stacks/management_tokens/${token.uid}`, { as: 'admin', json });
  await page.getByRole('button', { name: 'Save' }).click();
  const notice = page.getByRole('alert').filter({ hasText: 'has saved this token meanwhile' });
  await notice.waitFor();
  await expect.poll(() => hasFocus(notice)).toBe(true);
  const box = await notice.boundingBox();
  expect(box && box.y >= 0 && box.y < 400).toBe(true);
});

it('a refusal is in view, and the focus stays on what was pressed', async () => {
  const token = await scene.running.createToken();
  await page.setViewportSize({ width: 900, height: 400 });
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await page.getByRole('textbox', { name: 'Description' }).fill('refused');
  await page.route(`**/v3/stacks/management_tokens/${token.uid}`, (route) =>
    route.request().method() === 'PUT'
      ? route.fulfill({ status: 409, json: { type: 'x/conflict', detail: 'Somebody else was faster.', errors: {} } })
      : route.continue(),
  );
  await page.getByRole('button', { name: 'Save' }).click();
  const refusal = page.getByRole('alert').filter({ hasText: 'Somebody else was faster.' });
  await refusal.waitFor();
  const box = await refusal.boundingBox();
  expect(box && box.y >= 0 && box.y + box.height <= 400).toBe(true);
  expect(await hasFocus(page.getByRole('button', { name: 'Save' }))).toBe(true);
});
