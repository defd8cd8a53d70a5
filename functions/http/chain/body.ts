import type { APIGatewayProxyEventV2 as HttpEvent } from 'aws-lambda';
import { Refusal } from '../../values/refusals.ts';

const mostBytes = 64 * 1024;
const mostLevels = 64;

/** @throws {Refusal} `too-large` for a body over 64 KiB */
export function requireSmallBody({ body, isBase64Encoded }: HttpEvent): void {
  if (body && Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > mostBytes) {
    throw new Refusal('too-large', { detail: 'The body can be at most 64 KiB.' });
  }
}

/** The body's JSON object. @throws {Refusal} `malformed`, `unsupported-media-type` */
export function jsonBody(event: HttpEvent): Readonly<Record<string, unknown>> {
  const { value, problem } = readJson(textOf(event, 'application/json'));
  if (problem) throw malformed(`The body ${problem}`);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw malformed('The body must be a JSON object.');
  return value as Readonly<Record<string, unknown>>;
}

/** What a text of JSON says, or what is wrong with it: not the parser's own words, which quote the text. */
export function readJson(text: string): { readonly value?: unknown; readonly problem?: string } {
  if (levels(text) > mostLevels) return { problem: `is nested deeper than ${mostLevels} levels.` };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: 'is not JSON.' };
  }
}

/** The body's form fields. @throws {Refusal} `malformed`, `unsupported-media-type` */
export function formBody(event: HttpEvent): URLSearchParams {
  return new URLSearchParams(textOf(event, 'application/x-www-form-urlencoded'));
}

/** An object of the body by its name, or null where there is none: that is for the use case to tell, after who may ask. */
export function envelope(
  body: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> | null {
  const value = Object.hasOwn(body, name) ? body[name] : null;
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

function textOf(event: HttpEvent, mediaType: string): string {
  const [type = '', ...parameters] = (event.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  if (type !== mediaType) throw malformed(`Please set a valid 'Content-Type' header: ${mediaType}.`);
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  const encoding = event.headers['content-encoding'];
  if ((charset && charset !== 'utf-8') || (encoding && encoding !== 'identity')) {
    throw new Refusal('unsupported-media-type', { detail: 'Send the body in UTF-8, without a content encoding.' });
  }
  return event.isBase64Encoded ? decoded(event.body ?? '') : (event.body ?? '');
}

function decoded(body: string): string {
  try {
    // A byte order mark stays, and is no JSON: RFC 8259, 8.1
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(body, 'base64'));
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

/** How deep the brackets go: in one pass and without recursion, because what follows recurses. */
function levels(text: string): number {
  let [deepest, depth, inText] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (inText && sign === '\\') index += 1;
    else if (sign === '"') inText = !inText;
    else if (!inText && (sign === '[' || sign === '{')) deepest = Math.max(deepest, ++depth);
    else if (!inText && (sign === ']' || sign === '}')) depth -= 1;
  }
  return deepest;
}

const malformed = (detail: string) => new Refusal('malformed', { detail });
