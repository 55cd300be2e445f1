// Puts the marked regions of the files in examples/ into the code blocks of README.md and docs/*.md that name them:
//
//     <!-- examples/first-fit.mjs#fit -->
//     ```js
//
// One direction only: the block is written anew from the file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The pages that have examples. */
export const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The lines of an example between `#region NAME` and `#endregion NAME`; where it has several, one after the other. */
export function region(path, name) {
  const parts = [];
  let inside;
  for (const line of readFileSync(join(root, path), 'utf8').split('\n')) {
    const [, mark, of] = /^\s*(?:\/\/|#|<!--) ?#(region|endregion) (\S+)/.exec(line) ?? [];
    if (of !== name) {
      if (mark === undefined) inside?.push(line);
    } else if (mark === 'region') inside = [];
    else {
      parts.push(inside.join('\n').trim());
      inside = undefined;
    }
  }
  if (parts.length === 0 || inside !== undefined) throw new Error(`${path} has no whole region ${name}`);
  return parts.join('\n\n');
}

// An empty block has no line of its own between its fences.
const block = /<!-- (examples\/\S+)#(\S+) -->\n```(\w+)\n(?:[\s\S]*?\n)??```(?=\n|$)/g;

/** A page with the examples that it names. */
export function withExamples(text) {
  return text.replace(
    block,
    (_, path, name, language) => `<!-- ${path}#${name} -->\n\`\`\`${language}\n${region(path, name)}\n\`\`\``,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of pages) {
    const [path, text] = [join(root, page), readFileSync(join(root, page), 'utf8')];
    if (withExamples(text) !== text) writeFileSync(path, withExamples(text));
  }
}
