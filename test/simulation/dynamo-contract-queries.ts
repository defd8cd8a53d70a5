/** Contract: reads, query ranges, order, pages, filters, projections, indexes. */
import { BatchGetItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { type ContractCases, type ContractTable, invalid, refused } from './dynamo-contract-table.ts';

async function putAll(t: ContractTable, sortKeys: readonly string[]): Promise<void> {
  for (const sk of sortKeys) await t.put(sk, { length: sk.length });
}

async function indexed(t: ContractTable, IndexName: string, condition: string, values: Record<string, unknown>) {
  const { Items = [] } = await t.query(condition, values, { IndexName });
  return Items;
}

export const queryCases: ContractCases = {
  'reads nothing where there is nothing': async (t) => {
    expect(await t.client.send(new GetItemCommand({ TableName: t.name, Key: t.key('a') }))).not.toHaveProperty(
      'Item',
      expect.anything(),
    );
  },
  'refuses a table that does not exist': async (t) => {
    await refused(
      t.client.send(new GetItemCommand({ TableName: 'nowhere', Key: t.key('a') })),
      'ResourceNotFoundException',
    );
  },
  'shows the parts of an item that a projection names': async (t) => {
    await t.put('a', { x: 1, y: 2, m: { deep: [10, 20, 30], other: 1 } });
    expect(await t.get('a', { ProjectionExpression: 'x, absent, m.deep[2], m.deep[0]' })).toEqual({
      x: 1,
      m: { deep: [10, 30] },
    });
    expect(await t.get('a', { ProjectionExpression: '#x', ExpressionAttributeNames: { '#x': 'y' } })).toEqual({ y: 2 });
    await invalid(t.get('a', { ProjectionExpression: 'name' }), /reserved keyword/);
    await invalid(t.get('a', { ProjectionExpression: 'm, m.deep' }), /overlap/);
  },
  'finds a partition in the order of the sort key': async (t) => {
    await putAll(t, ['b', 'a', 'B', '10', '9', 'ä', '\u{1F600}', '\uFFFD']);
    expect(await t.found('')).toEqual(['10', '9', 'B', 'a', 'b', 'ä', '\uFFFD', '\u{1F600}']);
    expect(await t.found('', {}, { ScanIndexForward: false, Limit: 2 })).toEqual(['\u{1F600}', '\uFFFD']);
  },
  'finds ranges of the sort key': async (t) => {
    await putAll(t, ['A#1', 'A#2', 'A#3', 'B#1']);
    expect(await t.found('begins_with(sk, :v)', { ':v': 'A#' })).toEqual(['A#1', 'A#2', 'A#3']);
    expect(await t.found('sk = :v', { ':v': 'A#2' })).toEqual(['A#2']);
    expect(await t.found('sk < :v', { ':v': 'A#2' })).toEqual(['A#1']);
    expect(await t.found('sk <= :v', { ':v': 'A#2' })).toEqual(['A#1', 'A#2']);
    expect(await t.found('sk > :v', { ':v': 'A#3' })).toEqual(['B#1']);
    expect(await t.found('sk >= :v', { ':v': 'A#3' })).toEqual(['A#3', 'B#1']);
    expect(await t.found('sk BETWEEN :v AND :w', { ':v': 'A#2', ':w': 'A#3' })).toEqual(['A#2', 'A#3']);
    expect(await t.found('sk BETWEEN :v AND :w', { ':v': 'C', ':w': 'D' })).toEqual([]);
  },
  'takes the key conditions in either order and through placeholders': async (t) => {
    await putAll(t, ['a', 'b']);
    const { Items } = await t.query(
      '#s > :s AND #p = :p',
      { ':s': 'a', ':p': t.pk },
      { ExpressionAttributeNames: { '#s': 'sk', '#p': 'pk' } },
    );
    expect(Items?.map((item) => item.sk?.S)).toEqual(['b']);
  },
  'refuses key conditions that no query can answer': async (t) => {
    const pk = { ':pk': t.pk, ':v': 'x' };
    for (const condition of [
      'pk > :pk AND sk = :v',
      'sk = :v AND sk > :pk',
      'pk = :pk AND another = :v',
      'pk = :pk OR sk = :v',
      'pk = :pk AND sk <> :v',
      'pk = :pk AND contains(sk, :v)',
    ])
      await invalid(t.query(condition, pk));
  },
  'refuses a value in a key condition that is not of the type of the key': async (t) => {
    await invalid(t.query('pk = :pk', { ':pk': 1 }));
    await invalid(t.query('pk = :pk AND sk > :v', { ':pk': t.pk, ':v': 1 }));
  },
  'refuses to go on after a key of another partition': async (t) => {
    await invalid(t.found('', {}, { ExclusiveStartKey: { ...t.key('a'), pk: { S: 'elsewhere' } } }));
  },
  'pages by limit to the end': async (t) => {
    await putAll(t, ['a', 'b', 'c', 'd', 'e']);
    const pages: (string | undefined)[][] = [];
    let ExclusiveStartKey: Record<string, { S: string }> | undefined;
    do {
      const page = await t.query(
        'pk = :pk',
        { ':pk': t.pk },
        { Limit: 2, ...(ExclusiveStartKey && { ExclusiveStartKey }) },
      );
      pages.push((page.Items ?? []).map((item) => item.sk?.S));
      const last = page.LastEvaluatedKey?.sk?.S;
      ExclusiveStartKey = last === undefined ? undefined : { pk: { S: t.pk }, sk: { S: last } };
    } while (ExclusiveStartKey);
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  },
  'says that there may be more when a page ends with the last item': async (t) => {
    await putAll(t, ['a', 'b']);
    const page = await t.query('pk = :pk', { ':pk': t.pk }, { Limit: 2 });
    expect(page.LastEvaluatedKey).toEqual(t.key('b'));
    const last = await t.query('pk = :pk', { ':pk': t.pk }, { Limit: 2, ExclusiveStartKey: t.key('b') });
    expect(last.Items).toEqual([]);
    expect(last.LastEvaluatedKey).toBeUndefined();
  },
  'goes on after a key whose item is gone': async (t) => {
    await putAll(t, ['a', 'c']);
    expect(await t.found('', {}, { ExclusiveStartKey: t.key('b') })).toEqual(['c']);
    expect(await t.found('', {}, { ExclusiveStartKey: t.key('b'), ScanIndexForward: false })).toEqual(['a']);
  },
  'filters after the limit': async (t) => {
    await putAll(t, ['a', 'bb', 'c', 'dd']);
    const filter = { FilterExpression: '#l = :l', ExpressionAttributeNames: { '#l': 'length' } };
    const page = await t.query('pk = :pk', { ':pk': t.pk, ':l': 2 }, { ...filter, Limit: 3 });
    expect(page.Items?.map((item) => item.sk?.S)).toEqual(['bb']);
    expect(page).toMatchObject({ Count: 1, ScannedCount: 3, LastEvaluatedKey: t.key('c') });
  },
  'refuses a filter on the key': async (t) => {
    await invalid(t.query('pk = :pk', { ':pk': t.pk, ':v': 'x' }, { FilterExpression: 'sk = :v' }), /[Kk]ey/);
  },
  'counts without giving items': async (t) => {
    await putAll(t, ['a', 'b']);
    const page = await t.query('pk = :pk', { ':pk': t.pk }, { Select: 'COUNT' });
    expect(page).toMatchObject({ Count: 2, ScannedCount: 2 });
    expect(page.Items ?? []).toEqual([]);
  },
  'ends a page at a megabyte': async (t) => {
    for (const sk of ['a', 'b', 'c', 'd']) await t.put(sk, { blob: 'x'.repeat(390_000) });
    const page = await t.query('pk = :pk', { ':pk': t.pk }, { ProjectionExpression: 'sk' });
    expect(page.LastEvaluatedKey).toBeDefined();
    expect(page.Count).toBeLessThan(4);
  },
  'holds in an index only items with both of its keys': async (t) => {
    await t.put('a', { due_shard: t.pk, due_at: '2' });
    await t.put('b', { due_shard: t.pk });
    await t.put('c', { due_shard: t.pk, due_at: '1', more: true });
    const keys = (sk: string, due_at: string) => t.item(sk, { due_shard: t.pk, due_at });
    expect(await indexed(t, 'due', 'due_shard = :s', { ':s': t.pk })).toEqual([keys('c', '1'), keys('a', '2')]);
    await t.update('c', 'REMOVE due_shard');
    await t.update('a', 'SET due_at = :v', { ':v': '0' });
    expect(await indexed(t, 'due', 'due_shard = :s AND due_at <= :v', { ':s': t.pk, ':v': '1' })).toEqual([
      keys('a', '0'),
    ]);
    await t.delete('a');
    expect(await indexed(t, 'due', 'due_shard = :s', { ':s': t.pk })).toEqual([]);
  },
  'shows whole items through an index that holds them, in the order of numbers': async (t) => {
    for (const [sk, score] of Object.entries({ a: 10, b: 9, c: -1 })) await t.put(sk, { board: t.pk, score, x: sk });
    const items = await indexed(t, 'ranked', 'board = :b AND score > :n', { ':b': t.pk, ':n': -1 });
    expect(items).toEqual([
      t.item('b', { board: t.pk, score: 9, x: 'b' }),
      t.item('a', { board: t.pk, score: 10, x: 'a' }),
    ]);
  },
  'pages through an index by the keys of index and item': async (t) => {
    for (const sk of ['a', 'b', 'c']) await t.put(sk, { due_shard: t.pk, due_at: 'same' });
    const first = await t.query('due_shard = :s', { ':s': t.pk }, { IndexName: 'due', Limit: 2 });
    const last = first.Items?.at(-1);
    expect(first.LastEvaluatedKey).toEqual(last);
    const rest = await t.query(
      'due_shard = :s',
      { ':s': t.pk },
      { IndexName: 'due', ...(last && { ExclusiveStartKey: last }) },
    );
    const seen = [...(first.Items ?? []), ...(rest.Items ?? [])].map((item) => item.sk?.S);
    expect(seen.sort()).toEqual(['a', 'b', 'c']);
  },
  'refuses a strong read of an index, and an index that is not there': async (t) => {
    await invalid(
      t.query('due_shard = :s', { ':s': 'x' }, { IndexName: 'due', ConsistentRead: true }),
      /[Cc]onsistent/,
    );
    await invalid(
      t.query('due_shard = :s', { ':s': 'x' }, { IndexName: 'nowhere' }),
      /does not have the specified index/,
    );
  },
  'refuses values that an index cannot hold as its keys': async (t) => {
    await invalid(t.put('a', { due_shard: 1, due_at: 'x' }), /[Tt]ype mismatch/);
    await invalid(t.put('a', { due_shard: '', due_at: 'x' }), /empty string/);
    await invalid(t.update('a', 'SET score = :v', { ':v': 'text' }));
  },
  'reads a batch, without the items that are not there': async (t) => {
    await putAll(t, ['a', 'b']);
    const { Responses, UnprocessedKeys } = await t.batchGet([t.key('a'), t.key('gone'), t.key('b')]);
    expect(Responses?.[t.name]?.map((item) => item.sk?.S).sort()).toEqual(['a', 'b']);
    expect(UnprocessedKeys).toEqual({});
    expect((await t.batchGet([t.key('gone')])).Responses).toEqual({ [t.name]: [] });
  },
  'refuses batches with a key twice, with none, and beyond the limits': async (t) => {
    const keys = (n: number) => Array.from({ length: n }, (_, at) => t.key(String(at)));
    await invalid(t.batchGet([t.key('a'), t.key('a')]), /duplicates/);
    await invalid(t.batchGet([]));
    await invalid(t.batchGet(keys(101)));
    await expect(t.batchGet(keys(100))).resolves.toBeDefined();
    await invalid(t.client.send(new BatchGetItemCommand({ RequestItems: {} })));
    await invalid(t.batchWrite(keys(26).map((Item) => ({ PutRequest: { Item } }))));
    await invalid(
      t.batchWrite([{ PutRequest: { Item: t.item('a') } }, { DeleteRequest: { Key: t.key('a') } }]),
      /duplicates/,
    );
  },
  'writes a batch of puts and deletes': async (t) => {
    await t.put('old');
    const puts = ['a', 'b'].map((sk) => ({ PutRequest: { Item: t.item(sk, { x: 1 }) } }));
    const { UnprocessedItems } = await t.batchWrite([...puts, { DeleteRequest: { Key: t.key('old') } }]);
    expect(UnprocessedItems).toEqual({});
    expect(await t.found('')).toEqual(['a', 'b']);
  },
  'refuses keys that do not fit the table': async (t) => {
    const get = (Key: Record<string, unknown>) =>
      t.client.send(new GetItemCommand({ TableName: t.name, Key: marshall(Key) }));
    await invalid(get({ pk: t.pk }), /key element does not match the schema|number of conditions/);
    await invalid(get({ pk: t.pk, sk: 1 }), /key element does not match the schema/);
    await invalid(get({ pk: t.pk, sk: 'a', x: 1 }), /key element does not match the schema|number of conditions/);
    await invalid(t.put('a', {}, { Item: marshall({ pk: t.pk }) }), /Missing the key sk/);
  },
};
