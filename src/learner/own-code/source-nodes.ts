/** What the nodes of a source mean, for those who read it. */
import { keyOf, type Owner } from './owners.ts';
import { type Condition, isFunction, type Tree, visit } from './source-tree.ts';

/** Methods that change what they are called on. Those that TensorFlow.js has functions of the same name of are not among them. */
export const mutators = new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'set', 'delete', 'clear', 'next']);

/** What counts how often lines are run, where a test is measured: the count changes nothing. */
const countsLines = /^cov_[a-z\d]+$/;

/** Functions of JavaScript that change their first argument. */
const changing = new Set(['assign', 'defineProperty', 'defineProperties', 'set', 'deleteProperty']);

/** Whether it is a call of what counts lines. */
export const isCoverage = ({ type, callee }: Tree): boolean =>
  type === 'CallExpression' && countsLines.test((callee as { name?: string }).name ?? '');

/** What a literal list or object is made of, and what is spread; of another expression itself. */
export function within(expression: Tree | null): Tree[] {
  if (expression === null) return [];
  switch (expression.type) {
    case 'SpreadElement':
      return within(expression.argument as Tree);
    case 'ArrayExpression':
      return (expression.elements as (Tree | null)[]).flatMap(within);
    case 'ObjectExpression':
      return (expression.properties as Tree[]).flatMap((one) => within((one.value ?? one.argument) as Tree));
    default:
      return [expression];
  }
}

/** What a node goes over the elements of. */
export function iterated({ type, right, argument, id, init, left }: Tree): Tree[] {
  if (type === 'ForOfStatement') return [right as Tree];
  if (type === 'SpreadElement') return [argument as Tree];
  const isTaken = (pattern: unknown) => (pattern as Tree | undefined)?.type === 'ArrayPattern';
  if (type === 'VariableDeclarator' && isTaken(id) && init) return [init as Tree];
  return type === 'AssignmentExpression' && isTaken(left) ? [right as Tree] : [];
}

export function returned({ type, argument, body, expression }: Tree): Tree[] {
  if (type === 'ReturnStatement' && argument) return [argument as Tree];
  return type === 'ArrowFunctionExpression' && expression ? [body as Tree] : [];
}

/** Whether an expression is part of a tree. */
export const contains = (tree: Tree, expression: string, text: (node: Tree) => string): boolean =>
  some(tree, (node) => text(node) === expression);

export function some(tree: Tree, is: (node: Tree) => boolean): boolean {
  let found = false;
  visit(tree, (node) => {
    found ||= is(node);
  });
  return found;
}

/** The places that a function of JavaScript changes, as if they were assigned to. */
export function changedByCall({ type, callee, arguments: given }: Tree): Tree[] {
  if (type !== 'CallExpression' || (callee as Tree).type !== 'MemberExpression') return [];
  const { object, property } = callee as { object?: Tree; property?: { name?: string } };
  const isOfLanguage = object?.type === 'Identifier' && ['Object', 'Reflect'].includes(object.name as string);
  const [first] = given as Tree[];
  return isOfLanguage && first && changing.has(property?.name ?? '') ? [memberOf(first)] : [];
}

/** Some member of an object. */
const memberOf = (object: Tree): Tree => ({
  ...object,
  type: 'MemberExpression',
  object,
  property: {},
  computed: false,
});

/** The name of a member; that of an element is not known. */
export const ownKey = (member: Tree): string | undefined => (member.computed ? undefined : (keyOf(member) ?? ''));

/** Whether a private field or an element is on the way. */
export const isHidden = (path: Owner['path']): boolean => path.some((key) => key === undefined || key.startsWith('#'));

/** What is called by a name: a function outside, or a method that was taken from something. Nothing, for a function within. */
export function asMethods(callee: Tree, owners: readonly Owner[]): { name?: string; owners?: Owner[] }[] {
  if (callee.type !== 'Identifier') return isFunction(callee) ? [] : [{}];
  return owners.map(({ root, path }) =>
    path.length === 0 ? { name: root } : { name: path.at(-1), owners: [{ root, path: path.slice(0, -1) }] },
  );
}

/** The name of what is called, and of the thing outside that it is called of. */
export function calledOf(callee: Tree): [root: string, name: string | undefined] {
  if (callee.type === 'Identifier') return ['', callee.name as string];
  const { object, computed } = callee as { object?: Tree; computed?: boolean };
  if (object?.type !== 'Identifier' || computed) return ['', undefined];
  return [object.name as string, keyOf(callee)];
}

/** Whether a condition is that something is not there: `!made`, `made === undefined`, `!made.has(key)`, or what follows `made ||`. */
export function saysMissing({ test, holds }: Condition, made: string, text: (node: Tree) => string): boolean {
  const { type, operator, left, right, argument } = test as Tree & Record<'left' | 'right' | 'argument', Tree>;
  if (type === 'UnaryExpression' && operator === '!') return saysMissing({ test: argument, holds: !holds }, made, text);
  if (type === 'LogicalExpression' && holds === (operator === '&&'))
    return [left, right].some((one) => saysMissing({ test: one, holds }, made, text));
  if (type !== 'BinaryExpression') return !holds && contains(test, made, text);
  const isNothing = [left, right].some((one) =>
    ['undefined', 'null', "'undefined'", '"undefined"'].includes(text(one)),
  );
  const isEqual = operator === '===' || operator === '==';
  const isUnequal = operator === '!==' || operator === '!=';
  return isNothing && (holds ? isEqual : isUnequal) && contains(test, made, text);
}

/** What is called: bundlers write `(0, module.f)(…)`. */
export function calleeOf({ type, tag, callee }: Tree): Tree {
  const called = (type === 'TaggedTemplateExpression' ? tag : callee) as Tree;
  return called.type === 'SequenceExpression' ? (called.expressions as Tree[]).at(-1)! : called;
}
