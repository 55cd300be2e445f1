/**
 * Whether a function may know something outside by a name that `Owners` does not follow, as that of an element of a list or of a
 * loop. Such a name can change what is outside, and the source does not say so.
 */
import { changing } from './library-functions.ts';
import { keyOf, type Owner, type Owners } from './owners.ts';
import { calleeOf, mutators } from './source-nodes.ts';
import { assigned, isFunction, rootOf, type Tree, visit } from './source-tree.ts';

export interface Uses {
  /** Whether whoever has it can change nothing by it, and runs no code by looking at it; undefined where nobody sees it. */
  readonly isValue: (owner: Owner) => boolean | undefined;
  /** Whether it is a list, a map or the like, whose methods give what is in it. */
  readonly isCollection: (owner: Owner) => boolean;
  /** Whether there is something of that name outside. */
  readonly isOutside: (name: string) => boolean;
}

/** What does something else than its source says where it stands. */
const odd = new Set(['YieldExpression', 'AwaitExpression', 'WithStatement', 'ClassExpression', 'ClassDeclaration']);

/** Where a value is put that is then known by another name. */
const places: { readonly [type: string]: readonly string[] } = {
  ArrayExpression: ['elements'],
  Property: ['value'],
  SpreadElement: ['argument'],
};
/** Where a number or a text is made of it, which an object of the program's may do in its own way. */
const conversions: { readonly [type: string]: readonly string[] } = {
  TemplateLiteral: ['expressions'],
  BinaryExpression: ['left', 'right'],
  UnaryExpression: ['argument'],
};

/** Methods that change what they are called on, but for those that tensors have too. */
const changes = new Set([...changing, ...mutators]);
for (const name of ['add', 'reverse']) changes.delete(name);

/** The first part of a tree that is, or may be, known by another name. */
export function otherName(
  tree: Tree,
  text: (node: Tree) => string,
  owners: Owners,
  local: ReadonlySet<string>,
  { isValue, isCollection, isOutside }: Uses,
): string | undefined {
  const within = declaredAs(tree, isFunction);
  const made = declaredAs(tree, isEmpty);
  // What methods of other things give is told when these are read.
  const isGiven = (part: Tree, { root, path }: Owner) =>
    part.type === 'CallExpression' && !isCollection({ root, path: path.slice(0, -1) });
  const isOther = (part: Tree | null): boolean =>
    part !== null && !owners.of(part).every((owner) => isValue(owner) || isGiven(part, owner));
  const isConverted = (part: Tree): boolean => owners.of(part).some((owner) => isValue(owner) === false);
  const isUnknown = (object: Tree): boolean =>
    owners.of(object).length === 0 && !(object.type === 'Identifier' && made.has(object.name as string));
  const method = ((tree.body as Tree[])[0].expression as Tree | undefined) ?? tree;
  let found: string | undefined;
  visit(tree, (node) => {
    const { type } = node;
    const add = (part: Tree | null, is: boolean) => {
      if (is) found ??= text(part!);
    };
    // The source of a method is read within a class.
    add(node, odd.has(type) && node !== method);
    for (const target of assigned(node)) {
      const root = rootOf(target);
      // A name within may be declared in another block than the one it is assigned in.
      if (root.type === 'Identifier') add(target, local.has(root.name as string) && isOutside(root.name as string));
      // A change of something outside is told elsewhere; of what this is a member, nobody knows.
      if (target.type === 'MemberExpression') add(target, isUnknown(target.object as Tree));
    }
    for (const key of places[type] ?? []) {
      for (const part of [node[key]].flat() as (Tree | null)[]) add(part, isOther(part));
    }
    for (const key of conversions[type] ?? []) {
      const isLogical = ['!', 'typeof', 'void', 'delete', '===', '!=='].includes(node.operator as string);
      for (const part of [node[key]].flat() as Tree[]) add(part, !isLogical && isConverted(part));
    }
    // Which of its members is looked at, nobody knows.
    if (type === 'MemberExpression') add(node, !owners.of(node).every(isSeen));
    if (type !== 'CallExpression') return;
    const callee = calleeOf(node);
    if (callee.type === 'MemberExpression' && changes.has(keyOf(callee) ?? ''))
      add(callee, isUnknown(callee.object as Tree));
    if (callee.type === 'Identifier' && local.has(callee.name as string)) {
      if (within.has(callee.name as string)) return;
      add(callee, owners.of(callee).length === 0);
    } else if (callee.type === 'Identifier') {
      // What it is given is followed.
      return;
    } else if (callee.type === 'MemberExpression') {
      if (owners.of(callee.object as Tree).length > 0) return;
    } else add(callee, !isFunction(callee) && callee.type !== 'Super');
    for (const part of node.arguments as Tree[]) add(part, isOther(part));
  });
  return found;

  function isSeen({ root, path }: Owner): boolean {
    const at = path.indexOf(undefined);
    return root === 'this' || at < 0 || isValue({ root, path: path.slice(0, at) }) === true;
  }
}

/** The names of what a tree declares so, and never exchanges. */
function declaredAs(tree: Tree, is: (made: Tree) => boolean): Set<string> {
  const names = new Set<string>();
  visit(tree, (node) => {
    const made = node.type === 'VariableDeclarator' ? (node.init as Tree | null) : node;
    if (made && node.id && is(made)) names.add((node.id as { name?: string }).name ?? '');
  });
  visit(tree, (node) => {
    for (const { type, name } of assigned(node)) if (type === 'Identifier') names.delete(name as string);
  });
  return names;
}

/** A list or an object with nothing in it. */
function isEmpty({ elements, properties }: Tree): boolean {
  return ((elements ?? properties) as Tree[] | undefined)?.length === 0;
}
