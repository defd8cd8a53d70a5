import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const LocalSchema = z.looseObject({
  endpoint: z.string(),
  people: z.looseObject({ owner: z.looseObject({ authtoken: z.string() }) }),
});

const projectRoot = path.resolve(import.meta.dirname, '../..');
const ManifestSchema = z.object({ scripts: z.object({ start: z.string() }) });
const LONGEST_START_MS = 60_000;

/** `npm start` as a program of its own, in a home, which can be killed. */
export class StartedProgram {
  readonly endpoint: string;
  readonly #authtoken: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #home: string;
  #isKilled = false;

  private constructor(home: string, child: ReturnType<typeof spawn>) {
    const local = LocalSchema.parse(JSON.parse(readFileSync(path.join(home, 'local.json'), 'utf8')));
    this.endpoint = local.endpoint;
    this.#authtoken = local.people.owner.authtoken;
    this.#child = child;
    this.#home = home;
  }

  /** Starts it, and waits until it says that it is ready. */
  static async start(home: string): Promise<StartedProgram> {
    const { scripts } = ManifestSchema.parse(JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')));
    const [, args = ''] = scripts.start.split('node ');
    const env = { ...process.env, PORT: '0', TOKENWARD_HOME: home };
    const child = spawn(process.execPath, args.split(' '), {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const over = Promise.withResolvers<void>();
    const keep = (text: Buffer) => {
      output += text;
      if (output.includes('Ctrl-C stops everything')) over.resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
    child.once('close', () => over.resolve());
    const timer = setTimeout(() => over.resolve(), LONGEST_START_MS);
    await over.promise;
    clearTimeout(timer);
    if (!output.includes('Tokenward is ready')) throw new Error(`It does not start: ${output}`);
    return new StartedProgram(home, child);
  }

  /** What storage acknowledged is in the engine's file, not in its memory: the engine may be killed with the rest. */
  async kill({ engine }: { engine: boolean }): Promise<void> {
    const file = path.join(this.#home, 'engine.db.pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
    if (engine && pid !== undefined) process.kill(pid, 'SIGKILL');
    await this.#ended();
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** As Ctrl-C does. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended();
  }

  /** As the owner, unless a value is presented. @throws when the program is gone */
  async call(
    method: string,
    url: string,
    { stack, value, json }: { stack?: string; value?: string; json?: object } = {},
  ): Promise<{ status: number; body: Answer }> {
    const answer = await fetch(`${this.endpoint}${url}`, {
      method,
      headers: {
        ...(stack === undefined ? {} : { api_key: stack }),
        ...(value === undefined ? { authtoken: this.#authtoken } : { authorization: value }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status: answer.status, body: AnswerSchema.parse(await answer.json()) };
  }

  async #ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

const AnswerSchema = z.looseObject({
  stack: z.optional(z.looseObject({ api_key: z.string() })),
  token: z.optional(z.looseObject({ uid: z.string(), name: z.string(), token: z.optional(z.string()) })),
  session: z.optional(z.looseObject({ uid: z.string(), token: z.optional(z.string()) })),
  revocation: z.optional(
    z.looseObject({
      state: z.optional(z.string()),
      sessions: z.optional(z.looseObject({ ended: z.number() })),
      refused_from: z.optional(z.string()),
      completed_at: z.nullish(z.string()),
      waited_ms: z.nullish(z.number()),
    }),
  ),
  result: z.optional(z.unknown()),
});
type Answer = z.infer<typeof AnswerSchema>;
