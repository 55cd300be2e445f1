import ts from 'typescript';
import type { Plugin } from 'vite';

/**
 * Says in the declarations what the sources mean: that an optional property may also be given as undefined. Without that a
 * program with `exactOptionalPropertyTypes` could not pass on an option that it may not have itself.
 */
export function exactDeclarations(): Plugin {
  return {
    name: 'exact-declarations',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && chunk.fileName.endsWith('.d.mts')) chunk.code = withUndefined(chunk.code);
      }
    },
  };
}

/** Declarations whose optional properties may be undefined. */
export function withUndefined(declarations: string): string {
  const file = ts.createSourceFile('file.d.mts', declarations, ts.ScriptTarget.Latest, true);
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  const edit = (from: number, to: number, text: string) => edits.push({ from, to, text });
  const visit = (node: ts.Node): void => {
    // What stands within is edited before what follows it.
    ts.forEachChild(node, visit);
    const { type } = node as { type?: ts.TypeNode };
    if (isOptional(node) && type !== undefined && !takesUndefined(type)) {
      if (endsOpen(type)) edit(type.getStart(), type.getStart(), '(');
      edit(type.end, type.end, endsOpen(type) ? ') | undefined' : ' | undefined');
    }
    const whole = partOf(node);
    if (whole) edit(node.getStart(), node.end, `{ [P in keyof ${whole}]?: ${whole}[P] | undefined }`);
  };
  visit(file);
  let [text, at] = ['', 0];
  for (const { from, to, text: instead } of edits.sort((a, b) => a.from - b.from)) {
    text += declarations.slice(at, from) + instead;
    at = to;
  }
  return text + declarations.slice(at);
}

const isOptional = (node: ts.Node): boolean =>
  (ts.isPropertySignature(node) || ts.isMappedTypeNode(node)) &&
  node.questionToken !== undefined &&
  // `-?` takes away that it is optional.
  node.questionToken.kind !== ts.SyntaxKind.MinusToken;

/** What `Partial` is of, where that is a name. */
function partOf(node: ts.Node): string | undefined {
  if (!ts.isTypeReferenceNode(node) || node.typeName.getText() !== 'Partial') return undefined;
  const [whole] = node.typeArguments ?? [];
  return whole && ts.isTypeReferenceNode(whole) && !whole.typeArguments ? whole.getText() : undefined;
}

const takesUndefined = (type: ts.TypeNode): boolean =>
  ts.isUnionTypeNode(type)
    ? type.types.some(takesUndefined)
    : [ts.SyntaxKind.UndefinedKeyword, ts.SyntaxKind.UnknownKeyword, ts.SyntaxKind.AnyKeyword].includes(type.kind);

/** Whether what follows such a type would be a part of it. */
const endsOpen = (type: ts.TypeNode): boolean =>
  ts.isFunctionTypeNode(type) || ts.isConstructorTypeNode(type) || ts.isConditionalTypeNode(type);
