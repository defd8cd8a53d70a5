import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { lockFile } from '../file-lock.ts';

/** What the template, the bundles and the console are made from, below the project's root; and this file, which makes them. */
const INPUTS = ['infra', 'functions', 'console', 'openapi.json', 'package-lock.json', 'tsconfig.json', 'cdk.json'];
const LONGEST_SYNTHESIS_MS = 60_000;

/**
 * Synthesizes the CDK app to `cdk.out`, unless the last success was from the same inputs.
 * @returns the directory of the cloud assembly
 * @throws with what the app wrote to stderr, when it fails
 */
export async function synthesizeIfChanged(
  projectRoot: string,
  progress: (line: string) => void = () => {},
): Promise<string> {
  const assembly = path.join(projectRoot, 'cdk.out');
  fs.mkdirSync(assembly, { recursive: true });
  // Two at the same time would write over each other's bundles; whoever waited finds the work done.
  const lock = lockFile(path.join(assembly, '.lock'), LONGEST_SYNTHESIS_MS);
  if (!lock) throw new Error(`${assembly} is being synthesized by another process, for too long.`);
  try {
    const record = path.join(assembly, '.inputs.json');
    const inputs = hashOf(projectRoot);
    if (fs.existsSync(record) && JSON.parse(fs.readFileSync(record, 'utf8')).inputs === inputs) return assembly;
    progress(
      'Synthesizing the template, bundling the functions and building the console: their sources are new or changed.',
    );
    // Before and not after: a synthesis that fails or is interrupted must not pass for the last success.
    fs.rmSync(record, { force: true });
    await synthesize(projectRoot, assembly);
    fs.writeFileSync(`${record}.new`, JSON.stringify({ inputs }));
    fs.renameSync(`${record}.new`, record);
    return assembly;
  } finally {
    lock.close();
  }
}

function hashOf(projectRoot: string): string {
  const hash = createHash('sha256');
  const files = INPUTS.flatMap((input) => filesBelow(path.join(projectRoot, input)));
  for (const file of [...files.sort(), fileURLToPath(import.meta.url)]) {
    hash
      .update(`${path.relative(projectRoot, file)}\0`)
      .update(createHash('sha256').update(fs.readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

function filesBelow(at: string): string[] {
  if (!fs.existsSync(at)) return [];
  if (!fs.statSync(at).isDirectory()) return [at];
  const entries = fs.readdirSync(at, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

async function synthesize(projectRoot: string, assembly: string): Promise<void> {
  const child = spawn(process.execPath, ['infra/app.ts'], {
    cwd: projectRoot,
    // AWS Control Tower's rules take seconds. They are for who deploys, and there is a test of them.
    env: { ...process.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: '{"control-tower":"left-out"}' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = () => child.kill();
  process.once('exit', end);
  const [[code, signal], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  process.off('exit', end);
  if (code !== 0) throw new Error(`node infra/app.ts failed (${signal ?? code}):\n${stderr.trim()}`);
}
