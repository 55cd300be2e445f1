/** Which names in the source of a function stand for what is computed from the tensors that it is given. */
import { declared, isFunction, nameOf, namesIn, rootOf, type Tree, visit } from './source-tree.ts';

/** What is the same of all batches of a size. */
const ofShape = new Set(['shape', 'rank', 'dtype', 'size', 'length']);

/** Functions of which the same is true. */
const likeShape = new Set(['zerosLike', 'onesLike']);

/** Methods that read the weights of a layer, or the values of a tensor. */
const reading = new Set(['read', 'getWeights', 'data', 'dataSync', 'array', 'arraySync']);

/** Methods that put what they are given into what they are called on. */
const filling = new Set(['push', 'unshift', 'set', 'add']);

export class TensorNames {
  readonly #names = new Set<string>();

  /**
   * @param tree of a function.
   * @param isGiven whether its inputs are such tensors.
   */
  constructor(tree: Tree, isGiven: boolean) {
    if (isGiven) this.#names.add('arguments');
    let count = -1;
    // What is computed in a loop may be used above.
    while (count < this.#names.size) {
      count = this.#names.size;
      let isFirst = true;
      visit(tree, (node) => {
        if (isFirst && isFunction(node)) {
          if (isGiven) this.#add(node.params as Tree[]);
          isFirst = false;
        }
        this.#note(node);
      });
    }
  }

  /** The names in patterns, but for those of shapes: `const { shape } = x`. A member stands for what it is a member of. */
  #add(patterns: readonly (Tree | null)[]): void {
    for (const pattern of patterns) {
      const root = pattern?.type === 'MemberExpression' ? rootOf(pattern) : pattern;
      if (root?.type !== 'ObjectPattern') for (const name of namesIn(root)) this.#names.add(name);
      else {
        for (const one of root.properties as Tree[]) {
          const key = (one.key as { name?: string } | undefined)?.name;
          if (!ofShape.has(key ?? '')) this.#add([(one.value ?? one.argument) as Tree]);
        }
      }
    }
  }

  #note(node: Tree): void {
    switch (node.type) {
      case 'VariableDeclarator':
        if (node.init && this.isIn(node.init as Tree)) this.#add([node.id as Tree]);
        return;
      case 'AssignmentExpression':
        if (this.isIn(node.right as Tree)) this.#add([node.left as Tree]);
        return;
      case 'FunctionDeclaration':
        if (this.isIn(node.body as Tree)) this.#add([node.id as Tree]);
        return;
      case 'ForOfStatement': {
        const { type, declarations } = node.left as Tree;
        const ids = type === 'VariableDeclaration' ? (declarations as Tree[]).map(({ id }) => id as Tree) : [];
        if (this.isIn(node.right as Tree)) this.#add(ids);
        return;
      }
      case 'CallExpression': {
        // A function within is given what it is called of, or with: `xs.map((x) => …)`.
        const given = node.arguments as Tree[];
        const callee = node.callee as Tree;
        if (callee.type === 'MemberExpression' && filling.has(nameOf(callee) ?? '')) {
          if (given.some((one) => this.isIn(one))) this.#add([callee]);
        }
        const functions = given.filter(isFunction);
        const others = [callee, ...given.filter((one) => !isFunction(one))];
        if (others.some((one) => this.isIn(one))) for (const one of functions) this.#add(one.params as Tree[]);
      }
    }
  }

  /** Whether an expression depends on more of tensors than their shapes. */
  isIn(expression: Tree): boolean {
    const { type } = expression;
    if (type === 'Identifier') return this.#names.has(expression.name as string);
    if (type === 'MemberExpression') {
      const { object, property, computed } = expression as { object?: Tree; property?: Tree; computed?: boolean };
      const key = computed ? undefined : (property?.name as string);
      if (ofShape.has(key ?? '')) return false;
      return this.isIn(object!) || (computed === true && this.isIn(property!));
    }
    if (type === 'CallExpression') {
      const callee = expression.callee as Tree;
      const name = nameOf(callee) ?? '';
      if (likeShape.has(name)) return false;
      if (callee.type === 'MemberExpression' && reading.has(name)) return true;
    }
    const own = new Set(declared(expression));
    return Object.entries(expression).some(([field, value]) => {
      // Keys of objects are names of nothing.
      if (type === 'Property' && field === 'key' && !expression.computed) return false;
      return (Array.isArray(value) ? value : [value]).some((child: Tree | null) => {
        if (typeof child?.type !== 'string') return false;
        const isDeclared = child.type === 'Identifier' && own.has(child.name as string) && field !== 'init';
        return !isDeclared && this.isIn(child);
      });
    });
  }
}
