import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ConsoleScene } from '../support/console-scene.ts';

let scene: ConsoleScene;
let page: Page;
beforeAll(async () => {
  scene = await ConsoleScene.start();
  page = await scene.signedIn('owner');
});
afterAll(() => scene.stop());

/** No exception in the page, and nothing that its policy forbade. */
afterEach(() => expect(scene.browser.complaints.splice(0)).toEqual([]));

const segment = (name: string) => page.getByRole('spinbutton', { name: new RegExp(`^${name}`) });
/** The sentence below the field that says what an expiry means. */
const meaning = (day: string) => page.getByText(`Stops working at exactly ${day}, 00:00:00 UTC`);
const numberField = (name: string) => page.getByRole('textbox', { name });

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function openTokenThatExpires(expires_on: string) {
  const token = await scene.running.createToken({ expires_on });
  await scene.at(page, `management-tokens/${token.uid}/edit`);
  await page.getByText('Nothing is changed yet.').waitFor();
  return token;
}

async function save(): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Save' }).click();
  expect((await answered).status()).toBe(200);
}

async function stored(uid: string) {
  return (await scene.running.call('GET', `/v3/stacks/management_tokens/${uid}`, { as: 'owner' })).body.token;
}

it('moves each part of an expiry by the arrow keys', async () => {
  const { uid } = await openTokenThatExpires('2031-03-04');
  await segment('month').click();
  await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown');
  await press('ArrowRight', 'ArrowUp', 'ArrowUp');
  await press('ArrowRight', 'ArrowUp', 'ArrowUp', 'PageUp', 'Home', 'End');
  await press('ArrowDown');
  await segment('year').click();
  await page.keyboard.type('2032');
  await meaning('May 06, 2032').waitFor();
  await save();
  expect(await stored(uid)).toMatchObject({ expires_on: '2032-05-06' });
});

it('takes an expiry that is typed digit by digit, and typed again after Backspace', async () => {
  const { uid } = await openTokenThatExpires('2031-03-04');
  await segment('month').click();
  await page.keyboard.type('12252033');
  await meaning('Dec 25, 2033').waitFor();
  await segment('day').click();
  await press('Backspace', 'Backspace');
  await page.keyboard.type('24');
  await meaning('Dec 24, 2033').waitFor();
  await save();
  expect(await stored(uid)).toMatchObject({ expires_on: '2033-12-24' });
});

it('takes the expiry of a new token by the keyboard, also from the calendar', async () => {
  await scene.at(page, 'tokens/add');
  await page.getByText('Date (in UTC)').click();
  await segment('month').click();
  await page.keyboard.type('0102');
  await press('ArrowUp', 'ArrowUp', 'ArrowDown');
  await segment('year').click();
  await page.keyboard.type('2034');
  await meaning('Jan 02, 2034').waitFor();
  await page.getByRole('button', { name: /^Choose from a calendar/ }).press('Enter');
  await page.getByRole('grid').waitFor();
  await press('ArrowDown', 'ArrowRight', 'PageDown', 'Enter');
  await expect.poll(() => meaning('Feb 10, 2034').count()).toBe(1);
});

it('takes rate limits by digits, arrows and Backspace', async () => {
  const { uid } = await openTokenThatExpires('2031-03-04');
  await page.getByText('Enforce Custom Rate Limit').click();
  await numberField('Read Requests Per Second').click();
  await press('Control+a', 'Backspace');
  await page.keyboard.type('7');
  await press('ArrowUp', 'ArrowUp', 'ArrowDown', 'Tab');
  await page.keyboard.type('3');
  await press('ArrowUp', 'ArrowUp', 'Backspace');
  await page.keyboard.type('4');
  await press('Tab');
  await save();
  expect(await stored(uid)).toMatchObject({ rate_limits: { read: 8, write: 4 } });
});

it('takes the hour, the days and the number of the hygiene settings by digits, arrows and Backspace', async () => {
  const stack = await scene.running.createStack();
  await scene.at(page, 'token-hygiene', stack);
  await numberField('Hour of the mail').click();
  await press('Control+a');
  await page.keyboard.type('14');
  await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'Tab');
  await page.getByText('Some days after they expired').click();
  await numberField('Days after expiry').click();
  await press('End', 'Control+a', 'Backspace');
  await page.keyboard.type('45');
  await press('ArrowUp', 'ArrowUp', 'Tab');
  await press('Control+a');
  await page.keyboard.type('5');
  await press('ArrowDown', 'ArrowDown', 'Tab');
  await save();
  const { body } = await scene.running.call('GET', '/v3/stacks/token_hygiene', { as: 'owner', stack });
  expect(body.token_hygiene).toMatchObject({ send_hour: 16, cleanup_after_days: 47, max_cleanup_per_day: 3 });
});
