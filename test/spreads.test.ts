/**
 * A call takes some 100,000 arguments and then overflows the stack: a list whose length follows from the data is never
 * spread into one that takes any number.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** Calls that take any number of arguments. */
const anyNumber = /^(max|min|hypot|push|unshift|splice|concat|of|fromCharCode|fromCodePoint|writeWhole)$/;

/** The calls of a program that a list is spread into, or whose arguments are a list. */
function spreads(text: string): string[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
      const spread = given.some((one) => ts.isSpreadElement(one) && !ts.isArrayLiteralExpression(one.expression));
      const applied = name === 'apply' && /^(Math|Array|String)\./.test(expression.getText());
      if (applied || (spread && anyNumber.test(name))) found.push(node.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

it('finds them', () => {
  expect(
    spreads('Math.max(...a); b.push(1, ...a); String.fromCharCode.apply(null, a); Math.max.apply(null, a)'),
  ).toEqual(['Math.max(...a)', 'b.push(1, ...a)', 'String.fromCharCode.apply(null, a)', 'Math.max.apply(null, a)']);
  expect(spreads('f(...a); Math.max(...[1, 2]); [...a]; b.push([...a])')).toEqual([]);
});

it.each(readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))(
  '%s',
  (name) => {
    expect(spreads(readFileSync(join(source, name), 'utf8'))).toEqual([]);
  },
);
