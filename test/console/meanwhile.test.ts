import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());

const edit = (uid: string, token: object) =>
  scene.running.call('PUT', `/v3/stacks/management_tokens/${uid}`, { as: 'admin', json: { token } });

it('says who saved what meanwhile, keeps what was typed, and saves it over theirs only when asked again', async () => {
  const token = await scene.running.createToken({ name: 'shared', description: 'as it was' });
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await page.getByRole('textbox', { name: 'Description' }).fill('as I want it');
  await edit(token.uid, { name: 'renamed by Adam', description: 'as Adam wants it' });
  await page.getByRole('button', { name: 'Save' }).click();
  const notice = page.getByRole('alert');
  await notice.getByText('adam@example.test').waitFor();
  const told = await notice.textContent();
  expect(told).toMatch(/has saved this token meanwhile.*“renamed by Adam”.*You both changed: description/s);
  expect(await page.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('as I want it');
  expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('renamed by Adam');
  await page.getByRole('button', { name: 'Save' }).click();
  await scene.row(page, 'renamed by Adam').getByText('as I want it').waitFor();
});

it('takes theirs when what was typed is discarded', async () => {
  const token = await scene.running.createToken({ name: 'also shared' });
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await page.getByRole('textbox', { name: 'Name' }).fill('mine');
  await edit(token.uid, { name: 'theirs' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Discard mine, take theirs' }).click();
  expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('theirs');
  expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
});

it('says that a token was renamed while its deletion is being confirmed', async () => {
  const token = await scene.running.createToken({ name: 'old name' });
  await scene.at(page, 'tokens/list');
  await scene.choose(page, token.name, 'Delete');
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox').fill(token.name);
  await edit(token.uid, { name: 'new name' });
  await dialog.getByText('has renamed this token meanwhile').waitFor();
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill('new name');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog', { name: 'Management Token deleted' }).waitFor();
  await page.keyboard.press('Escape');
});

it('tells a member without token rights plainly why there is nothing', async () => {
  const developer = await scene.signedIn('developer');
  await developer.getByRole('link', { name: 'Acme Web' }).click();
  await developer.getByText('without token rights').waitFor();
  expect(await developer.getByRole('grid').count()).toBe(0);
  await developer.close();
});

it('says that a page cannot be read, and reads it when asked again', async () => {
  await page.route('**/v3/audit-logs*', (route) => route.fulfill({ status: 403, json: { detail: 'x' } }));
  await scene.at(page, 'audit-log');
  await page.getByText('The audit log could not be read.').waitFor();
  await page.unroute('**/v3/audit-logs*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('row', { name: 'retired-importer' }).first().waitFor();
  expect(await page.getByText('could not be read').count()).toBe(0);
});

it('lets the branches be typed where they cannot be read', async () => {
  await page.route('**/v3/stacks/branches', (route) => route.fulfill({ status: 403, json: {} }));
  await scene.at(page, 'tokens/add');
  await page.getByText('Specific Branch(es)').click();
  const branches = page.getByRole('textbox', { name: 'Branches' });
  await branches.pressSequentially('main, development');
  expect(await branches.inputValue()).toBe('main, development');
  await page.getByRole('textbox', { name: 'Name' }).fill('typed branches');
  await page.getByText('Read', { exact: true }).click();
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await page.getByText('Management Token Generated!').waitFor();
  await page.unroute('**/v3/stacks/branches');
  const { body } = await scene.running.call('GET', '/v3/stacks/management_tokens', { as: 'owner' });
  const token = body.tokens.find(({ name }: { name: string }) => name === 'typed branches');
  expect(token.scope.at(-1).branches).toEqual(['main', 'development']);
  await page.getByRole('button', { name: 'Copy Management Token' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  // What the next test makes must not be missing from a list that is still being read.
  await scene.row(page, 'typed branches').waitFor();
});

it('signs out, and a reload does not sign in again', async () => {
  const admin = await scene.signedIn('admin');
  await admin.getByRole('button', { name: 'Account: Adam Admin' }).click();
  await admin.getByRole('menuitem', { name: 'Sign out' }).click();
  await admin.getByRole('button', { name: 'Sign in' }).waitFor();
  await admin.reload();
  await admin.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(await admin.getByText('Adam Admin').count()).toBe(0);
  await admin.close();
});

it('comes back to the same page after a reload, without a click, and keeps no credential anywhere', async () => {
  const owner = await scene.signedIn('owner');
  await scene.at(owner, 'token-hygiene');
  await owner.reload();
  await owner.getByRole('heading', { name: 'Token hygiene' }).waitFor();
  const kept = await owner.evaluate(async () => ({
    local: { ...localStorage },
    session: Object.values({ ...sessionStorage }).join(),
    databases: await indexedDB.databases(),
    cookies: document.cookie,
  }));
  expect(kept).toMatchObject({ local: {}, databases: [], cookies: '' });
  expect(kept.session).not.toMatch(/eyJ/);
  await owner.close();
});

it('opens at a path that somebody typed without the #', async () => {
  const owner = await scene.signedIn('owner');
  await owner.goto(`${scene.running.system.console}/stacks`);
  await owner.getByRole('link', { name: 'Acme Web' }).click();
  await expect.poll(() => owner.url()).toContain(`#/stack/${scene.running.stack}`);
  await owner.close();
});
