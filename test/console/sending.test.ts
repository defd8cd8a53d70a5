import type { APIResponse, Page, Request, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { violationsOn } from '../support/accessibility.ts';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());

let sent: Request[] = [];
const isChange = (request: Request) =>
  request.url().includes('/v3/') && request.method() !== 'GET' && !request.url().endsWith('/preview');
beforeEach(() => {
  sent = [];
  page.on('request', note);
});
afterEach(async () => {
  page.off('request', note);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().setOffline(false);
});
const note = (request: Request) => {
  if (isChange(request)) sent.push(request);
};

/** What the page does with the requests that change something. */
const onChanges = (handle: (route: Route) => Promise<unknown>) =>
  page.route('**/v3/**', (route) => (isChange(route.request()) ? handle(route) : route.continue()));

/** Keeps changes from the service until `release`; `arrived`: the page has sent one. */
async function holdChanges() {
  const held = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  await onChanges(async (route) => {
    first.resolve();
    await held.promise;
    await route.continue().catch(() => {});
  });
  return { arrived: first.promise, release: held.resolve };
}

/** The changes are carried out, and their answers are lost. */
const loseAnswers = () =>
  onChanges(async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  });

/** Opens the audit log and reads it once more. Whatever was waiting for the network has been sent by then. */
async function roundTrip(): Promise<void> {
  await page.goto(`${scene.running.system.console}/#/stack/${scene.running.stack}/settings/audit-log`);
  const answer = page.waitForResponse(/audit-logs/);
  const refresh = page.getByRole('button', { name: 'Refresh' });
  await expect.poll(() => refresh.isEnabled()).toBe(true);
  await refresh.click();
  await answer;
}

const button = (name: string) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('alertdialog');
const alertText = (text: string) => page.getByRole('alert').filter({ hasText: text }).last();

/** A token in a stack of its own, on its page. */
async function openToken(on: Page, fields: Record<string, unknown> = {}, tab = 'edit') {
  const stack = await scene.running.createStack();
  const token = await scene.running.createToken(fields, { stack });
  await scene.at(on, `management-tokens/${token.uid}/${tab}`, stack);
  const read = () => scene.running.call('GET', `/v3/stacks/management_tokens/${token.uid}`, { as: 'owner', stack });
  return { ...token, stack, read };
}

async function openDeletion() {
  const token = await openToken(page);
  await button('Delete').click();
  await dialog().getByText('Live sessions').waitFor();
  await dialog().getByRole('textbox').fill(token.name);
  return token;
}

const deleteNow = () => dialog().getByRole('button', { name: 'Delete' });

async function openEdit() {
  const token = await openToken(page, { description: 'as it was' });
  await page.getByRole('textbox', { name: 'Description' }).fill('as typed');
  return token;
}

async function openWithSession() {
  const { value, stack } = await openToken(page, {}, 'sessions');
  const json = { session: { client: 'importer' } };
  await scene.running.call('POST', '/v3/token_sessions', { value, stack, json });
  await button('Refresh').click();
  await page.getByText('importer').waitFor();
}

/** Everything in the console that changes something: how to get there, the button, and what tells of the success. */
const changes = [
  {
    what: 'Delete',
    open: openDeletion,
    press: deleteNow,
    done: () => page.getByRole('alertdialog', { name: 'Management Token deleted' }).getByText('0 of 0 ended'),
  },
  {
    what: 'Save',
    open: openEdit,
    press: () => button('Save'),
    done: () => page.getByRole('columnheader', { name: 'Name' }),
  },
  {
    what: 'Generate Token',
    open: async () => {
      await scene.at(page, 'tokens/add', await scene.running.createStack());
      await page.getByRole('textbox', { name: 'Name' }).fill(`made once ${crypto.randomUUID().slice(0, 8)}`);
      await page.getByText('Read', { exact: true }).click();
    },
    press: () => button('Generate Token'),
    done: () => dialog().getByText('It won’t be shown again'),
  },
  {
    what: 'End',
    open: openWithSession,
    press: () => button('End the session of importer'),
    done: () => page.getByText('No program works with this token now'),
  },
  {
    what: 'End all sessions',
    open: async () => {
      await openWithSession();
      await button('End all sessions').click();
    },
    press: () => dialog().getByRole('button', { name: 'End all sessions' }),
    done: () => page.getByText('No program works with this token now'),
  },
  {
    what: 'Save of the hygiene settings',
    open: async () => {
      await scene.at(page, 'token-hygiene', await scene.running.createStack());
      await page.getByRole('textbox', { name: 'Days before expiry' }).fill('5');
    },
    press: () => button('Save'),
    done: () => page.locator('button:disabled', { hasText: 'Save' }),
  },
  {
    what: 'Create a stack',
    open: async () => {
      await page.goto(`${scene.running.system.console}/#/stacks`);
      await button('+ New Stack').click();
      await page.getByRole('textbox', { name: 'Name' }).fill(`Acme ${crypto.randomUUID().slice(0, 8)}`);
    },
    press: () => button('Create'),
    done: () => page.getByText('There are no management tokens'),
  },
] as const;

it.each(changes)('$what: two clicks are one request, with its own outcome', async ({ open, press, done }) => {
  await open();
  const { arrived, release } = await holdChanges();
  await press().dblclick();
  await arrived;
  release();
  await done().waitFor();
  expect(sent).toHaveLength(1);
  expect(await page.getByRole('alert').count()).toBe(0);
});

it.each(changes)('$what: pressed again and again until the outcome is there, it is one request', async (change) => {
  await change.open();
  const clicking = await change.press().evaluateHandle((element) => {
    // Messages and no timer: there is a click between any two things that the page does.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      if (!element.isConnected || !(element instanceof HTMLElement)) return;
      element.click();
      // As Enter in a field does, also where the button is busy.
      element.closest('form')?.requestSubmit();
      port2.postMessage(null);
    };
    port2.postMessage(null);
    return port1;
  });
  await change.done().waitFor();
  await clicking.evaluate((port) => port.close());
  expect(sent).toHaveLength(1);
});

it('deletes once when Enter is pressed twice in the field of the name', async () => {
  await openDeletion();
  const { arrived, release } = await holdChanges();
  await dialog().getByRole('textbox').focus();
  await Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')]);
  await arrived;
  release();
  await page.getByRole('alertdialog', { name: 'Management Token deleted' }).getByText('0 of 0 ended').waitFor();
  expect(sent).toHaveLength(1);
});

describe('without a network', () => {
  it.each(changes)('$what fails at once and says so, and nothing is sent when the network is back', async (change) => {
    await change.open();
    await page.context().setOffline(true);
    await change.press().click();
    await alertText('You are offline, so nothing was sent.').waitFor();
    sent = [];
    await page.context().setOffline(false);
    await roundTrip();
    expect(sent).toEqual([]);
  });

  it('a deletion that was cancelled does not happen later', async () => {
    const { read } = await openDeletion();
    await page.context().setOffline(true);
    await deleteNow().click();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'detached' });
    sent = [];
    await page.context().setOffline(false);
    await roundTrip();
    expect(sent).toEqual([]);
    expect((await read()).status).toBe(200);
  });

  it('an edit that was cancelled does not happen later', async () => {
    const { read } = await openEdit();
    await page.context().setOffline(true);
    await button('Save').click();
    await button('Cancel').click();
    sent = [];
    await page.context().setOffline(false);
    await roundTrip();
    expect(sent).toEqual([]);
    expect((await read()).body.token.description).toBe('as it was');
  });

  it('a page says at once that it cannot be read, and is read again when the network is back', async () => {
    await scene.at(page, 'token-hygiene');
    await page.getByText('The last mails').waitFor();
    await page.context().setOffline(true);
    await page.evaluate((stack) => location.assign(`#/stack/${stack}/settings/audit-log`), scene.running.stack);
    await alertText('The audit log could not be read. You are offline, so nothing was sent.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('row', { name: 'retired-importer' }).first().waitFor();
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  });

  it('a failed change is tried again by pressing again, with what was typed', async () => {
    const { read } = await openEdit();
    await page.context().setOffline(true);
    await button('Save').click();
    await alertText('You are offline').waitFor();
    expect(await button('Save').evaluate((element) => element === document.activeElement)).toBe(true);
    await page.context().setOffline(false);
    await button('Save').click();
    await page.getByRole('columnheader', { name: 'Name' }).waitFor();
    expect((await read()).body.token.description).toBe('as typed');
  });
});

describe('when no answer comes', () => {
  it('cancelling a deletion that is under way says that its outcome is not known, and finds out', async () => {
    const { read } = await openDeletion();
    const { arrived } = await holdChanges();
    await deleteNow().click();
    await arrived;
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await alertText('It is not known whether the token was deleted.').waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Find out' }).click();
    await alertText('The token is still there.').waitFor();
    expect((await read()).status).toBe(200);
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'detached' });
  });

  it('a deletion that was carried out shows its receipt once somebody finds out', async () => {
    await openDeletion();
    await loseAnswers();
    await deleteNow().click();
    await page.getByRole('alertdialog', { name: 'Management Token deleted' }).getByText('0 of 0 ended').waitFor();
    expect(sent).toHaveLength(1);
    await button('Done').click();
    await page.getByRole('columnheader', { name: 'Name' }).waitFor();
  });

  it('an edit that was carried out is found to be saved', async () => {
    const { read } = await openEdit();
    await loseAnswers();
    await button('Save').click();
    await alertText('It is not known whether your changes were saved.').waitFor();
    await button('Find out').click();
    await page.getByRole('columnheader', { name: 'Name' }).waitFor();
    expect((await read()).body.token.description).toBe('as typed');
    expect(sent).toHaveLength(1);
  });

  it('an edit that was not carried out can be saved again', async () => {
    const { read } = await openEdit();
    await onChanges((route) => route.abort('connectionreset'));
    await button('Save').click();
    await button('Find out').click();
    await alertText('Your changes are not saved.').waitFor();
    await page.unrouteAll();
    await button('Save').click();
    await page.getByRole('columnheader', { name: 'Name' }).waitFor();
    expect((await read()).body.token.description).toBe('as typed');
  });

  it('a token is not made twice when it is generated again', async () => {
    const { open, press } = changes[2];
    await open();
    const name = await page.getByRole('textbox', { name: 'Name' }).inputValue();
    await loseAnswers();
    await press().click();
    await alertText('that makes no second token').waitFor();
    await page.unrouteAll();
    await press().click();
    await dialog().getByText('made by an earlier try').waitFor();
    await button('Done').click();
    await scene.row(page, name).waitFor();
    expect(await scene.row(page, name).count()).toBe(1);
  });

  it.each([
    ['an answer that cannot be read', 200, 'not JSON'],
    ['a failure of the service', 503, '{"type":"x/unavailable","detail":"The service cannot answer now.","errors":{}}'],
  ])('%s leaves the outcome open', async (_, status, body) => {
    await openEdit();
    await onChanges((route) => route.fulfill({ status, body, contentType: 'application/json' }));
    await button('Save').click();
    await alertText('It is not known whether your changes were saved.').waitFor();
    expect(await button('Find out').count()).toBe(1);
  });
});

it('a deletion that is cancelled while the sign-in is being renewed is never sent', async () => {
  const owner = await scene.signedIn('owner');
  owner.on('request', note);
  const renewing = Promise.withResolvers<void>();
  const renewal = Promise.withResolvers<void>();
  // As an issuer that renews: after an hour, every request of the page first waits for a new token.
  await owner.route(`${scene.running.system.issuer.endpoint}/token`, async (route) => {
    if (granted && route.request().postData()?.includes('refresh_token')) {
      renewing.resolve();
      await renewal.promise;
      return await route.fulfill(granted);
    }
    const response = await route.fetch();
    granted = { response, json: { ...(await response.json()), expires_in: 3600, refresh_token: 'renewable' } };
    return await route.fulfill(granted);
  });
  let granted: { response: APIResponse; json: object } | undefined;
  await owner.reload();
  await owner.getByRole('heading', { name: 'Stacks' }).waitFor();
  const token = await openToken(owner);
  await owner.getByRole('button', { name: 'Delete' }).click();
  const confirmation = owner.getByRole('alertdialog');
  await confirmation.getByText('Live sessions').waitFor();
  await confirmation.getByRole('textbox').fill(token.name);
  await owner.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 3_590_000;
  });
  await confirmation.getByRole('button', { name: 'Delete' }).click();
  await renewing.promise;
  await confirmation.getByRole('button', { name: 'Cancel' }).click();
  await confirmation.waitFor({ state: 'detached' });
  const reread = owner.waitForResponse(/management_tokens/);
  renewal.resolve();
  await owner.getByRole('link', { name: 'Tokens' }).first().click();
  await reread;
  await scene.row(owner, token.name).waitFor();
  expect(sent).toEqual([]);
  await owner.close();
});
