import { type Edits, editsFrom, editsText, none } from './edits.ts';
import { type MethodName, methods } from './messages.ts';
import { type TaskName, taskNames } from './task-names.ts';

/** All that a race depends on; it stands in the address, so that it can be shared. */
export interface Settings {
  readonly task: TaskName;
  readonly method: MethodName;
  readonly noise: number;
  readonly imbalance: number;
  readonly seed: number;
  readonly trained: boolean;
  readonly seconds: number;
  /** Samples that are changed before the race. Those of one's own pictures are in no address, as the pictures are in none. */
  readonly edits: Edits;
}

export const defaults: Settings = {
  ...{ task: 'digits', method: 'importance', noise: 0, imbalance: 1, seed: 1, trained: false, seconds: 12 },
  edits: none,
};

/** What the numbers are between. */
export const limits = { noise: [0, 0.6], imbalance: [1, 50], seed: [0, 2 ** 31], seconds: [4, 60] } as const;

/** What makes the training set; where it is another, changes of samples mean nothing. */
const ofSamples = ['task', 'noise', 'imbalance', 'seed'] as const;

/** The settings with a part of them changed. @param edits the changes of samples by now. */
export function changed(settings: Settings, part: Partial<Settings>, edits: Edits): Settings {
  const next = { ...settings, ...part };
  const same = next.task !== 'own' && ofSamples.every((name) => next[name] === settings[name]);
  return { ...next, edits: same ? edits : none };
}

/** The settings in an address; what is missing or cannot be is as by default. */
export function fromAddress(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: keyof typeof limits): number => {
    const value = Number(given.get(name) || Number.NaN);
    return value >= limits[name][0] && value <= limits[name][1] ? value : defaults[name];
  };
  const oneOf = <T extends string>(name: string, all: readonly T[], otherwise: T): T =>
    all.find((one) => one === given.get(name)) ?? otherwise;
  const task = oneOf('task', taskNames, defaults.task);
  return {
    task,
    method: oneOf('method', methods, defaults.method),
    noise: number('noise'),
    imbalance: Math.round(number('imbalance')),
    seed: Math.round(number('seed')),
    trained: given.get('trained') === 'yes',
    seconds: Math.round(number('seconds')),
    edits: task === 'own' ? none : editsFrom(given.get('edits') ?? ''),
  };
}

/** What differs from the default. */
export function toAddress({ edits, ...settings }: Settings): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== defaults[name as keyof typeof settings]) said.set(name, value === true ? 'yes' : String(value));
  }
  if (edits.size > 0 && settings.task !== 'own') said.set('edits', editsText(edits));
  return `#${said}`;
}
