import { ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { auditFrom } from '../functions/aws/audit-item.ts';
import { keysOf } from '../functions/aws/keys.ts';
import type { Item } from '../functions/aws/storage/expressions.ts';
import type { Step } from '../functions/aws/storage/transactions.ts';
import { tokenFrom } from '../functions/aws/token-item.ts';
import type { AuditEntry } from '../functions/stacks/audit-entry.ts';
import type { Token } from '../functions/tokens/token.ts';
import { type Command, OperatorMistake, type Workplace } from './command.ts';

const tombstoneMs = 400 * 86_400_000;

/**
 * After a restore of the tokens' table: the audit log, which was not restored, says which tokens had been deleted since. Those are
 * deleted again in the restored table before anybody is let near it. Twice it finds nothing left to do.
 */
export const checkRestore: Command = {
  does: 'Finds tokens that a restored table brought back and the audit log calls deleted, and deletes them in it again.',
  options: {
    restored: { takes: 'TABLE', says: 'name of the restored tokens table, which nothing uses yet', required: true },
    since: { takes: 'INSTANT', says: 'when it was restored to, for example 2026-01-31T12:00:00Z', required: true },
  },
  settings: ['tokensTable', 'auditTable'],
  plan: async ({ restored = '', since = '' }, workplace) => {
    if (Number.isNaN(Date.parse(since)))
      throw new OperatorMistake('--since must be an instant, for example 2026-01-31T12:00:00Z.');
    if (restored === workplace.tables.tokens)
      throw new OperatorMistake('--restored must not be the table that is in use.');
    const entries = await entriesSince(workplace, new Date(since).toISOString());
    const ofTokens = entries.filter(({ module }) => module === 'management_token');
    const deleted = ofTokens.filter(({ event_type }) => event_type === 'delete');
    const keys = keysOf({ ...workplace.tables, tokens: restored });
    const back = await broughtBack({ storage: workplace.storage, keys }, deleted);
    return {
      says: [...inWords(back), ...editsIn(ofTokens, deleted), ...peopleIn(entries)],
      ...(back.length === 0 ? {} : { carryOut: () => deleteAgain(workplace, restored, back) }),
    };
  },
};

interface BroughtBack {
  readonly token: Token;
  readonly entry: AuditEntry;
}

/** Only here an operator reads the whole audit log, page by page. */
async function entriesSince({ client, tables }: Workplace, since: string): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  let from: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({ TableName: tables.audit, ConsistentRead: true, ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    const entries = (page.Items ?? []).flatMap((item) => auditFrom(unmarshall(item)) ?? []);
    found.push(...entries.filter(({ created_at, outcome }) => created_at >= since && outcome === 'done'));
    from = page.LastEvaluatedKey;
  } while (from);
  return found;
}

/** One after the other: an operator waits for it, and the table is nobody's yet. */
async function broughtBack(
  { storage, keys }: Pick<Workplace, 'storage' | 'keys'>,
  deleted: readonly AuditEntry[],
): Promise<BroughtBack[]> {
  const back: BroughtBack[] = [];
  for (const entry of deleted) {
    const [item] = await storage.read([keys.token(entry.metadata.uid)]);
    const token = tokenFrom(item);
    if (token && token.state !== 'deleted') back.push({ token, entry });
  }
  return back;
}

function inWords(back: readonly BroughtBack[]): string[] {
  if (back.length === 0) return ['No deleted token is back.'];
  return [
    `Back, and to be deleted again (${back.length}):`,
    ...back.map(
      ({ token, entry }) => `  ${token.uid} of ${token.api_key}, deleted ${entry.created_at} by ${entry.created_by}`,
    ),
  ];
}

/** An edit may have narrowed a token, or stopped it. What to do about it is its owner's to say. */
function editsIn(entries: readonly AuditEntry[], deleted: readonly AuditEntry[]): string[] {
  const gone = new Set(deleted.map(({ metadata }) => metadata.uid));
  const edits = entries.filter(({ event_type, metadata }) => event_type === 'update' && !gone.has(metadata.uid));
  if (edits.length === 0) return [];
  return [
    `Edited since, and as before the edit in the restored table (${edits.length}); tell the owners of their stacks:`,
    ...edits.map(
      ({ metadata, stack, changes }) =>
        `  ${metadata.uid} of ${stack}: ${changes.map(({ field }) => field).join(', ')}`,
    ),
  ];
}

/** Who was removed since is a member again, and who was given another role has the old one. Who may change people changes them again. */
function peopleIn(entries: readonly AuditEntry[]): string[] {
  const changed = entries.flatMap(({ stack, module, changes, created_at, created_by }) =>
    changes
      .filter(({ field }) => module === 'stack' && /^(members|invitations|owner)(\.|$)/.test(field))
      .map(
        ({ field, from, to }) => `  ${stack}: ${field} ${inJson(from)} → ${inJson(to)}, ${created_at} by ${created_by}`,
      ),
  );
  if (changed.length === 0) return [];
  return [
    `People changed since, and as before in the restored table (${changed.length}); tell the owners of their stacks:`,
    ...changed,
  ];
}

const inJson = (value: unknown) => JSON.stringify(value);

async function deleteAgain({ storage, tables }: Workplace, restored: string, back: readonly BroughtBack[]) {
  const keys = keysOf({ ...tables, tokens: restored });
  for (const one of back) {
    const failed = await storage.transact(stepsFor(one, keys));
    if (failed) throw new OperatorMistake(`${one.token.uid} was changed meanwhile: something uses ${restored}.`);
  }
}

/** As the deletion left it: the audit entry is there already, the receipt was told long ago. */
function stepsFor({ token, entry }: BroughtBack, keys: Workplace['keys']): Step[] {
  const { uid, api_key: stack, name, version, epoch } = token;
  const values: Item = {
    state: 'deleted',
    end: { at: entry.created_at, by: entry.created_by, reason: 'deleted', operation: entry.uid },
    ttl: Math.ceil((Date.parse(entry.created_at) + tombstoneMs) / 1000),
    // The deletion raised it once; what was raised between the backup and the deletion is not known, and nothing asks a tombstone's.
    epoch: epoch + 1,
  };
  const set = Object.keys(values).map((field) => `#${field} = :${field}`);
  return [
    {
      update: keys.token(uid),
      set: `SET ${set.join(', ')} REMOVE #next_action, #due_shard, #due_at`,
      condition: '#version = :version AND #state <> :state',
      values: { ...values, version },
    },
    { delete: keys.roster(stack, uid), condition: 'attribute_exists(#pk)' },
    { delete: keys.name(stack, name), condition: '#token_uid = :uid', values: { uid } },
    {
      update: keys.count(stack),
      set: 'SET #tokens = #tokens - :one',
      condition: '#tokens > :none',
      values: { one: 1, none: 0 },
    },
  ];
}
