import { defaultHygiene } from '../../../functions/hygiene/settings.ts';
import { tokenFields } from '../../../functions/tokens/token.ts';
import { namesOf } from '../../../functions/values/shape.ts';
import { type ItemChange, keyOf, reasonFor } from '../../support/stored-changes.ts';
import { contractFault } from '../contract.ts';
import type { InProcessReply } from '../doors-in-process.ts';
import type { OddRequest } from './kind.ts';

/** What became of an odd request. */
export interface OddAnswer {
  readonly reply: InProcessReply;
  /** What it cost, in milliseconds. */
  readonly ms: number;
  /** In storage, as far as that can be seen. */
  readonly changed: readonly ItemChange[];
  /** Of the token that it was about, as it was before; null where that cannot be known. */
  readonly name: string | null;
}

/** What the owner of a stack can be answered when storage answers. */
const possible = new Set([200, 201, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422]);

const settings = [...namesOf(tokenFields, 'edited'), ...Object.keys(defaultHygiene)].join('|');
/** Fields, parameters and headers that a refusal can be about: nothing that a caller made up comes back in one. */
const namable = new RegExp(
  String.raw`^(${settings}|token|token_hygiene|stack|master_locale|overlap|confirm_name|uid|alias|source|target_branch|force|limit|skip|count|include_count|include_collaborators|query|typeahead|asc|desc|cursor|environment|session|client|api_key|authtoken|If-Match|Idempotency-Key|x-confirm-name)(\.|$)`,
);

/** The first thing that is wrong with an answer, or null. Plain code, for it judges many thousands. */
export function faultOf(request: OddRequest, { reply, ms, changed, name }: OddAnswer): string | null {
  const broken = contractFault(reply);
  if (broken) return `The answer ${broken}.`;
  if (!possible.has(reply.status)) return `${reply.status} cannot be answered.`;
  const [method = ''] = request.route.split(' ');
  if (reply.headers.get('allow')?.split(', ').includes(method)) return `Allow names ${method}, which was refused.`;
  if (ms >= 1000) return `It took ${Math.round(ms)} ms.`;
  return reply.status < 400 ? faultOfDone(request, reply, name) : faultOfRefused(request, reply, changed);
}

function faultOfDone(
  { must, confirms, keeps = {} }: OddRequest,
  { body }: InProcessReply,
  name: string | null,
): string | null {
  if (must === 'be refused') return 'It had to be refused.';
  if (name !== null && confirms !== undefined && confirms.normalize('NFC') !== name) return 'Another name deleted it.';
  const other = Object.entries(keeps).find(([field, value]) => body.token && body.token[field] !== value);
  return other ? `It keeps ${JSON.stringify(body.token[other[0]])} for ${other[0]}.` : null;
}

function faultOfRefused(
  { must, field }: OddRequest,
  { status, body }: InProcessReply,
  changed: readonly ItemChange[],
): string | null {
  if (must === 'be done') return 'It was refused.';
  const written = changed.filter((change) => reasonFor(change) === undefined);
  if (written.length > 0) return `It changed ${written.map(keyOf)}.`;
  const named = Object.keys(body.errors);
  const madeUp = named.find((one) => !namable.test(one));
  if (madeUp !== undefined) return `It names ${madeUp}.`;
  return status === 422 && !named.some((one) => field.test(one)) ? `It names ${named} and not ${field}.` : null;
}
