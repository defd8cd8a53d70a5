import fc from 'fast-check';
import { kindOf, requestsOf, tokens, withField } from './kind.ts';

const two = (number: number) => String(number).padStart(2, '0');
const year = fc.integer({ min: 2027, max: 9998 });
const month = fc.integer({ min: 1, max: 12 });
const isLeap = (of: number) => (of % 4 === 0 && of % 100 !== 0) || of % 400 === 0;
const daysIn = (y: number, m: number) => (m === 2 ? (isLeap(y) ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31);
const time = fc.tuple(fc.nat(23), fc.nat(59), fc.nat(59)).map((parts) => parts.map(two).join(':'));
/** With the time of day behind it, or without. */
const perhapsAt = (days: fc.Arbitrary<string>) =>
  fc.tuple(days, fc.option(time)).map(([day, at]) => (at === null ? day : `${day}T${at}Z`));
const day = fc.tuple(year, month, fc.integer({ min: 1, max: 28 })).map(([y, m, d]) => `${y}-${two(m)}-${two(d)}`);
const leapDay = (isThere: boolean) => year.filter((y) => isLeap(y) === isThere).map((y) => `${y}-02-29`);
const offset = fc
  .tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59))
  .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`);

const given = (value: unknown) =>
  withField('expires_on', value, typeof value === 'string' && value !== 'now' ? meaning(value) : {});
/** Told again as it was given, with the instant that it means. */
const meaning = (text: string) => {
  const instant = Date.parse(text);
  return { expires_on: text, expires_at: Number.isNaN(instant) ? null : new Date(instant).toISOString() };
};
const refused = (values: fc.Arbitrary<unknown>) => requestsOf(values, given, 'be refused');
const done = (values: fc.Arbitrary<unknown>) => requestsOf(values, given, 'be done');

export const dates = kindOf({
  '30 February': refused(perhapsAt(fc.constantFrom('2026-02-30', '2028-02-30', '2100-02-31'))),
  'a day that the month has not': refused(
    perhapsAt(
      fc
        .tuple(year, month, fc.integer({ min: 1, max: 40 }))
        .map(([y, m, more]) => `${y}-${two(m)}-${two(Math.min(daysIn(y, m) + more, 99))}`),
    ),
  ),
  'a month that there is not': refused(
    perhapsAt(fc.tuple(year, fc.constantFrom(0, 13, 99)).map(([y, m]) => `${y}-${two(m)}-01`)),
  ),
  'a leap day': done(perhapsAt(leapDay(true))),
  'a leap day of another year': refused(perhapsAt(leapDay(false))),
  'T24:00:00Z': refused(
    fc.tuple(day, fc.constantFrom('T24:00:00Z', 'T24:00Z', 'T24:00:00.000+00:00')).map((parts) => parts.join('')),
  ),
  '23:59:60Z': refused(day.map((of) => `${of}T23:59:60Z`)),
  'an hour that there is not': refused(
    fc.tuple(day, fc.integer({ min: 25, max: 99 })).map(([of, hour]) => `${of}T${hour}:00:00Z`),
  ),
  'an offset': done(fc.tuple(day, time, offset).map(([of, at, zone]) => `${of}T${at}${zone}`)),
  'an offset that there is not': refused(
    fc
      .tuple(day, time, fc.constantFrom('+24:00', '-99:99', '+00:60', '+1:00', '+0100', 'z', '', ' Z', 'CET', '[UTC]'))
      .map(([of, at, zone]) => `${of}T${at}${zone}`),
  ),
  'year 0000': refused(perhapsAt(fc.constantFrom('0000-01-01', '0000-12-31', '-0001-01-01'))),
  'year 9999': done(perhapsAt(fc.constantFrom('9999-01-01', '9999-12-31'))),
  'year 9999, and beyond it by the offset': refused(
    fc.integer({ min: 1, max: 23 }).map((hours) => `9999-12-31T23:59:59-${two(hours)}:00`),
  ),
  'a year beyond 9999': refused(
    perhapsAt(
      fc
        .integer({ min: 10_000, max: 999_999 })
        .chain((y) => fc.constantFrom(`${y}-01-01`, `+${y}-01-01`, `+0${y}-01-01`)),
    ),
  ),
  'an epoch number': refused(
    fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger().map(String),
      fc.integer({ min: 1_700_000_000, max: 2_000_000_000 }),
    ),
  ),
  'a fraction of a second': done(
    fc.tuple(day, time, fc.integer({ min: 1, max: 999_999_999 })).map(([of, at, parts]) => `${of}T${at}.${parts}Z`),
  ),
  'too many fractions of a second': refused(fc.tuple(day, time).map(([of, at]) => `${of}T${at}.1234567890Z`)),
  'the past': refused(perhapsAt(fc.integer({ min: 1, max: 2020 }).map((y) => `${String(y).padStart(4, '0')}-06-15`))),
  'another calendar or form': refused(
    fc.constantFrom(
      '2031-W05-1',
      '2031-105',
      '20310101',
      '2031-1-1',
      '01/02/2031',
      '2031-01-01 00:00:00Z',
      '2031-01-01t00:00:00z',
      '２０３１-01-01',
      ' 2031-01-01',
      '2031-01-01\n',
      'P7D',
      'tomorrow',
      '',
    ),
  ),
  now: requestsOf(fc.constant('now'), (value) => [
    { ...given(value)[0], route: `POST ${tokens}`, must: 'be refused', field: /^expires_on$/ },
    { ...given(value)[1], route: `PUT ${tokens}/{uid}`, must: 'be done', field: /^expires_on$/ },
  ]),
  'what is no text': refused(fc.oneof(fc.boolean(), fc.array(fc.integer()), fc.dictionary(fc.string(), fc.integer()))),
  'any text': requestsOf(fc.string({ unit: 'binary', maxLength: 40 }), given),
});
