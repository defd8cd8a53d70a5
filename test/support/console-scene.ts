import type { Page } from 'playwright-core';
import { type Person, people } from '../../local/people/accounts.ts';
import { Browser } from './browser.ts';
import { RunningSystem } from './running-system.ts';

/** The console in a browser, over the local system of the real template. */
export class ConsoleScene {
  readonly running: RunningSystem;
  readonly browser: Browser;

  private constructor(running: RunningSystem, browser: Browser) {
    this.running = running;
    this.browser = browser;
  }

  static async start(): Promise<ConsoleScene> {
    const [running, browser] = await Promise.all([RunningSystem.start(), Browser.start()]);
    return new ConsoleScene(running, browser);
  }

  async stop(): Promise<void> {
    await this.browser.stop();
    await this.running.stop();
  }

  /** A page after the clicks of a sign-in, at the list of stacks. */
  async signedIn(as: Person): Promise<Page> {
    await this.browser.forget();
    const page = await this.browser.page();
    await page.goto(this.running.system.console);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: `Sign in as ${people[as].name}` }).click();
    await page.getByRole('heading', { name: 'Stacks' }).waitFor();
    return page;
  }

  /** A page of the seeded stack: `tokens/list`. It is read anew, also by who was there already. */
  async at(page: Page, path: string, stack = this.running.stack): Promise<void> {
    await page.goto(`${this.running.system.console}/#/stacks`);
    await page.goto(`${this.running.system.console}/#/stack/${stack}/settings/${path}`);
  }

  /** The row of a token in the list, by its exact name. */
  row(page: Page, name: string) {
    return page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
  }

  /** Chooses from a token's menu. */
  async choose(page: Page, name: string, action: string): Promise<void> {
    await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    await page.getByRole('menuitem', { name: action, exact: true }).click();
  }
}
