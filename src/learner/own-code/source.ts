import { otherName, type Uses } from './other-names.ts';
import { keyOf, type Owner, Owners } from './owners.ts';
import {
  asMethods,
  calledOf,
  calleeOf,
  changedByCall,
  contains,
  isCoverage,
  isHidden,
  iterated,
  mutators,
  ownKey,
  returned,
  saysMissing,
  some,
  within,
} from './source-nodes.ts';
import { assigned, declared, isFunction, nameOf, parsed, rootOf, type Tree, visit } from './source-tree.ts';
import { TensorNames } from './tensor-names.ts';

/** What a function does beside computing from its inputs, as far as its source tells. */
export interface Source {
  /** Something that outlives the call and is changed in it, as the source calls it. */
  readonly changes?: string;
  /** Whether that is a method that is called, and not what it changes. */
  readonly changesByCall?: boolean;
  /** A call of `console` at every call. What a program says if something is the case is left out. */
  readonly says?: string;
  /** A call of something outside that is given nothing: it gives a constant, or something that is kept there and may change. */
  readonly asks?: string;
  /** Another call of something that may change what outlives it, or why the source says nothing. */
  readonly unclear?: string;
  /** What it may know by another name, see `otherName`. */
  readonly other?: string;
}

/** A function or method that is called. */
export interface Callee {
  readonly name: string;
  /** What there is before the call that it may be a method of: nothing, for a method of what is computed or given. */
  readonly owners?: readonly Owner[];
  /** How many arguments it is called with. */
  readonly count: number;
  /** Whether anything that the function was given or made is among them. */
  readonly isGiven: boolean;
  /** Whether a tensor of the batch is. */
  readonly isGivenTensors: boolean;
  /** What of each argument is there before the call. */
  readonly given: readonly (readonly Owner[])[];
  /** The names of what else is called of a thing outside; under '' that of functions. */
  readonly beside: (root: string) => ReadonlySet<string>;
}

interface Circumstances {
  readonly isSeen: (path: Owner['path']) => boolean;
  readonly isOfBatch: boolean;
  /** Which of its arguments are there before the call. */
  readonly given: ReadonlySet<number>;
  /** Is told of what the function reads that is there before the call, and of functions that it hands on. */
  readonly onUse: (used: Owner) => void;
  /** Whether whoever has what is returned can change nothing by it. */
  readonly mayReturn: (returned: Owner) => boolean;
  /** Whether to go over its elements changes nothing, as it does where they are numbers that a generator makes. */
  readonly isCollection: (iterated: Owner) => boolean;
  readonly uses: Uses;
}

/** Functions that call another for each number they make: `tf.rand(shape, generator)`, `Array.from({ length }, generator)`. */
const drawing = new Set(['rand', 'from']);

/** What compilers make of assignments to private fields for older engines: TypeScript, esbuild, Babel and swc. */
const setsPrivate = /private_?field_?(loose_?)?(set|update)|(^|_)private(Set|Wrapper)/i;

/**
 * Reads the source of a function: which names that are not its own it assigns to, and which functions it calls that are not known to
 * compute from their inputs alone.
 *
 * What is made once is no change, `mask ??= tf.ones([4, 4])`, unless it is made of the first batch, `scale ??= tf.keep(tf.mean(x))`: calls
 * that are no steps would make it of another. Neither are fields of `this`, unless they are private or elements of lists: whoever has the
 * object sees them change.
 *
 * @param source as `Function.prototype.toString` gives it.
 * @param isKnown whether a function or method only computes.
 * @param options.isSeen whether somebody sees a field of `this` change.
 * @param options.isOfBatch whether what the function is given is of a batch.
 * @param options.onUse this and the others are asked about what is there before the call, see `Circumstances`.
 */
export function readSource(
  source: string,
  isKnown: (callee: Callee) => boolean,
  {
    isSeen = () => true,
    isOfBatch = true,
    given: outside = new Set(),
    onUse = () => {},
    mayReturn = () => true,
    isCollection = () => true,
    uses,
  }: Partial<Circumstances> = {},
): Source {
  const read = parsed(source);
  if (read === undefined) return { unclear: 'a function without a source' };
  const { tree, text } = read;
  const local = new Set<string>();
  const owners = new Owners(local, outside);
  const called = new Map<string, Set<string>>();
  visit(tree, (node) => {
    for (const name of declared(node)) local.add(name);
  });
  owners.note(tree);
  visit(tree, ({ type, callee }) => {
    if (type !== 'CallExpression') return;
    const [root, name] = calledOf(callee as Tree);
    if (name !== undefined && !local.has(root || name)) called.set(root, (called.get(root) ?? new Set()).add(name));
  });
  const tensors = new TensorNames(tree, isOfBatch);
  const beside = (root: string) => called.get(root) ?? new Set<string>();
  /** Names of members, which stand for nothing. */
  const keys = new Set<unknown>();
  let changes: string | undefined;
  let changesByCall: boolean | undefined;
  const says = local.has('console') ? undefined : saidAtOnce(tree, text);
  let asks: string | undefined;
  let unclear: string | undefined;
  const isOwn = ({ type, name }: Tree) =>
    type === 'ThisExpression' || (type === 'Identifier' && local.has(name as string));
  /** Whether what is assigned to is there after the call, and nobody sees it change; `undefined` where that is not known. */
  const outlivesCall = (target: Tree): boolean | undefined => {
    if (target.type === 'Identifier') return !local.has(target.name as string);
    const found = owners.of(target.object as Tree);
    if (found.length > 0) {
      return found.some(({ root, path }) => {
        const field = [...path, ownKey(target)];
        return root !== 'this' || isHidden(field) || !isSeen(field);
      });
    }
    const root = rootOf(target);
    if (isCoverage(root)) return false;
    if (root.type !== 'Identifier') return undefined;
    return owners.isUnknown(root.name as string) ? undefined : false;
  };
  visit(tree, (node, conditions) => {
    const isAskedFor = (made: Tree) => conditions.some((condition) => saysMissing(condition, text(made), text));
    const isMadeOnce = ({ operator, right }: Tree, target: Tree) => {
      const value = right as Tree | undefined;
      // A mark, not something that was made.
      if (value === undefined || value.type === 'Literal' || tensors.isIn(value)) return false;
      if (operator === '??=' || operator === '||=') return true;
      return operator === '=' && isAskedFor(target) && !contains(value, text(target), text);
    };
    for (const target of [...assigned(node), ...changedByCall(node)]) {
      const outlives = outlivesCall(target);
      if (outlives === undefined) unclear ??= text(target);
      else if (outlives && !isMadeOnce(node, target)) changes ??= text(target);
    }
    if (node.type === 'MemberExpression') {
      if (!node.computed) keys.add(node.property);
      for (const one of owners.of(node)) onUse(one);
    }
    if (node.type === 'Property' && !node.computed && !node.shorthand) keys.add(node.key);
    if (node.type === 'Identifier' && !local.has(node.name as string) && !keys.has(node))
      onUse({ root: node.name as string, path: [] });
    for (const one of iterated(node)) if (!owners.of(one).every(isCollection)) asks ??= text(one);
    for (const one of returned(node)) if (!owners.of(one).every(mayReturn)) unclear ??= text(one);
    const isTemplate = node.type === 'TaggedTemplateExpression';
    if (!isTemplate && node.type !== 'CallExpression' && node.type !== 'NewExpression') return;
    const callee = calleeOf(node);
    const name = nameOf(callee);
    const given = (isTemplate ? (node.quasi as Tree).expressions : node.arguments) as Tree[];
    if (isCoverage(node)) return;
    if (setsPrivate.test(text(callee))) changes ??= `a private field by ${text(callee)}`;
    if (callee.type === 'MemberExpression' && mutators.has(name ?? '')) {
      const object = callee.object as Tree;
      if (rootOf(object).type === 'ThisExpression' || owners.of(object).length > 0) {
        const isMade =
          name === 'set' &&
          isAskedFor(object) &&
          !given.some((one) => tensors.isIn(one) || contains(one, text(object), text));
        if (!isMade && changes === undefined) [changes, changesByCall] = [text(callee), true];
        return;
      }
    }
    if (callee.type === 'Super') return;
    const isGiven = given.some((argument) => some(argument, isOwn));
    const isGivenTensors = given.some((one) => tensors.isIn(one));
    const call = {
      ...{ count: given.length, isGiven, isGivenTensors, beside },
      given: given.map((one) => within(one).flatMap((part) => owners.of(part))),
    };
    for (const { type, name: handed } of drawing.has(name ?? '') ? given.slice(1) : []) {
      const isOutside = type === 'Identifier' && !local.has(handed as string);
      if (isOutside && !isKnown({ ...notGiven, name: handed as string, beside })) asks ??= handed as string;
    }
    const functions =
      callee.type === 'MemberExpression'
        ? [{ name: callee.computed ? undefined : keyOf(callee), owners: owners.of(callee.object as Tree) }]
        : asMethods(callee, owners.of(callee));
    for (const { name, owners } of functions) {
      if (name !== undefined && isKnown({ name, owners, ...call })) continue;
      const isOutside = node.type !== 'NewExpression' && name !== undefined && owners?.length !== 0;
      if (isOutside && !isGiven) asks ??= text(callee);
      else unclear ??= text(callee);
    }
  });
  if (owners.isIncomplete) unclear ??= 'names that stand for each other';
  return {
    changes,
    changesByCall,
    says,
    asks,
    unclear,
    ...(uses && { other: otherName(tree, text, owners, local, uses) }),
  };
}

/** A call of `console` among the first statements of a function, which every call comes to. */
function saidAtOnce(tree: Tree, text: (node: Tree) => string): string | undefined {
  let found: string | undefined;
  let isFirst = true;
  visit(tree, (node) => {
    if (!isFirst || !isFunction(node)) return;
    isFirst = false;
    for (const { type, expression } of ((node.body as Tree).body ?? []) as Tree[]) {
      if (type !== 'ExpressionStatement' && type !== 'VariableDeclaration') return;
      const { type: kind, callee } = (expression ?? {}) as Tree;
      if (kind === 'CallExpression' && isOfConsole(callee as Tree)) found ??= text(callee as Tree);
    }
  });
  return found;
}

/** `console.log`, and not `console.assert`, which says something only where a thing is not so. */
function isOfConsole({ type, object, property }: Tree): boolean {
  if (type !== 'MemberExpression') return false;
  const of = object as Tree;
  return of.type === 'Identifier' && of.name === 'console' && (property as Tree).name !== 'assert';
}

const notGiven = { count: 1, isGiven: false, isGivenTensors: false, given: [] };
