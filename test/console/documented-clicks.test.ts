import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());
beforeEach(async () => {
  await page.goto(`${scene.running.system.console}/#/stacks`);
});

const text = (content: string | RegExp) => page.getByText(content).first();

it('goes from the stacks by Settings and Tokens to the tab of Management Tokens', async () => {
  await page.getByRole('link', { name: 'Acme Web' }).click();
  const navigation = page.getByRole('navigation', { name: 'Stack' });
  await navigation.getByRole('link', { name: 'Settings' }).click();
  await navigation.getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('link', { name: 'Management Tokens' }).click();
  await scene.row(page, 'ci-deploy').waitFor();
  expect(page.url()).toContain(`#/stack/${scene.running.stack}/settings/tokens/list`);
  for (const title of ['Name', 'Permissions', 'Scope', 'Expiry', 'Last Used', 'Created By', 'Rate Limit'])
    expect(await page.getByRole('columnheader', { name: title }).count(), title).toBe(1);
  expect(await scene.row(page, 'content-sync').textContent()).toMatch(/Read, Write.*main, development.*2 months.*NA/s);
  expect(await page.getByText(/\d+ of 30/).textContent()).toMatch(/^\d+ of 30$/);
});

it('sorts, filters and searches the list', async () => {
  await scene.at(page, 'tokens/list');
  const names = () => page.locator('tbody .token-name').allTextContents();
  await page.getByRole('columnheader', { name: 'Name' }).click();
  await expect.poll(names).toEqual((await names()).toSorted());
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('option', { name: 'Never expires' }).click();
  await expect.poll(names).not.toContain('nightly-export');
  expect(await names()).toEqual(expect.arrayContaining(['ci-deploy', 'reporting']));
  await page.getByRole('searchbox').fill('REPORT');
  await expect.poll(names).toEqual(['reporting']);
  await page.getByRole('searchbox').fill('nothing of that name');
  await page.getByRole('button', { name: 'Show all tokens' }).click();
  await expect.poll(async () => (await names()).length).toBeGreaterThan(5);
});

it('makes a stack', async () => {
  await page.getByRole('button', { name: '+ New Stack' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Acme Labs');
  await page.getByRole('button', { name: 'Create' }).click();
  await text('There are no management tokens').waitFor();
  expect(await page.getByText('0 of 30').count()).toBe(1);
});

it('creates a token with the documented fields, shows its value once, and asks whoever leaves without copying', async () => {
  await scene.at(page, 'tokens/list');
  await page.getByRole('button', { name: '+ Management Token' }).click();
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await text('Please enter a name').waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('from-the-console');
  await page.getByRole('textbox', { name: 'Description' }).fill('Made by clicks.');
  await page.getByText('Specific Branch(es)').click();
  await page.getByText('development', { exact: true }).click();
  await page.getByText('Write', { exact: true }).click();
  expect(await page.getByRole('checkbox', { name: 'Read' }).isChecked()).toBe(true);
  await page.getByText('Date (in UTC)').click();
  await text(/Stops working at exactly .* 00:00:00 UTC/).waitFor();
  await page.getByText('Notify via email').click();
  await page.getByRole('button', { name: 'Generate Token' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Management Token Generated!' });
  await dialog.getByText('It won’t be shown again').waitFor();
  const value = (await dialog.locator('code').last().textContent()) ?? '';
  expect(value).toMatch(/^cs_/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await dialog.getByRole('button', { name: 'Go back and copy it' }).click();
  await dialog.getByRole('button', { name: 'Copy Management Token' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await scene.row(page, 'from-the-console').waitFor();
  expect((await scene.running.use(value, { headers: { branch: 'development' } })).status).toBe(200);
  expect(await page.content()).not.toContain(value);
});

it('edits a token, and says before Save what narrows and what widens', async () => {
  const token = await scene.running.createToken({ name: 'to be edited' });
  await scene.at(page, 'tokens/list');
  await scene.row(page, token.name).click();
  await text('Nothing is changed yet.').waitFor();
  expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await page.getByRole('textbox', { name: 'Name' }).fill('edited');
  await page.getByText('Write', { exact: true }).click();
  await page.getByText('Specific Branch(es)').click();
  await page.getByText('main', { exact: true }).click();
  await page.getByText('Date (in UTC)').click();
  const effects = await page.getByRole('complementary').textContent();
  expect(effects).toMatch(/Narrows.*no longer write\..*main only.*ends earlier.*Changes.*“edited”/s);
  await page.getByRole('button', { name: 'Save' }).click();
  await text('Management Token updated successfully.').waitFor();
  const { body } = await scene.running.call('GET', `/v3/stacks/management_tokens/${token.uid}`, { as: 'owner' });
  expect(body.token).toMatchObject({ name: 'edited', expires_on: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
  expect(body.token.scope).toEqual([
    { module: '$all', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]);
});

it('says whom to contact where the plan has no rate limits', async () => {
  await page.getByRole('link', { name: 'Acme Docs' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Tokens' }).click();
  await scene.row(page, 'docs-publisher').click();
  await text('not part of this stack’s plan').waitFor();
  expect(await page.getByRole('link', { name: /support@/ }).count()).toBe(1);
});

it('deletes a token by its exact name, and shows what ended', async () => {
  const token = await scene.running.createToken({ name: 'to be deleted' });
  const json = { session: { client: 'publisher' } };
  await scene.running.call('POST', '/v3/token_sessions', { value: token.value, json });
  await scene.at(page, 'tokens/list');
  await scene.choose(page, token.name, 'Delete');
  const dialog = page.getByRole('alertdialog', { name: 'Delete Management Token' });
  await dialog.getByText('All permissions and sessions that use it end instantly').waitFor();
  expect(await dialog.locator('.facts').textContent()).toMatch(/Live sessions1Last used.*In use/);
  const remove = dialog.getByRole('button', { name: 'Delete' });
  for (const typed of ['', 'to be delete', 'to be deleted ', 'To be deleted']) {
    await dialog.getByRole('textbox').fill(typed);
    expect(await remove.isDisabled(), typed).toBe(true);
  }
  await dialog.getByRole('textbox').fill(token.name);
  await remove.click();
  await page.getByText('1 of 1 ended, 0 remaining').waitFor();
  expect((await scene.running.use(token.value)).status).toBe(401);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect.poll(() => scene.row(page, token.name).count()).toBe(0);
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await text('has been refused everywhere since').waitFor();
});

it('lists the sessions of a token, ends one, and ends all', async () => {
  const token = await scene.running.createToken({ name: 'with sessions' });
  for (const client of ['one', 'two', 'three'])
    await scene.running.call('POST', '/v3/token_sessions', { value: token.value, json: { session: { client } } });
  await scene.at(page, 'tokens/list');
  await scene.choose(page, token.name, 'Sessions');
  await page.getByRole('button', { name: 'End the session of two' }).click();
  await expect.poll(() => page.locator('tbody .token-name').allTextContents()).toHaveLength(2);
  await page.getByRole('button', { name: 'End all sessions' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End all sessions' }).click();
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await receipt.getByText('2 of 2 ended, 0 remaining').waitFor();
  expect(await receipt.textContent()).toMatch(
    /^Every session that was opened before with with sessions has been refused/,
  );
  expect(await receipt.textContent()).toContain('All sessions ended, by olivia@example.test');
  await page.getByRole('button', { name: 'Done' }).click();
  await text('No program works with this token now').waitFor();
  expect((await scene.running.use(token.value)).status).toBe(200);
  await scene.running.deleteToken(token);
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await receipt.getByText('Deleted, by olivia@example.test').waitFor();
});

it('shows that a token is still called and refused, in the list and before it is deleted', async () => {
  const scope = [
    { module: 'entry', acl: { read: true } },
    { module: 'branch', branches: ['$all'], acl: { read: true } },
  ];
  const token = await scene.running.createToken({ name: 'refused by its scope', scope });
  expect((await scene.running.use(token.value)).status).toBe(403);
  await scene.at(page, 'tokens/list');
  const row = scene.row(page, token.name);
  await row.waitFor();
  expect(await row.textContent()).toMatch(/NeverRefused just now/);
  await scene.choose(page, token.name, 'Delete');
  const preview = page.getByRole('region', { name: 'What deleting would end' });
  await preview.getByText('It is still being called, and its scope refuses the calls').waitFor();
  expect(await preview.textContent()).toMatch(/Last usedNeverLast refusedjust now, by its scope/);
  await page.getByRole('button', { name: 'Cancel' }).click();
});

it('shows who changed what, and who was refused', async () => {
  const token = await scene.running.createToken({ name: 'audited' });
  await scene.running.deleteToken({ ...token, name: 'another name' });
  await scene.at(page, 'audit-log');
  const entry = page.getByRole('row', { name: 'audited' }).filter({ hasText: 'refused' });
  await entry.waitFor();
  expect(await entry.textContent()).toContain('olivia@example.test');
});

it('changes the hygiene settings, with a preview of what is not saved yet', async () => {
  await scene.at(page, 'token-hygiene');
  await page.getByRole('region', { name: 'What the next run would do' }).getByText('preview-build').waitFor();
  await page.getByRole('textbox', { name: 'Days before expiry' }).fill('2');
  const preview = page.getByRole('region', { name: 'What the next run would do' });
  await preview.getByText('which are not saved yet').waitFor();
  await preview.getByText(/Nothing for \d+ tokens/).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await text('Token hygiene settings updated successfully.').waitFor();
  // Another test may have saved a moment ago, and its words may still be there.
  const stored = () => scene.running.call('GET', '/v3/stacks/token_hygiene', { as: 'owner' });
  await expect.poll(async () => (await stored()).body.token_hygiene.warn_days).toEqual([2]);
});

it('keeps what is no setting from being saved, and shows the settings as they were kept', async () => {
  const stack = await scene.running.createStack();
  await scene.at(page, 'token-hygiene', stack);
  const days = page.getByRole('textbox', { name: 'Days before expiry' });
  const save = page.getByRole('button', { name: 'Save' });
  await days.fill('3, soon');
  await text('Whole numbers, with commas between them.').waitFor();
  expect(await save.isEnabled()).toBe(false);
  await page.getByRole('button', { name: 'Reset' }).click();
  expect(await days.inputValue()).not.toContain('soon');
  await days.fill('1, 400');
  await save.click();
  await text('must be a whole number from 1 to 365.').waitFor();
  await days.fill('1, 14');
  await save.click();
  await expect.poll(() => days.inputValue()).toBe('14, 1');
  expect(await save.isEnabled()).toBe(false);
});

it('says what was done, and takes it away by itself unless somebody points at it', async () => {
  await page.clock.install();
  await scene.at(page, 'token-hygiene', await scene.running.createStack());
  await page.getByRole('textbox', { name: 'Days before expiry' }).fill('5');
  await page.getByRole('button', { name: 'Save' }).click();
  const said = text('Token hygiene settings updated successfully.');
  await said.hover();
  await page.clock.runFor(20_000);
  expect(await said.isVisible()).toBe(true);
  await page.getByRole('heading', { name: 'Warnings' }).hover();
  await page.clock.runFor(9000);
  await said.waitFor({ state: 'detached' });
});

it('shows many expiries on one day of the next 90 at a glance', async () => {
  const stack = await scene.running.createStack();
  const day = new Date(scene.running.system.clock.now().getTime() + 40 * 86_400_000).toISOString().slice(0, 10);
  for (const name of ['a', 'b', 'c']) await scene.running.createToken({ name, expires_on: day }, { stack });
  await scene.at(page, 'tokens/next-90-days', stack);
  await text('3 tokens expire on one day').waitFor();
  expect(await page.locator('td.many').textContent()).toMatch(/3 expiries/);
});
