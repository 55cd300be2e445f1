/** What a method is called on, as far as the source of a function tells. */
import { isFunction, namesIn, rootOf, type Tree, visit } from './source-tree.ts';

/** Something that is there before the call. */
export interface Owner {
  /** `this`, or the name of something outside the function. */
  readonly root: string;
  /** The fields on the way to it; `undefined` for any of its elements. */
  readonly path: readonly (string | undefined)[];
}

type Children = readonly (Tree | null)[];

/** Where the value of a name comes from: an expression, and the fields that it is taken from. */
interface Origin {
  readonly from: Tree;
  readonly path: Owner['path'];
}

/** So often an answer may need another, at most: names that are given each other in turns lead in circles. */
const patience = 3000;

/** Functions of TensorFlow.js that call what they are given with tensors that they have made, and with functions that keep these. */
const handsOnMade = new Set(['customGrad', 'grad', 'grads', 'valueAndGrad', 'valueAndGrads']);

/** Methods that give an element of a collection, or some. */
const giveElements = new Set(['get', 'at', 'find', 'filter', 'slice', 'values', 'entries', 'concat']);

export class Owners {
  readonly #origins = new Map<string, Origin[]>();
  /** The names of what functions within are given. */
  readonly #given = new Set<string>();
  readonly #known = new Map<Tree, Owner[]>();
  #asked = 0;
  /** Whether some answer is missing. */
  isIncomplete = false;

  /**
   * @param local the names that are the function's own.
   * @param given which of its arguments are there before the call.
   */
  constructor(
    private readonly local: ReadonlySet<string>,
    private readonly given: ReadonlySet<number> = new Set(),
  ) {}

  /** Takes down what a function gives to names. */
  note(tree: Tree): void {
    const within = new Map<string, Children>();
    const calls: (readonly [name: string, given: Children])[] = [];
    let isFirst = true;
    visit(tree, (node) => {
      this.#noteOne(node);
      if (isFunction(node)) {
        const params = node.params as Children;
        for (const one of params) if (one?.type === 'AssignmentPattern') this.#bind(one, one.right as Tree, []);
        if (!isFirst) for (const name of params.flatMap(namesIn)) this.#given.add(name);
        else for (const k of this.given) this.#bind(params[k] ?? params.at(-1) ?? null, argument(k), []);
        if (node.type === 'FunctionDeclaration') within.set((node.id as unknown as { name: string }).name, params);
        isFirst = false;
      } else if (node.type === 'VariableDeclarator' && isFunction((node.init ?? node) as Tree)) {
        within.set((node.id as { name?: string }).name ?? '', (node.init as Tree).params as Children);
      } else if (node.type === 'CallExpression' && (node.callee as Tree).type === 'Identifier') {
        calls.push([(node.callee as unknown as { name: string }).name, node.arguments as Children]);
      }
    });
    for (const [name, given] of calls) {
      for (const [k, param] of (within.get(name) ?? []).entries()) if (given[k]) this.#bind(param, given[k], []);
    }
  }

  /** Whether it is not known what a name stands for: a function within is given it by somebody. */
  isUnknown(name: string): boolean {
    return this.#given.has(name) && !this.#origins.has(name);
  }

  #noteOne(node: Tree): void {
    switch (node.type) {
      case 'VariableDeclarator':
        if (node.init) this.#bind(node.id as Tree, node.init as Tree, []);
        return;
      case 'AssignmentExpression':
        this.#bind(node.left as Tree, node.right as Tree, []);
        return;
      case 'ForOfStatement': {
        const left = node.left as Tree;
        const target = left.type === 'VariableDeclaration' ? ((left.declarations as Tree[])[0].id as Tree) : left;
        this.#bind(target, node.right as Tree, [undefined]);
        return;
      }
      case 'CallExpression': {
        // What a method hands to a function is an element of what it is called on.
        const callee = node.callee as Tree;
        if (callee.type !== 'MemberExpression') return;
        const isOutside = rootOf(callee).type === 'Identifier' && !this.local.has(rootOf(callee).name as string);
        if (isOutside && handsOnMade.has(keyOf(callee) ?? '')) return;
        for (const one of node.arguments as Tree[]) {
          for (const name of (one.params as Tree[] | undefined) ?? [])
            this.#bind(name, callee.object as Tree, [undefined]);
        }
      }
    }
  }

  #bind(pattern: Tree | null, from: Tree, path: Owner['path']): void {
    switch (pattern?.type) {
      case 'Identifier': {
        const name = pattern.name as string;
        this.#origins.set(name, [...(this.#origins.get(name) ?? []), { from, path }]);
        return;
      }
      case 'ObjectPattern':
        for (const one of pattern.properties as Tree[]) {
          const key = one.type === 'Property' && !one.computed ? (one.key as { name?: string }).name : undefined;
          this.#bind((one.value ?? one.argument) as Tree, from, [...path, key]);
        }
        return;
      case 'ArrayPattern':
        for (const one of pattern.elements as Children) this.#bind(one, from, [...path, undefined]);
        return;
      case 'AssignmentPattern':
        this.#bind(pattern.left as Tree, from, path);
        this.#bind(pattern.left as Tree, pattern.right as Tree, []);
        return;
      case 'RestElement':
        this.#bind(pattern.argument as Tree, from, path);
    }
  }

  /** What an expression may be that is there before the call; nothing for what is computed in it, or given to it. */
  of(expression: Tree): Owner[] {
    let found = this.#known.get(expression);
    if (found === undefined) {
      this.#asked = 0;
      found = this.#of(expression, new Set());
      this.#known.set(expression, found);
    }
    return found;
  }

  #of(expression: Tree, asked: ReadonlySet<Origin>): Owner[] {
    if (++this.#asked > patience) {
      this.isIncomplete = true;
      return [];
    }
    const within = (part: unknown) => this.#of(part as Tree, asked);
    switch (expression.type) {
      case 'ThisExpression':
      case 'Super':
        return [{ root: 'this', path: [] }];
      case 'Identifier': {
        const name = expression.name as string;
        if (!this.local.has(name)) return [{ root: name, path: [] }];
        const origins = (this.#origins.get(name) ?? []).filter((one) => !asked.has(one));
        return origins.flatMap((one) => follow(this.#of(one.from, new Set([...asked, one])), one.path));
      }
      case 'MemberExpression':
        return follow(within(expression.object), [keyOf(expression)]);
      case 'CallExpression': {
        const callee = expression.callee as Tree;
        if (callee.type !== 'MemberExpression') return [];
        // `Object.values(x)` gives elements of `x`.
        const isOfLanguage = ['Object', 'Array'].includes((callee.object as { name?: string }).name ?? '');
        const [first] = expression.arguments as Tree[];
        if (isOfLanguage) return first ? follow(within(first), [undefined]) : [];
        return giveElements.has(keyOf(callee) ?? '') ? follow(within(callee.object), [undefined]) : [];
      }
      case 'ConditionalExpression':
        return [...within(expression.consequent), ...within(expression.alternate)];
      case 'LogicalExpression':
      case 'AssignmentExpression':
        return [...within(expression.left), ...within(expression.right)];
      case 'ChainExpression':
        return within(expression.expression);
      case 'AwaitExpression':
        return within(expression.argument);
      case 'SequenceExpression':
        return within((expression.expressions as Tree[]).at(-1));
      default:
        return [];
    }
  }
}

/** What stands for an argument: a name that is the function's own for nobody. */
const argument = (k: number): Tree => ({ type: 'Identifier', name: `${argumentName}${k}`, start: 0, end: 0 }) as Tree;

const argumentName = 'argument ';

/** Which argument of the function it is, if it is one. */
export const argumentOf = (root: string): number | undefined =>
  root.startsWith(argumentName) ? Number(root.slice(argumentName.length)) : undefined;

const follow = (owners: readonly Owner[], path: Owner['path']): Owner[] =>
  owners.map((owner) => ({ root: owner.root, path: [...owner.path, ...path] }));

/** The name of a member; a private one has a # before it. */
export function keyOf({ computed, property }: Tree): string | undefined {
  const { type, name, value } = property as { type: string; name?: string; value?: unknown };
  if (computed) return type === 'Literal' ? String(value) : undefined;
  return type === 'PrivateIdentifier' ? `#${name}` : name;
}
