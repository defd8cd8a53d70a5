/** The trees that DynamoDB's expressions are parsed into. */

/** Steps are attribute names, `#placeholders`, or positions in a list. */
export interface Path {
  readonly kind: 'path';
  readonly steps: readonly (string | number)[];
}
export type Operand =
  | Path
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'size'; readonly path: Path };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type ConditionFunction =
  | 'attribute_exists'
  | 'attribute_not_exists'
  | 'attribute_type'
  | 'begins_with'
  | 'contains';
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly list: readonly Operand[] }
  | {
      readonly kind: 'function';
      readonly name: ConditionFunction;
      readonly subject: Operand;
      readonly argument?: Operand;
    };

export type SetOperand =
  | Operand
  | { readonly kind: 'sum'; readonly sign: 1 | -1; readonly left: SetOperand; readonly right: SetOperand }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: SetOperand }
  | { readonly kind: 'list_append'; readonly first: SetOperand; readonly second: SetOperand };
export type UpdateAction =
  | { readonly clause: 'SET'; readonly path: Path; readonly to: SetOperand }
  | { readonly clause: 'REMOVE'; readonly path: Path }
  | { readonly clause: 'ADD' | 'DELETE'; readonly path: Path; readonly value: Operand };

/** A tree, with the placeholders that it uses. */
export interface Expression<Tree> {
  readonly tree: Tree;
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}
