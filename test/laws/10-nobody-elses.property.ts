import assert from 'node:assert/strict';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { personUid } from '../../functions/stacks/person.ts';
import {
  type Answer,
  issuer,
  keys,
  type Person,
  type SimulatedProduct,
  scopes,
  tables,
} from '../simulation/simulated-product.ts';
import { lawOf } from '../simulation/simulated-races.ts';
import { fixture } from '../simulation/simulated-stack.ts';

const { stack, otherStack, live, stopped } = fixture;
const admin = personUid({ issuer, sub: 'admin' });
const outsider = personUid({ issuer, sub: 'outsider' });
const { pk, sk } = keys.member(stack, admin);

const acts = fc.constantFrom('create', 'edit', 'delete', 'delete without a name', 'list', 'fetch');
const histories = fc.record({
  /** Of the admin, one after the other; and of somebody who has another stack only. */
  byAdmin: fc.array(acts, { minLength: 1, maxLength: 3 }),
  byOutsider: fc.array(fc.tuple(acts, fc.constantFrom(stack, otherStack)), { maxLength: 1 }),
  end: fc.constantFrom('removed', 'made a developer'),
  /** How many requests the operator sends before the one that ends the membership. */
  later: fc.integer({ min: 0, max: 4 }),
});

/** What an admin sent changes nothing once their removal was committed; what an outsider sends changes and shows nothing. */
export const nobodyElses = lawOf({
  histories,
  story: async ({ product, history: { byAdmin, byOutsider, end, later }, tally }) => {
    let isOver = false;
    const act = async () => {
      for (const what of byAdmin) {
        const wasOver = isOver;
        const { done, refused } = await doAct(product, what, { who: 'admin', of: stack });
        assert(!(wasOver && done), `The admin could ${what} after the removal.`);
        if (wasOver && refused !== 'unavailable')
          assert.equal(refused, end === 'removed' ? 'stack-not-found' : 'not-allowed');
        tally.saw(done ? 'done' : 'refused');
      }
    };
    const remove = async () => {
      for (let sent = 0; sent < later; sent += 1) await product.stacks.findMember(stack, admin);
      await endMembership(product, end);
      isOver = true;
    };
    const intrude = async () => {
      for (const [what, of] of byOutsider) {
        const { refused } = await doAct(product, what, { who: 'outsider', of });
        if (of === stack && refused !== 'unavailable') assert.equal(refused, 'stack-not-found');
      }
    };
    await Promise.all([act(), remove(), intrude()]);
    return () => {
      const [removal] = product.commits(tables.tokens).filter(({ before, after }) => (before ?? after)?.sk === sk);
      const entries = product.commits(tables.audit).flatMap(({ at, after }) => (after ? [{ at, entry: after }] : []));
      const changes = entries.filter(({ entry }) => entry.outcome === 'done' && entry.pk === pk);
      for (const { at } of changes)
        assert(removal && at < removal.at, 'The admin changed something after the removal.');
      for (const { entry } of entries)
        assert(entry.pk === pk ? entry.created_by !== outsider : entry.created_by === outsider);
      if (changes.length > 0) tally.saw('changed before the removal');
    };
  },
});

function doAct(
  product: SimulatedProduct,
  what: string,
  { who, of }: { who: Person; of: string },
): Promise<Answer<unknown>> {
  const { uid, name } = live;
  if (what === 'create') return product.create(who, { stack: of, fields: { name: 'new', scope: scopes.readOnly } });
  if (what === 'edit') return product.edit(who, { stack: of, uid: stopped.uid, fields: { expires_on: null } });
  if (what === 'delete') return product.delete(who, { stack: of, uid, confirmName: name });
  if (what === 'fetch') return product.fetch(who, { stack: of, uid });
  return what === 'list' ? product.list(who, of) : product.delete(who, { stack: of, uid });
}

/** As the operator; a transaction that holds the row is waited for. */
async function endMembership({ dynamo }: SimulatedProduct, end: string): Promise<void> {
  const item = marshall({ pk, sk, uid: admin, role: 'developer', issuer, sub: 'admin' });
  const isDone = async () => {
    if (end === 'removed')
      await dynamo.send(new DeleteItemCommand({ TableName: tables.tokens, Key: marshall({ pk, sk }) }));
    else await dynamo.send(new PutItemCommand({ TableName: tables.tokens, Item: item }));
    return true;
  };
  const isHeld = (error: unknown) => {
    if (error instanceof Error && error.name === 'TransactionConflictException') return false;
    throw error;
  };
  while (!(await isDone().catch(isHeld)));
}
