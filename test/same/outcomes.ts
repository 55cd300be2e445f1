/** The table of programs as a page says it: what trains compiled, what eagerly, what is refused. */
import type { Outcome, Program, Programs } from './program.ts';

const headings: readonly (readonly [Outcome, string, string])[] = [
  ['compiled', 'Trained compiled', 'The same numbers as `model.fit`, and no warning.'],
  [
    'eager',
    'Trained eagerly',
    'The same numbers as `model.fit`, after one warning that says why the program is not compiled.',
  ],
  [
    'refused',
    'Refused',
    "A `UnequalError` before the first step says what is wrong. What the program itself does not forbid trains with `engine: 'eager'`.",
  ],
];

/** A part of docs/coverage.md. */
export function outcomes(tables: { readonly [part: string]: Programs }): string {
  const all = Object.values(tables).flatMap((programs) => Object.values(programs));
  const parts = headings.map(([outcome, heading, words]) => {
    const rows = Object.entries(tables).flatMap(([part, programs]) => {
      const names = namesOf(programs, (program) => program.outcome === outcome && program.known === undefined);
      return names.length > 0 ? [`- **${part}:** ${names.join('; ')}.`] : [];
    });
    return `### ${heading}\n${words}\n\n${rows.join('\n')}`;
  });
  const known = Object.values(tables).flatMap((programs) =>
    namesOf(programs, (program) => program.known !== undefined).map((name) => `- ${name}: ${programs[name].known}.`),
  );
  if (known.length > 0) parts.push(`### Not the same yet\n${known.join('\n')}`);
  return `## Programs
${all.length} programs are trained by \`model.fit\`, by \`fit\` and by \`fit\` with the engine \`'eager'\`, in the same order: the losses of
all batches, the weights, the optimizer's slots, the \`History\`, the calls of callbacks, what they saw, tensors left behind, the
backend and the user's own tensors agree (to a relative 1e-4). Programs put together at random are compared likewise
(\`npm run same -- --runs 20000\`).

${parts.join('\n\n')}
`;
}

const namesOf = (programs: Programs, which: (program: Program) => boolean): string[] =>
  Object.keys(programs).filter((name) => which(programs[name]));
