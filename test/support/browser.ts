import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import packaged from '@sparticuz/chromium';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { lockFile } from '../../local/file-lock.ts';

/** It talks to loopback only, and to nobody of its own accord. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A headless browser from npm with a profile of its own, and whatever its pages complain about. */
export class Browser {
  /** Errors and warnings in the console, exceptions, what the policy forbade, and requests to anywhere but loopback. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
    context.on('page', (page) => this.#listen(page));
    context.on('request', (request) => {
      if (!/^(http:\/\/127\.0\.0\.1:|data:|about:|blob:)/.test(request.url()))
        this.complaints.push(`left: ${request.url()}`);
    });
  }

  static async start(options: Parameters<typeof chromium.launchPersistentContext>[1] = {}): Promise<Browser> {
    const profile = await mkdtemp(path.join(tmpdir(), 'tokenward-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await executable(),
      headless: true,
      args: quiet,
      locale: 'en-US',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    context.setDefaultTimeout(25_000);
    return new Browser(context, profile);
  }

  async page(): Promise<Page> {
    return await this.#context.newPage();
  }

  /** As if the browser had never been anywhere. */
  async forget(): Promise<void> {
    await this.#context.clearCookies();
  }

  async stop(): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 3 });
  }

  #listen(page: Page): void {
    page.on('console', (message) => {
      // A refusal of the API is for the page to tell; the browser notes it all the same.
      if (/^Failed to load resource/.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`exception: ${error.message}`));
  }
}

/** The package unpacks itself once for a machine; nobody else must meet it half unpacked. */
async function executable(): Promise<string> {
  const lock = lockFile(path.join(tmpdir(), 'tokenward-chromium.lock'), 60_000);
  try {
    return await packaged.executablePath();
  } finally {
    lock?.close();
  }
}
