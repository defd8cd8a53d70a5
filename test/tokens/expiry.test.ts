import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpiry } from '../../functions/tokens/expiry.ts';

describe('an expiry', () => {
  it.for([
    ['2030-12-10', '2030-12-10T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000Z'],
    ['9999-12-31', '9999-12-31T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['2030-12-10T08:30Z', '2030-12-10T08:30:00.000Z'],
    ['2030-12-10T08:30:15Z', '2030-12-10T08:30:15.000Z'],
    ['2030-12-10T08:30:15.5Z', '2030-12-10T08:30:15.500Z'],
    ['2030-12-10T08:30:15.123456789Z', '2030-12-10T08:30:15.123Z'],
    ['2030-12-10T23:59:59.999Z', '2030-12-10T23:59:59.999Z'],
    ['2030-12-10T08:30:00+05:30', '2030-12-10T03:00:00.000Z'],
    ['2030-12-10T00:00:00+14:00', '2030-12-09T10:00:00.000Z'],
    ['2030-12-31T23:30:00-01:00', '2031-01-01T00:30:00.000Z'],
    ['2030-12-10T08:30:00-00:00', '2030-12-10T08:30:00.000Z'],
    ['2028-03-01T00:30:00+01:00', '2028-02-29T23:30:00.000Z'],
  ])('%s is %s', ([text = '', instant]) => {
    expect(parseExpiry(text)).toEqual({ expires_on: text, expires_at: instant });
  });

  it.for([
    '2030-02-30',
    '2030-02-29',
    '2100-02-29',
    '2030-04-31',
    '2030-13-01',
    // Which `Date.parse` takes for the 13th of January 2030.
    '0001-13-30',
    '2030-00-10',
    '2030-12-00',
    '2030-12-32',
    '2030-12-10T24:00:00Z',
    '2030-12-10T08:60:00Z',
    '2030-12-10T08:30:60Z',
    '2030-12-10T23:59:60Z',
    '2030-02-30T00:00:00Z',
    '2030-12-10T08:30:00+24:00',
    '2030-12-10T08:30:00+01:60',
    '9999-12-31T23:30:00-01:00',
    '2030-12-10T08:30:00',
    '2030-12-10T08Z',
    '2030-12-10 08:30:00Z',
    '2030-12-10t08:30:00z',
    '2030-12-10T08:30:00.Z',
    '2030-12-10T08:30:00.1234567890Z',
    '2030-12-10T08:30:00+0100',
    '2030-1-1',
    '10.12.2030',
    '12/10/2030',
    '20301210',
    '+012030-12-10',
    '+002030-12-10T00:00:00Z',
    '-002030-12-10',
    '10000-01-01',
    '2030-12',
    '2030-W50-2',
    ' 2030-12-10',
    '2030-12-10\n',
    '\u0662\u0660\u0663\u0660-12-10',
    'tomorrow',
    'now',
    '1893456000',
    '',
  ])('%j is none', (text) => {
    expect(parseExpiry(text)).toBeNull();
  });

  it('is the instant that was written, for every instant of four-digit years', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseExpiry(date.toISOString())?.expires_at).toBe(date.toISOString());
      }),
    );
  });

  it('of a later instant is a later text', () => {
    const instants = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(instants, instants, (one, other) => {
        const at = (ms: number) => parseExpiry(new Date(ms).toISOString())?.expires_at ?? '';
        expect(at(one) < at(other)).toBe(one < other);
      }),
    );
  });
});
