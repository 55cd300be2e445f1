/** The page says why a method picks uniformly as the library has decided it, and knows no threshold of its own. */
import { expect, it } from 'vitest';
import { type Constants, constants, decide } from '../../src/decision/policy.ts';
import type { BatchSeen } from '../../web/src/messages.ts';
import type { Side } from '../../web/src/race.ts';
import { why } from '../../web/src/why.ts';

/** What is said where this is known. */
function said(
  evidence: { gain: number; resistance?: number; resisted?: number; fitted?: number },
  changed: Partial<Constants> = {},
) {
  const { gain, ...rest } = evidence;
  const rule = { ...constants, ...changed, weightPower: 'measured', rateFollows: false } as const;
  const { on, against, resisted } = decide({ ratios: [{ ratio: 3, gain, cost: 1.05 }], ...rest }, rule, undefined);
  const batch = {
    on,
    against,
    resisted,
    step: 1,
    seconds: 1,
    indices: [],
    losses: [],
    visits: [],
  } satisfies BatchSeen;
  return why('importance', { batch } as unknown as Side);
}

it.each<[Parameters<typeof said>, string]>([
  [[{ gain: 3, resistance: 0.1 }], ''],
  [[{ gain: 1, resistance: 0.1 }], 'do not promise enough'],
  // Also where more of them resist than the rule bears: it was not what decided.
  [[{ gain: 1, resistance: 0.9 }], 'do not promise enough'],
  [[{ gain: 3, resistance: 0.9 }], '90 % of what it would draw hardly gets better'],
  [[{ gain: 3, resistance: 0.7, resisted: 0 }], 'until it has seen whether what it would draw gets better'],
  [[{ gain: 3, resistance: 0.9 }, { resists: 1 }], ''],
  [[{ gain: 3, resistance: 0.2 }, { resists: 0.1 }], '20 % of what it would draw hardly gets better'],
  [[{ gain: 3, resistance: 0.1, fitted: 0.1 }], 'what is left to fit is memorised'],
])('%j: %s', (given, words) => {
  if (words === '') expect(said(...given)).toBe('');
  else expect(said(...given)).toContain(words);
});

it.each([
  ['τ 1.52 exceeds 1.50', 'importance, 2.2 s: on. τ 1.52 exceeds 1.50.'],
  ['what is left is memorised', 'importance, 2.2 s: on. What is left is memorised.'],
])('begins a sentence with a capital letter, but leaves a symbol as it is: %s', (reason, sentence) => {
  expect(why('importance', { switched: { on: true, why: reason, seconds: 2.2 } } as unknown as Side)).toBe(sentence);
});

it.each([undefined, 'unknown', 'memorised', 'resists'])(
  'says nothing of what is to come once the race has ended: %s',
  (against) => {
    const batch = { on: false, against, resisted: 0.5 };
    const said = why('importance', { batch } as unknown as Side, true);
    expect(said).toMatch(/^importance picked uniformly to the end: /);
    expect(said).not.toMatch(/still|yet|until/);
  },
);
