/** Contract: update expressions, values that come back, sets, numbers. */
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { type ContractCases, invalid, refused } from './dynamo-contract-table.ts';

export const updateCases: ContractCases = {
  'makes the item that an update finds missing': async (t) => {
    await t.update('a', 'SET x = :x', { ':x': 1 });
    expect(await t.get('a')).toEqual({ x: 1 });
    await t.update('b', 'REMOVE x');
    expect(await t.get('b')).toEqual({});
  },
  'makes nothing when an update has a failed condition': async (t) => {
    await refused(
      t.update('a', 'SET x = :x', { ':x': 1 }, { ConditionExpression: 'attribute_exists(pk)' }),
      'ConditionalCheckFailedException',
    );
    expect(await t.get('a')).toBeUndefined();
  },
  'sets, removes and adds in one update, all from the item as it was': async (t) => {
    await t.put('a', { x: 1, y: 2, z: 3 });
    await t.update('a', 'SET x = y, y = x REMOVE z ADD n :n', { ':n': 5 });
    expect(await t.get('a')).toEqual({ x: 2, y: 1, n: 5 });
  },
  'calculates with plus and minus': async (t) => {
    await t.put('a', { n: 5 });
    await t.update('a', 'SET n = n + :two, m = n - :two', { ':two': 2 });
    expect(await t.get('a')).toEqual({ n: 7, m: 3 });
  },
  'sets only what is absent with if_not_exists': async (t) => {
    await t.put('a', { x: 1 });
    await t.update('a', 'SET x = if_not_exists(x, :v), y = if_not_exists(y, :v), z = if_not_exists(z, :v) + :v', {
      ':v': 9,
    });
    expect(await t.get('a')).toEqual({ x: 1, y: 9, z: 18 });
  },
  'appends to lists at either end': async (t) => {
    await t.put('a', { l: ['b'] });
    await t.update('a', 'SET l = list_append(l, :c)', { ':c': ['c'] });
    await t.update('a', 'SET l = list_append(:a, l)', { ':a': ['a'] });
    expect(await t.get('a')).toEqual({ l: ['a', 'b', 'c'] });
  },
  'sets and removes inside documents': async (t) => {
    await t.put('a', { m: { x: 1, y: 2 }, l: ['a', 'b', 'c'] });
    await t.update('a', 'SET m.x = :v, l[0] = :v REMOVE m.y, l[1]', { ':v': 'new' });
    expect(await t.get('a')).toEqual({ m: { x: 'new' }, l: ['new', 'c'] });
  },
  'appends where a position is beyond the end of a list': async (t) => {
    await t.put('a', { l: ['a'] });
    await t.update('a', 'SET l[9] = :v', { ':v': 'b' });
    expect(await t.get('a')).toEqual({ l: ['a', 'b'] });
  },
  'refuses to set inside what is not there': async (t) => {
    await t.put('a', { x: 1 });
    await invalid(t.update('a', 'SET m.x = :v', { ':v': 1 }), /document path .* is invalid for update/);
    await invalid(t.update('a', 'SET x.y = :v', { ':v': 1 }), /document path .* is invalid for update/);
  },
  'refuses to read an operand that is not there': async (t) => {
    await t.put('a', {});
    await invalid(t.update('a', 'SET n = n + :one', { ':one': 1 }), /refers to an attribute that does not exist/);
    await invalid(t.update('a', 'SET n = m'), /refers to an attribute that does not exist/);
  },
  'refuses to calculate with what is no number': async (t) => {
    await t.put('a', { x: 'text' });
    await invalid(t.update('a', 'SET x = x + :one', { ':one': 1 }));
    await invalid(t.update('a', 'ADD x :one', { ':one': 1 }));
    await invalid(t.update('a', 'ADD y :text', { ':text': 'text' }), /Incorrect operand type/);
  },
  'adds to numbers and sets': async (t) => {
    await t.update('a', 'ADD n :n, s :s', { ':n': 2, ':s': new Set(['x']) });
    await t.update('a', 'ADD n :n, s :s', { ':n': -5, ':s': new Set(['x', 'y']) });
    expect(await t.get('a')).toEqual({ n: -3, s: new Set(['x', 'y']) });
  },
  'deletes from sets, and the attribute with the last member': async (t) => {
    await t.put('a', { s: new Set(['x', 'y']) });
    await t.update('a', 'DELETE s :s', { ':s': new Set(['x', 'z']) });
    expect(await t.get('a')).toEqual({ s: new Set(['y']) });
    await t.update('a', 'DELETE s :s', { ':s': new Set(['y']) });
    expect(await t.get('a')).toEqual({});
  },
  'refuses an empty set and a set with a member twice': async (t) => {
    const put = (value: { SS: string[] }) => t.put('a', {}, { Item: { ...t.key('a'), s: value } });
    await invalid(put({ SS: [] }));
    await invalid(put({ SS: ['x', 'x'] }), /duplicates/);
  },
  'stores empty texts, lists and maps, and null': async (t) => {
    const item = { text: '', list: [], map: {}, nothing: null };
    await t.put('a', item);
    expect(await t.get('a')).toEqual(item);
  },
  'stores numbers exactly, in canonical form': async (t) => {
    const digits = '12345678901234567890123456789012345678';
    await t.put(
      'a',
      {},
      { Item: { ...t.key('a'), a: { N: '007.50' }, b: { N: digits }, c: { N: '1e3' }, d: { N: '-0' } } },
    );
    const { Attributes } = await t.delete('a', { ReturnValues: 'ALL_OLD' });
    expect(Attributes).toMatchObject({ a: { N: '7.5' }, b: { N: digits }, c: { N: '1000' }, d: { N: '0' } });
  },
  'adds decimals exactly': async (t) => {
    await t.put('a', { n: 0.1 });
    await t.update('a', 'SET n = n + :n', { ':n': 0.2 });
    expect(await t.get('a')).toEqual({ n: 0.3 });
  },
  'refuses numbers that it cannot hold': async (t) => {
    for (const N of ['1'.repeat(39), '1e126', 'abc', ''])
      await invalid(t.put('a', {}, { Item: { ...t.key('a'), n: { N } } }));
  },
  'gives the values that a put or a delete replaced': async (t) => {
    expect((await t.put('a', { x: 1 }, { ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined();
    expect((await t.put('a', { x: 2 }, { ReturnValues: 'ALL_OLD' })).Attributes).toEqual(t.item('a', { x: 1 }));
    expect((await t.delete('a', { ReturnValues: 'ALL_OLD' })).Attributes).toEqual(t.item('a', { x: 2 }));
  },
  'gives the values around an update as asked': async (t) => {
    await t.put('a', { x: 1, y: 1 });
    const set = async (value: number, ReturnValues: 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_OLD' | 'UPDATED_NEW') =>
      (await t.update('a', 'SET x = :x', { ':x': value }, { ReturnValues })).Attributes;
    expect(await set(2, 'ALL_OLD')).toEqual(t.item('a', { x: 1, y: 1 }));
    expect(await set(3, 'ALL_NEW')).toEqual(t.item('a', { x: 3, y: 1 }));
    expect(await set(4, 'UPDATED_OLD')).toEqual(marshall({ x: 3 }));
    expect(await set(5, 'UPDATED_NEW')).toEqual(marshall({ x: 5 }));
  },
  'refuses to change a key': async (t) => {
    await invalid(t.update('a', 'SET sk = :v', { ':v': 'b' }), /part of the key/);
    await invalid(t.update('a', 'REMOVE pk'), /part of the key/);
  },
  'refuses two changes of one place': async (t) => {
    await invalid(t.update('a', 'SET x = :v, x = :v', { ':v': 1 }), /overlap/);
    await invalid(t.update('a', 'SET x = :v REMOVE x.y', { ':v': 1 }), /overlap/);
    await invalid(t.update('a', 'SET x = :v SET y = :v', { ':v': 1 }));
  },
};
