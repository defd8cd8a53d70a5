/** Contract: sizes of items and keys, empty keys. */
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { type ContractCases, invalid } from './dynamo-contract-table.ts';

const LIMIT = 400 * 1024;

export const limitCases: ContractCases = {
  'stores an item of 400 KB and none that is larger': async (t) => {
    const overhead = 'pk'.length + t.pk.length + 'sk'.length + 'a'.length + 'blob'.length;
    await expect(t.put('a', { blob: 'x'.repeat(LIMIT - overhead) })).resolves.toBeDefined();
    await invalid(t.put('a', { blob: 'x'.repeat(LIMIT - overhead + 1) }), /[Ss]ize/);
  },
  'refuses an update that makes an item too large': async (t) => {
    await t.put('a', { blob: 'x'.repeat(300_000) });
    await invalid(t.update('a', 'SET more = :m', { ':m': 'x'.repeat(200_000) }), /[Ss]ize/);
    expect(await t.get('a')).not.toHaveProperty('more');
  },
  'counts bytes, not characters': async (t) => {
    await invalid(t.put('a', { blob: 'é'.repeat(210_000) }), /[Ss]ize/);
  },
  'takes sort keys up to 1,024 bytes': async (t) => {
    await expect(t.put('k'.repeat(1024))).resolves.toBeDefined();
    await invalid(t.put('k'.repeat(1025)));
    await invalid(t.put('é'.repeat(513)));
  },
  'takes partition keys up to 2,048 bytes': async (t) => {
    const put = (pk: string) => t.put('a', {}, { Item: marshall({ pk, sk: 'a' }) });
    await expect(put(t.pk.padEnd(2048, 'p'))).resolves.toBeDefined();
    await invalid(put(t.pk.padEnd(2049, 'p')));
  },
  'refuses empty keys': async (t) => {
    await invalid(t.put(''), /empty string/);
    await invalid(t.get(''), /empty string/);
    await invalid(t.update('', 'SET x = :x', { ':x': 1 }), /empty string/);
  },
};
