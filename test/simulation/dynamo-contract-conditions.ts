/** Contract: conditions, placeholders, reserved words, comparison by type. */
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { type ContractCases, invalid, refused } from './dynamo-contract-table.ts';

const THING = {
  text: 'café',
  amount: 10,
  flag: true,
  nothing: null,
  tags: new Set(['red', 'green']),
  list: ['a', { deep: 7 }],
  map: { inner: { leaf: 'x' } },
  bytes: new Uint8Array([1, 2, 3]),
};
const UNUSED_NAME = { ExpressionAttributeNames: { '#x': 'x' } };

export const conditionCases: ContractCases = {
  'puts an item only where there is none': async (t) => {
    const onlyNew = { ConditionExpression: 'attribute_not_exists(pk)' };
    await t.put('a', { v: 1 }, onlyNew);
    await refused(t.put('a', { v: 2 }, onlyNew), 'ConditionalCheckFailedException', /The conditional request failed/);
    expect(await t.get('a')).toEqual({ v: 1 });
  },
  'gives the stored item of a failed condition when asked': async (t) => {
    await t.put('a', { v: 1 });
    const failing = { ConditionExpression: 'attribute_not_exists(pk)' };
    const failed = t.put('a', {}, { ...failing, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    await expect(failed).rejects.toMatchObject({ Item: t.item('a', { v: 1 }) });
    const quiet = await t.put('a', {}, failing).catch((error: unknown) => error);
    expect(quiet).not.toHaveProperty('Item', expect.anything());
  },
  'gives no item of a failed condition when there is none': async (t) => {
    const call = t.delete('a', {
      ConditionExpression: 'attribute_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const error = await call.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(error).not.toHaveProperty('Item', expect.anything());
  },
  'compares values of one type': async (t) => {
    await t.put('a', THING);
    expect(await t.holds('a', 'amount = :v', { ':v': 10 })).toBe(true);
    expect(await t.holds('a', 'amount <> :v', { ':v': 10 })).toBe(false);
    expect(await t.holds('a', 'amount < :v', { ':v': 11 })).toBe(true);
    expect(await t.holds('a', 'amount <= :v AND amount >= :v', { ':v': 10 })).toBe(true);
    expect(await t.holds('a', 'amount > :v', { ':v': 10 })).toBe(false);
    expect(await t.holds('a', 'flag = :v', { ':v': true })).toBe(true);
    expect(await t.holds('a', '#m = :v', { ':v': { inner: { leaf: 'x' } } }, { '#m': 'map' })).toBe(true);
    expect(await t.holds('a', 'tags = :v', { ':v': new Set(['green', 'red']) })).toBe(true);
  },
  'compares numbers as numbers': async (t) => {
    await t.put('a', { amount: 10 });
    expect(await t.holds('a', 'amount > :v', { ':v': 9 })).toBe(true);
    const same = { ConditionExpression: 'amount = :v', ExpressionAttributeValues: { ':v': { N: '1.0e1' } } };
    await expect(t.delete('a', same)).resolves.toBeDefined();
  },
  'compares texts by their bytes': async (t) => {
    await t.put('a', { text: '\u{1F600}' });
    expect(await t.holds('a', '#t < :v', { ':v': 'x' }, { '#t': 'text' })).toBe(false);
    expect(await t.holds('a', '#t > :v', { ':v': '\uFFFD' }, { '#t': 'text' })).toBe(true);
    expect(await t.holds('a', '#t > :v', { ':v': 'Z' }, { '#t': 'text' })).toBe(true);
  },
  'finds values of different types unequal and without order': async (t) => {
    await t.put('a', { amount: 10 });
    expect(await t.holds('a', 'amount = :v', { ':v': '10' })).toBe(false);
    expect(await t.holds('a', 'amount <> :v', { ':v': '10' })).toBe(true);
    expect(await t.holds('a', 'amount < :v', { ':v': '99' })).toBe(false);
    expect(await t.holds('a', 'amount > :v', { ':v': '' })).toBe(false);
  },
  'finds an absent attribute different from every value': async (t) => {
    await t.put('a', {});
    expect(await t.holds('a', 'absent <> :v', { ':v': 1 })).toBe(true);
    expect(await t.holds('a', 'absent = :v', { ':v': 1 })).toBe(false);
    expect(await t.holds('a', 'NOT absent = :v', { ':v': 1 })).toBe(true);
    expect(await t.holds('a', 'absent < :v', { ':v': 1 })).toBe(false);
  },
  'judges BETWEEN and IN': async (t) => {
    await t.put('a', THING);
    expect(await t.holds('a', 'amount BETWEEN :a AND :b', { ':a': 10, ':b': 12 })).toBe(true);
    expect(await t.holds('a', 'amount between :a and :b', { ':a': 11, ':b': 12 })).toBe(false);
    expect(await t.holds('a', 'amount IN (:a, :b)', { ':a': 1, ':b': 10 })).toBe(true);
    expect(await t.holds('a', 'amount IN (:a)', { ':a': '10' })).toBe(false);
  },
  'binds NOT before AND before OR': async (t) => {
    await t.put('a', { x: 1 });
    const values = { ':one': 1, ':two': 2 };
    expect(await t.holds('a', 'x = :one OR x = :two AND x = :two', values)).toBe(true);
    expect(await t.holds('a', '(x = :one OR x = :two) AND x = :two', values)).toBe(false);
    expect(await t.holds('a', 'NOT x = :two AND x = :one', values)).toBe(true);
    expect(await t.holds('a', 'NOT (x = :two OR x = :one)', values)).toBe(false);
  },
  'judges existence and type': async (t) => {
    await t.put('a', THING);
    expect(await t.holds('a', 'attribute_exists(nothing) AND attribute_not_exists(absent)')).toBe(true);
    expect(await t.holds('a', 'attribute_exists(#m.#i.leaf)', {}, { '#m': 'map', '#i': 'inner' })).toBe(true);
    for (const [attribute, type] of Object.entries({ amount: 'N', flag: 'BOOL', nothing: 'NULL', tags: 'SS' }))
      expect(await t.holds('a', 'attribute_type(#a, :t)', { ':t': type }, { '#a': attribute })).toBe(true);
    expect(await t.holds('a', 'attribute_type(amount, :t)', { ':t': 'S' })).toBe(false);
  },
  'judges begins_with and contains': async (t) => {
    await t.put('a', THING);
    const names = { '#t': 'text', '#l': 'list' };
    expect(await t.holds('a', 'begins_with(#t, :v) AND contains(#l, :a)', { ':v': 'caf', ':a': 'a' }, names)).toBe(
      true,
    );
    expect(await t.holds('a', 'begins_with(#t, :v)', { ':v': 'af' }, { '#t': 'text' })).toBe(false);
    expect(await t.holds('a', 'contains(#t, :v)', { ':v': 'fé' }, { '#t': 'text' })).toBe(true);
    expect(await t.holds('a', 'contains(tags, :v)', { ':v': 'red' })).toBe(true);
    expect(await t.holds('a', 'contains(tags, :v)', { ':v': 're' })).toBe(false);
    expect(await t.holds('a', 'contains(absent, :v)', { ':v': 'x' })).toBe(false);
  },
  'measures size by type': async (t) => {
    await t.put('a', { ...THING, ascii: 'four' });
    for (const [attribute, size] of Object.entries({ ascii: 4, text: 4, tags: 2, list: 2, map: 1, bytes: 3 }))
      expect(await t.holds('a', 'size(#a) = :n', { ':n': size }, { '#a': attribute })).toBe(true);
    expect(await t.holds('a', 'size(absent) = :n', { ':n': 0 })).toBe(false);
  },
  'follows document paths': async (t) => {
    await t.put('a', THING);
    expect(await t.holds('a', '#l[1].deep = :v AND #l[0] = :a', { ':v': 7, ':a': 'a' }, { '#l': 'list' })).toBe(true);
    expect(await t.holds('a', '#l[9] = :v', { ':v': 7 }, { '#l': 'list' })).toBe(false);
    expect(await t.holds('a', 'amount.deep = :v', { ':v': 7 })).toBe(false);
  },
  'takes a dot inside a placeholder as part of the name': async (t) => {
    await t.put('a', { 'x.y': 1, x: { y: 2 } });
    expect(await t.holds('a', '#n = :v', { ':v': 1 }, { '#n': 'x.y' })).toBe(true);
  },
  'judges a condition on an item that does not exist': async (t) => {
    await refused(t.delete('gone', { ConditionExpression: 'attribute_exists(pk)' }), 'ConditionalCheckFailedException');
    await expect(t.delete('gone', { ConditionExpression: 'attribute_not_exists(pk)' })).resolves.toBeDefined();
    await expect(t.delete('gone')).resolves.toBeDefined();
  },
  'refuses reserved words as bare names': async (t) => {
    for (const word of [
      'name',
      'state',
      'scope',
      'token',
      'role',
      'status',
      'ttl',
      'count',
      'hash',
      'region',
      'value',
      'key',
      'timestamp',
      'owner',
      'plan',
      'Session',
    ])
      await invalid(t.put('a', {}, { ConditionExpression: `attribute_exists(${word})` }), /reserved keyword/);
    for (const word of ['uid', 'version', 'epoch', 'digest', 'stack', 'expires_at', 'next_action'])
      await expect(t.put('a', {}, { ConditionExpression: `attribute_not_exists(${word})` })).resolves.toBeDefined();
  },
  'refuses a placeholder that is not defined': async (t) => {
    await invalid(t.put('a', {}, { ConditionExpression: 'attribute_exists(#x)' }), /not defined; attribute name: #x/);
    await invalid(t.put('a', {}, { ConditionExpression: 'x = :x' }), /not defined; attribute value: :x/);
  },
  'refuses a placeholder that is not used': async (t) => {
    const condition = { ConditionExpression: 'attribute_not_exists(y)' };
    await invalid(t.put('a', {}, { ...condition, ...UNUSED_NAME }), /unused in expressions: keys: \{#x\}/);
    await invalid(
      t.put('a', {}, { ...condition, ExpressionAttributeValues: marshall({ ':x': 1 }) }),
      /unused in expressions: keys: \{:x\}/,
    );
    await invalid(t.put('a', {}, UNUSED_NAME), /can only be specified when using expressions/);
  },
  'refuses what it cannot parse': async (t) => {
    for (const text of ['x =', 'x == :v', 'AND x = :v', 'x = :v)', 'unknown_function(x)', 'x[-1] = :v', ''])
      await invalid(t.put('a', {}, { ConditionExpression: text, ExpressionAttributeValues: marshall({ ':v': 1 }) }));
  },
  'refuses redundant parentheses': async (t) => {
    await invalid(t.put('a', {}, { ConditionExpression: '((attribute_exists(x)))' }), /redundant parentheses/);
    await expect(t.put('a', {}, { ConditionExpression: '(attribute_not_exists(x))' })).resolves.toBeDefined();
  },
  'refuses operands of a wrong type before it looks at the item': async (t) => {
    const values = (value: unknown) => ({ ExpressionAttributeValues: marshall({ ':v': value }) });
    await invalid(
      t.put('a', {}, { ConditionExpression: 'begins_with(x, :v)', ...values(1) }),
      /Incorrect operand type/,
    );
  },
  'refuses what is not the name of a type': async (t) => {
    const ConditionExpression = 'attribute_type(x, :v)';
    for (const type of ['T', 1])
      await invalid(t.put('a', {}, { ConditionExpression, ExpressionAttributeValues: marshall({ ':v': type }) }));
  },
  'refuses to order by a value that has no order': async (t) => {
    const less = { ConditionExpression: 'x < :v', ExpressionAttributeValues: marshall({ ':v': true }) };
    await invalid(t.put('a', {}, less), /Incorrect operand type/);
  },
  'refuses BETWEEN with bounds out of order or of two types': async (t) => {
    const between = { ConditionExpression: 'x BETWEEN :a AND :b' };
    await invalid(t.put('a', {}, { ...between, ExpressionAttributeValues: marshall({ ':a': 2, ':b': 1 }) }), /BETWEEN/);
    await invalid(
      t.put('a', {}, { ...between, ExpressionAttributeValues: marshall({ ':a': 2, ':b': '3' }) }),
      /BETWEEN/,
    );
  },
};
