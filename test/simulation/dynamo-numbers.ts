/** DynamoDB's numbers: decimals of up to 38 significant digits, exact, carried as text. */
import { invalid } from './dynamo-errors.ts';

interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

/** Integers whose text is already canonical and that a double holds exactly: nearly every number there is. */
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Canonical text: no leading or trailing zeros, no exponent. Throws ValidationException. */
export function canonicalNumber(text: string): string {
  return PLAIN_INTEGER.test(text) ? text : format(parse(text));
}

/** Negative, zero or positive, as for `Array.sort`. */
export function compareNumbers(left: string, right: string): number {
  if (PLAIN_INTEGER.test(left) && PLAIN_INTEGER.test(right)) return Number(left) - Number(right);
  const [a, b] = aligned(parse(left), parse(right));
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `sign` 1 adds, -1 subtracts. Exact, or ValidationException where the result does not fit. */
export function addNumbers(left: string, right: string, sign: 1 | -1): string {
  const [x, y] = [parse(left), parse(right)];
  const [a, b] = aligned(x, y);
  return canonicalNumber(format({ coefficient: a + BigInt(sign) * b, exponent: Math.min(x.exponent, y.exponent) }));
}

function parse(text: string): Decimal {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole + fraction === '') throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return { coefficient: 0n, exponent: 0 };
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  checkRange(significant.length, scale);
  return { coefficient: BigInt(`${sign === '-' ? '-' : ''}${significant}`), exponent: scale };
}

function checkRange(digits: number, exponent: number): void {
  if (digits > 38) throw invalid('Attempting to store more than 38 significant digits in a Number');
  const size = 'Attempting to store a number with magnitude';
  if (digits + exponent > 126) throw invalid(`Number overflow. ${size} larger than supported range`);
  if (digits + exponent < -129) throw invalid(`Number underflow. ${size} smaller than supported range`);
}

function aligned(left: Decimal, right: Decimal): [bigint, bigint] {
  const exponent = Math.min(left.exponent, right.exponent);
  const scaled = (value: Decimal) => value.coefficient * 10n ** BigInt(value.exponent - exponent);
  return [scaled(left), scaled(right)];
}

function format({ coefficient, exponent }: Decimal): string {
  if (exponent >= 0) return (coefficient * 10n ** BigInt(exponent)).toString();
  const sign = coefficient < 0n ? '-' : '';
  const digits = coefficient
    .toString()
    .replace('-', '')
    .padStart(1 - exponent, '0');
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}
