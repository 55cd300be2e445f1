/** Which names in the source of a function stand for what is computed from the tensors that it is given. */
import { declared, isFunction, nameOf, namesIn, type Tree, visit } from './source-tree.ts';

/** What is the same of all batches of a size. */
const ofShape = new Set(['shape', 'rank', 'dtype', 'size', 'length']);

/** Functions of which the same is true. */
const likeShape = new Set(['zerosLike', 'onesLike']);

/** What reads the weights of a layer, or the values of a tensor. */
const reading = new Set(['read', 'getWeights', 'data', 'dataSync', 'array', 'arraySync']);

export class TensorNames {
  readonly #names = new Set<string>();

  /** @param tree of a function: its inputs are tensors. */
  constructor(tree: Tree) {
    let count = -1;
    // What is computed in a loop may be used above.
    while (count < this.#names.size) {
      count = this.#names.size;
      let isFirst = true;
      visit(tree, (node) => {
        if (isFirst && isFunction(node)) {
          this.#add(node.params as Tree[]);
          isFirst = false;
        }
        this.#note(node);
      });
    }
  }

  #add(patterns: readonly (Tree | null)[]): void {
    for (const name of patterns.flatMap(namesIn)) this.#names.add(name);
  }

  #note(node: Tree): void {
    switch (node.type) {
      case 'VariableDeclarator':
        if (node.init && this.isIn(node.init as Tree)) this.#add([node.id as Tree]);
        return;
      case 'AssignmentExpression':
        if (this.isIn(node.right as Tree)) this.#add([node.left as Tree]);
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
        const functions = given.filter(isFunction);
        const others = [node.callee as Tree, ...given.filter((one) => !isFunction(one))];
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
      if (reading.has(key ?? '')) return true;
      return this.isIn(object!) || (computed === true && this.isIn(property!));
    }
    if (type === 'CallExpression' && likeShape.has(nameOf(expression.callee as Tree) ?? '')) return false;
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
