import * as z from 'zod';

/** Says whether an event fits a pattern. */
export type Matcher = (event: unknown) => boolean;

/** Of the values of one field: none when it is absent, several when it is a list. */
type ValueTest = (values: readonly unknown[]) => boolean;

/**
 * Compiles the pattern of a rule or of a stream filter; throws for an operator that is not known here, so that none is
 * taken for a plain value. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compilePattern(pattern: unknown): Matcher {
  const matchers = Object.entries(Fields.parse(pattern)).map(([name, below]) =>
    name === '$or' ? anyOf(below) : field(name, below),
  );
  return (event) => matchers.every((matches) => matches(event));
}

const Fields = z
  .record(z.string(), z.unknown())
  .refine((fields) => Object.keys(fields).length > 0, 'a pattern has to name a field');
const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const Comparison = z.enum(['<', '<=', '=', '>', '>=']);
const Numeric = z.union([z.tuple([Comparison, z.number()]), z.tuple([Comparison, z.number(), Comparison, z.number()])]);

const COMPARE: Readonly<Record<z.infer<typeof Comparison>, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '=': (value, limit) => value === limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

const OPERATORS: Readonly<Record<string, (operand: unknown) => ValueTest>> = {
  prefix: text((value, operand) => value.startsWith(operand)),
  suffix: text((value, operand) => value.endsWith(operand)),
  'equals-ignore-case': text((value, operand) => value.toLowerCase() === operand.toLowerCase()),
  'anything-but': anythingBut,
  exists: (operand) => {
    const isWanted = z.boolean().parse(operand);
    return (values) => values.length > 0 === isWanted;
  },
  numeric: (operand) => {
    const [first, low, second = first, high = low] = Numeric.parse(operand);
    return some((value) => typeof value === 'number' && COMPARE[first](value, low) && COMPARE[second](value, high));
  },
};
const REFUSABLE = ['prefix', 'suffix', 'equals-ignore-case'];

function anyOf(alternatives: unknown): Matcher {
  const matchers = z.array(Fields).min(2).parse(alternatives).map(compilePattern);
  return (event) => matchers.some((matches) => matches(event));
}

function field(name: string, below: unknown): Matcher {
  const matches = Array.isArray(below) ? leaf(below) : branch(below);
  return (event) => matches(Fields.safeParse(event).data?.[name]);
}

/** Of a list of objects one has to fit as a whole. */
function branch(pattern: unknown): Matcher {
  const matches = compilePattern(pattern);
  return (value) => (Array.isArray(value) && value.length > 0 ? value.some(matches) : matches(value));
}

function leaf(alternatives: readonly unknown[]): Matcher {
  const tests = z.array(z.unknown()).min(1).parse(alternatives).map(testOf);
  return (value) => {
    const values = value === undefined ? [] : [value].flat().filter((one) => one === null || typeof one !== 'object');
    return tests.some((test) => test(values));
  };
}

function testOf(alternative: unknown): ValueTest {
  const scalar = Scalar.safeParse(alternative);
  if (scalar.success) return some((value) => value === scalar.data);
  const [[name, operand] = ['', undefined], ...others] = Object.entries(Fields.parse(alternative));
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator || others.length > 0) {
    throw new Error(
      `the pattern ${JSON.stringify(alternative)} is not supported: add it to local/services/events/event-patterns.ts`,
    );
  }
  return operator(operand);
}

function some(predicate: (value: unknown) => boolean): ValueTest {
  return (values) => values.some(predicate);
}

function text(relation: (value: string, operand: string) => boolean) {
  return (operand: unknown) => {
    const wanted = z.string().parse(operand);
    return some((value) => typeof value === 'string' && relation(value, wanted));
  };
}

function anythingBut(operand: unknown): ValueTest {
  const isOperator = typeof operand === 'object' && operand !== null && !Array.isArray(operand);
  if (isOperator && !REFUSABLE.includes(Object.keys(operand)[0] ?? '')) {
    throw new Error(
      `anything-but ${JSON.stringify(operand)} is not supported: add it to local/services/events/event-patterns.ts`,
    );
  }
  const refused = isOperator ? [testOf(operand)] : z.array(Scalar).min(1).parse([operand].flat()).map(testOf);
  return some((value) => !refused.some((test) => test([value])));
}
