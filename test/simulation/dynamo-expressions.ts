/**
 * DynamoDB's expressions: text to tree. Each text is parsed once and remembered.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import { invalid } from './dynamo-errors.ts';
import { RESERVED_WORDS } from './dynamo-reserved-words.ts';
import type {
  Comparator,
  Condition,
  ConditionFunction,
  Expression,
  Operand,
  Path,
  SetOperand,
  UpdateAction,
} from './dynamo-syntax.ts';

/** `label` is the parameter's name, for errors: `ConditionExpression`, `FilterExpression`, … */
export const parseCondition = remembering((parser) => parser.condition());
export const parseUpdate = remembering((parser) => parser.update());
export const parseProjection = remembering((parser) => parser.list(() => parser.path()));

function remembering<Tree>(grammar: (parser: Parser) => Tree): (text: string, label: string) => Expression<Tree> {
  const known = new Map<string, Expression<Tree>>();
  return (text, label) => {
    const found = known.get(text);
    if (found) return found;
    const parser = new Parser(text, label);
    const tree = grammar(parser);
    parser.end();
    const expression = { tree, names: parser.names, values: parser.values };
    known.set(text, expression);
    return expression;
  };
}

const TOKEN = /\s*(<>|<=|>=|[=<>()[\],.+-]|[#:]?[A-Za-z_0-9]+)/y;
const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const isComparator = (text: string): text is Comparator => COMPARATORS.has(text);
const FUNCTIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
]);
const isFunction = (text: string): text is ConditionFunction => FUNCTIONS.has(text);
const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;

class Parser {
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  readonly #tokens: readonly string[];
  readonly #label: string;
  readonly #grouped = new WeakSet<Condition>();
  #at = 0;

  constructor(text: string, label: string) {
    this.#label = label;
    if (text.trim() === '') throw this.#invalid('The expression can not be empty;');
    this.#tokens = this.#tokenize(text);
  }

  end(): void {
    if (this.#peek() !== '') throw this.#syntaxError();
  }

  condition(): Condition {
    return this.#chain('OR', () => this.#chain('AND', () => this.#negation()));
  }

  update(): readonly UpdateAction[] {
    const actions: UpdateAction[] = [];
    const seen = new Set<string>();
    while (this.#peek() !== '') {
      const clause = CLAUSES.find((word) => this.#accept(word));
      if (!clause) throw this.#syntaxError();
      if (seen.has(clause))
        throw this.#invalid(`The "${clause}" section can only be used once in an update expression;`);
      seen.add(clause);
      actions.push(...this.list(() => this.#action(clause)));
    }
    return actions;
  }

  list<T>(element: () => T): T[] {
    const elements = [element()];
    while (this.#accept(',')) elements.push(element());
    return elements;
  }

  path(): Path {
    const steps: (string | number)[] = [this.#name()];
    for (;;) {
      if (this.#accept('.')) steps.push(this.#name());
      else if (this.#accept('[')) steps.push(this.#position());
      else return { kind: 'path', steps };
    }
  }

  #action(clause: (typeof CLAUSES)[number]): UpdateAction {
    const path = this.path();
    if (clause === 'REMOVE') return { clause, path };
    if (clause !== 'SET') return { clause, path, value: this.#operand() };
    this.#expect('=');
    const left = this.#setOperand();
    const sign = this.#accept('+') ? 1 : this.#accept('-') ? -1 : undefined;
    return { clause, path, to: sign ? { kind: 'sum', sign, left, right: this.#setOperand() } : left };
  }

  #setOperand(): SetOperand {
    if (this.#call('if_not_exists')) {
      const path = this.path();
      this.#expect(',');
      return this.#closed({ kind: 'if_not_exists', path, otherwise: this.#setOperand() });
    }
    if (this.#call('list_append')) {
      const first = this.#setOperand();
      this.#expect(',');
      return this.#closed({ kind: 'list_append', first, second: this.#setOperand() });
    }
    return this.#operand();
  }

  #chain(word: 'AND' | 'OR', term: () => Condition): Condition {
    const terms = [term()];
    while (this.#accept(word)) terms.push(term());
    const [only] = terms;
    return only && terms.length === 1 ? only : { kind: word === 'AND' ? 'and' : 'or', terms };
  }

  #negation(): Condition {
    return this.#accept('NOT') ? { kind: 'not', term: this.#negation() } : this.#primary();
  }

  #primary(): Condition {
    if (this.#accept('(')) return this.#group();
    const name = this.#peek();
    if (isFunction(name) && this.#call(name)) {
      const subject = this.#operand();
      const takesOne = name === 'attribute_exists' || name === 'attribute_not_exists';
      if (takesOne) return this.#closed({ kind: 'function', name, subject });
      this.#expect(',');
      return this.#closed({ kind: 'function', name, subject, argument: this.#operand() });
    }
    return this.#comparison(this.#operand());
  }

  /** DynamoDB refuses ((…)): a group directly inside a group. */
  #group(): Condition {
    const inner = this.condition();
    if (this.#grouped.has(inner)) throw this.#invalid('The expression has redundant parentheses;');
    this.#grouped.add(inner);
    return this.#closed(inner);
  }

  #comparison(operand: Operand): Condition {
    if (this.#accept('BETWEEN')) {
      const low = this.#operand();
      this.#expect('AND');
      return { kind: 'between', operand, low, high: this.#operand() };
    }
    if (this.#accept('IN')) {
      this.#expect('(');
      return this.#closed({ kind: 'in', operand, list: this.list(() => this.#operand()) });
    }
    const operator = this.#peek();
    if (!isComparator(operator)) throw this.#syntaxError();
    this.#at++;
    return { kind: 'compare', operator, left: operand, right: this.#operand() };
  }

  #operand(): Operand {
    const token = this.#peek();
    if (token.startsWith(':')) {
      this.#at++;
      this.values.add(token);
      return { kind: 'value', name: token };
    }
    return this.#call('size') ? this.#closed({ kind: 'size', path: this.path() }) : this.path();
  }

  #name(): string {
    const token = this.#peek();
    if (!/^(#\w+|[A-Za-z_]\w*)$/.test(token)) throw this.#syntaxError();
    this.#at++;
    if (token.startsWith('#')) this.names.add(token);
    else if (RESERVED_WORDS.has(token.toLowerCase()))
      throw this.#invalid(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
    return token;
  }

  #position(): number {
    const token = this.#peek();
    if (!/^\d+$/.test(token)) throw this.#syntaxError();
    this.#at++;
    this.#expect(']');
    return Number(token);
  }

  #call(name: string): boolean {
    if (this.#peek() !== name || this.#tokens[this.#at + 1] !== '(') return false;
    this.#at += 2;
    return true;
  }

  #closed<T>(value: T): T {
    this.#expect(')');
    return value;
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw this.#syntaxError();
  }

  /** Keywords are case-insensitive. */
  #accept(word: string): boolean {
    if (this.#peek().toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #tokenize(text: string): string[] {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    const trimmed = text.trimEnd();
    while (TOKEN.lastIndex < trimmed.length) {
      const from = TOKEN.lastIndex;
      const token = TOKEN.exec(trimmed)?.[1];
      if (token === undefined)
        throw this.#invalid(`Syntax error; token: "${trimmed[from]}", near: "${trimmed.slice(from, from + 12)}"`);
      tokens.push(token);
    }
    return tokens;
  }

  #syntaxError(): Error {
    const near = this.#tokens.slice(Math.max(0, this.#at - 1), this.#at + 2).join(' ');
    return this.#invalid(`Syntax error; token: "${this.#peek() || '<EOF>'}", near: "${near}"`);
  }

  #invalid(problem: string): Error {
    return invalid(`Invalid ${this.#label}: ${problem}`);
  }
}
