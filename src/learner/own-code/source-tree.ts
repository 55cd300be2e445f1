/** The syntax tree of a function's source. */
import { type Node, parse } from 'acorn';

export type Tree = Node & Record<string, unknown>;

/** A function, an arrow or a method; `undefined` where there is no source, as of native and bound functions. */
export function parsed(source: string): { tree: Tree; text: (node: Tree) => string } | undefined {
  const options = { ecmaVersion: 'latest', checkPrivateFields: false, allowSuperOutsideMethod: true } as const;
  for (const whole of [`(${source})`, `(class { ${source} })`]) {
    try {
      const tree = parse(whole, options) as unknown as Tree;
      return { tree, text: ({ start, end }) => whole.slice(start, end) };
    } catch {
      // The other form.
    }
  }
  return undefined;
}

/** What must hold where a part of a tree is evaluated, or must not. */
export interface Condition {
  readonly test: Tree;
  readonly holds: boolean;
}

/** @param see is called with each node and the conditions under which it is evaluated. */
export function visit(
  node: Tree,
  see: (node: Tree, conditions: readonly Condition[]) => void,
  conditions: readonly Condition[] = [],
): void {
  see(node, conditions);
  for (const value of Object.values(node)) {
    for (const child of (Array.isArray(value) ? value : [value]) as (Tree | null)[]) {
      if (typeof child?.type !== 'string') continue;
      const condition = conditionOf(node, child);
      visit(child, see, condition === undefined ? conditions : [...conditions, condition]);
    }
  }
}

function conditionOf(
  { type, test, left, consequent, alternate, right, operator }: Tree,
  child: Tree,
): Condition | undefined {
  if (type === 'LogicalExpression') {
    return child === right ? { test: left as Tree, holds: operator === '&&' } : undefined;
  }
  if (type !== 'IfStatement' && type !== 'ConditionalExpression') return undefined;
  if (child !== consequent && child !== alternate) return undefined;
  return { test: test as Tree, holds: child === consequent };
}

/** The names that a node declares. */
export function declared(node: Tree): string[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return namesIn(node.id as Tree);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [...(node.params as Tree[]), node.id as Tree | null].flatMap(namesIn);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return namesIn(node.id as Tree | null);
    case 'CatchClause':
      return namesIn(node.param as Tree | null);
    default:
      return [];
  }
}

/** The names in a pattern; the values that they default to are none. */
export function namesIn(pattern: Tree | null): string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name as string];
    case 'ObjectPattern':
      return (pattern.properties as Tree[]).flatMap((one) => namesIn((one.value ?? one.argument) as Tree));
    case 'ArrayPattern':
      return (pattern.elements as (Tree | null)[]).flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left as Tree);
    case 'RestElement':
      return namesIn(pattern.argument as Tree);
    default:
      return [];
  }
}

export const isFunction = ({ type }: Tree): boolean =>
  type === 'FunctionExpression' || type === 'ArrowFunctionExpression' || type === 'FunctionDeclaration';

/** What a node assigns to. */
export function assigned(node: Tree): Tree[] {
  if (node.type === 'UpdateExpression' || node.operator === 'delete') return [node.argument as Tree];
  const isLoop = node.type === 'ForOfStatement' || node.type === 'ForInStatement';
  if (isLoop && (node.left as Tree).type === 'VariableDeclaration') return [];
  return isLoop || node.type === 'AssignmentExpression' ? targets(node.left as Tree) : [];
}

function targets(pattern: Tree | null): Tree[] {
  switch (pattern?.type) {
    case 'ObjectPattern':
      return (pattern.properties as Tree[]).flatMap((one) => targets((one.value ?? one.argument) as Tree));
    case 'ArrayPattern':
      return (pattern.elements as (Tree | null)[]).flatMap(targets);
    case 'AssignmentPattern':
      return targets(pattern.left as Tree);
    case 'RestElement':
      return targets(pattern.argument as Tree);
    default:
      return pattern ? [pattern] : [];
  }
}

/** What the members of a chain are members of. */
export function rootOf(node: Tree): Tree {
  if (node.type === 'MemberExpression') return rootOf(node.object as Tree);
  return node.type === 'ChainExpression' ? rootOf(node.expression as Tree) : node;
}

/** The name of what is called; of `f.call(…)` and the like, that of `f`. */
export function nameOf(callee: Tree): string | undefined {
  if (callee.type === 'Identifier') return callee.name as string;
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  const { name } = callee.property as { name?: string };
  return ['call', 'apply', 'bind'].includes(name ?? '') ? nameOf(callee.object as Tree) : name;
}
