type Level = 'info' | 'warn' | 'error';

/** Values of tokens and sessions, and JWTs, wherever they stand in a text. */
const secrets = /\bcss?_[0-9a-f]{16}_[0-9A-Za-z_]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const secretNames = new Set(['authorization', 'authtoken', 'token', 'digest', 'value', 'body', 'cookie']);

/** Writes one line of JSON, without anything secret in it. Lambda adds time and request id to it. */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const line = JSON.stringify({ level, message: redacted(message), ...(redacted(fields) as object) });
  (level === 'error' ? process.stderr : process.stdout).write(`${line}\n`);
}

/** A copy without values, whatever they are called, and without the fields that hold them by name. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(secrets, '[redacted]');
  if (value === null || typeof value !== 'object') return value;
  if (depth > 6) return '[deep]';
  if (value instanceof Error)
    return redacted({ error: value.name, message: value.message, cause: value.cause, stack: value.stack }, depth + 1);
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      secretNames.has(name.toLowerCase()) ? '[redacted]' : redacted(part, depth + 1),
    ]),
  );
}
