import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The version that was measured and whose file layout is known; package.json pins the same one. */
export const ENGINE_VERSION = '1.2.1';

export type Environment = Readonly<Record<string, string | undefined>>;

/** No engine for this platform is installed; the message says what to do. */
export class EngineMissing extends Error {
  override readonly name = 'EngineMissing';

  constructor(platform: string, reason = `There is no DynamoDB engine for ${platform}.`) {
    super(
      `${reason} Do one of these:\n` +
        `  npm install --no-save @dynoxide/${platform}@${ENGINE_VERSION}\n` +
        '  DYNOXIDE_BIN=/path/to/dynoxide\n' +
        '  TOKENWARD_DYNAMODB_ENDPOINT=http://host:port   (any DynamoDB-compatible endpoint)',
    );
  }
}

/** `TOKENWARD_DYNAMODB_ENDPOINT` names an endpoint that cannot be used. */
export class EndpointUnusable extends Error {
  override readonly name = 'EndpointUnusable';

  constructor(endpoint: string, why: string, cause?: unknown) {
    super(
      `TOKENWARD_DYNAMODB_ENDPOINT is ${endpoint}, ${why}. Set it to the address of a DynamoDB-compatible engine, for example ` +
        'http://127.0.0.1:8000, or unset it to use the engine that npm ci installs.',
      { cause },
    );
  }
}

/** Where the engine is: an endpoint that somebody runs, or a binary to start. Throws EngineMissing or EndpointUnusable. */
export function findEngine(
  env: Environment,
  { platform = `${process.platform}-${process.arch}` } = {},
): { endpoint: string } | { binary: string } {
  const endpoint = env.TOKENWARD_DYNAMODB_ENDPOINT;
  if (endpoint && (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'http:'))
    throw new EndpointUnusable(endpoint, 'which is not an http:// address');
  if (endpoint) return { endpoint };
  const named = env.DYNOXIDE_BIN;
  if (named && !existsSync(named))
    throw new EngineMissing(platform, `DYNOXIDE_BIN names ${named}, which does not exist.`);
  const binary = named || installedBinary(platform);
  if (!binary) throw new EngineMissing(platform);
  return { binary };
}

function installedBinary(platform: string): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}/package.json`);
    const binary = join(dirname(manifest), platform.startsWith('win32') ? 'dynoxide.exe' : 'dynoxide');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
