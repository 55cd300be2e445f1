import { describe, expect, it } from 'vitest';
import { distributedImportance } from '../../src/cluster/distributed-importance.ts';
import { constants } from '../../src/decision/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { decayed } from '../../src/methods/decayed.ts';
import { biased } from '../../src/methods/importance/biased.ts';
import { gradientNorm } from '../../src/methods/importance/gradient-norm.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { smoothed } from '../../src/methods/importance/smoothed.ts';
import type { Method } from '../../src/methods/method.ts';
import { tripletLoss } from '../../src/methods/mining/triplet-loss.ts';
import { methodNamed, registry } from '../../src/methods/registry.ts';
import { uniform } from '../../src/methods/uniform.ts';

/** Also the methods that the registry has not, since they are made of more than options. */
const all: readonly { name: string; options: readonly string[]; make: (options?: never) => Method }[] = [
  ...registry,
  {
    name: 'distributedImportance',
    options: ['name', 'score', 'smoothing', 'staleAfter', 'enough', 'start', 'range', 'publishEvery'],
    make: distributedImportance,
  },
];

const hostile: [string, unknown][] = [
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-1', -1],
  ['0', 0],
  ['1.5', 1.5],
  ["'3'", '3'],
  ["''", ''],
  ['{}', {}],
  ['[]', []],
  ['[3]', [3]],
  ['true', true],
  ["'toString'", 'toString'],
  ["'__proto__'", '__proto__'],
  ['3n', 3n],
  ['1e300', 1e300],
  ['a date', new Date(3)],
  ['bytes', new Uint8Array(3)],
  ['a symbol', Symbol('three')],
  ['a function', () => 'three'],
  ['new Number(3)', new Number(3)],
  ['a method', uniform()],
];

/** The only ones of these values that mean something in an option that is no number from 0 on. */
const names = ["'3'", "'toString'", "'__proto__'"];
/** What a method is given besides an option, so that it can be made with it. */
function given(name: string, option?: string): { readonly [option: string]: unknown } {
  if (name === 'rhoLoss') return { irreducible: [0.1, 0.2] };
  return name === 'gradientNorm' && option === 'recompute' ? { over: 'data' } : {};
}

/** A method, or undefined where the call was refused; any other error is thrown on. */
function made(make: () => Method): Method | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnequalError) return undefined;
    throw error;
  }
}

describe.each(all)('$name', ({ name, make: typed, options }) => {
  const make = typed as (options?: unknown) => Method;

  it('takes an option of a hostile value as what it is, or refuses it', () => {
    for (const option of options) {
      for (const [label, value] of hostile) {
        const method = made(() => make({ ...given(name, option), [option]: value }));
        if (method === undefined) continue;
        const where = `${option}: ${label}`;
        if (option === 'name') {
          expect(names, where).toContain(label);
          expect(method.name, where).toBe(value);
          continue;
        }
        if (option === 'replacement' || option === 'irreducible') {
          expect(['true', '[3]', 'bytes'], where).toContain(label);
          continue;
        }
        if (option === 'rule') {
          expect(['{}'], where).toContain(label);
          continue;
        }
        if (option === 'ahead') {
          expect(typeof value, where).toBe('boolean');
          continue;
        }
        expect(typeof value, where).toBe('number');
        expect(value, where).not.toBeNaN();
        if (option !== 'weightBound') expect(Number.isFinite(value), where).toBe(true);
        // What was accepted is what the run's record says.
        const recorded = Object.values(method.options).flat();
        expect(recorded, where).toContain(value);
      }
    }
  });

  it('refuses what is no object of options', () => {
    for (const [label, value] of hostile) {
      if (label === '{}') continue;
      expect(() => make(value), label).toThrow(UnequalError);
    }
    for (const value of ['fresh', 3, new Map(), new Float32Array(2), importance]) {
      expect(() => make(value), String(value)).toThrow(UnequalError);
    }
    expect(() => make(Object.create({ presample: 3 }))).toThrow(UnequalError);
  });

  it('refuses an option that it has not', () => {
    for (const option of ['presmaple', 'toString', '__proto__', 'constructor', 'hasOwnProperty', '']) {
      expect(() => make({ ...given(name), [option]: 3 }), option).toThrow(/^unknown option of /);
    }
    for (const option of options) {
      const mistyped = `x${option}`;
      const message = "did you mean '";
      expect(() => make({ ...given(name, option), [mistyped]: 3 }), mistyped).toThrow(message);
    }
  });

  it.each([undefined, null])('takes %s as not given', (nothing) => {
    const plain = make(given(name));
    const without = Object.fromEntries(options.map((option) => [option, nothing]));
    const method = make({ ...without, ...given(name) });
    expect(method.options).toEqual(plain.options);
    expect(method.name).toBe(plain.name);
    for (const option of options) {
      // One alone, beside what it needs: `over` of gradientNorm decides which others there are.
      expect(make({ ...given(name, option), [option]: given(name)[option] ?? nothing }).name).toBe(plain.name);
    }
    if (name !== 'rhoLoss') expect(make(nothing).options).toEqual(plain.options);
  });
});

it('names the nearest option', () => {
  expect(() => importance({ presmaple: 3 } as object)).toThrow(
    /unknown option of importance: got 'presmaple'.*did you mean 'presample'\?/,
  );
  expect(() => importance({ presample: '3' } as object)).toThrow(/bad presample of importance: got '3'/);
  expect(() => importance({ resample: 'sistematic' } as object)).toThrow(/did you mean 'systematic'\?/);
});

describe('a method in a method', () => {
  const wrappers: [string, (method: never) => Method][] = [
    ['biased', (method) => biased(0.5, method)],
    ['smoothed', (method) => smoothed({ adaptive: 0.5 }, method)],
    ['decayed', (method) => decayed(method)],
  ];
  it.each(wrappers)('%s refuses what is none', (_, wrap) => {
    for (const [label, value] of hostile.filter(([label]) => label !== 'a method')) {
      expect(() => wrap(value as never), label).toThrow(UnequalError);
    }
    expect(() => wrap(importance as never)).toThrow(/got the function importance.*call it: importance\(\)/);
    expect(() => wrap('importance' as never)).toThrow(UnequalError);
    expect(wrap(uniform() as never).name).toContain('uniform');
  });

  it('takes null as not given', () => {
    const nothing = null as never;
    expect(biased(nothing, nothing, nothing)).toMatchObject({ name: biased().name, options: biased().options });
    expect(smoothed(nothing, nothing, nothing)).toMatchObject({ name: smoothed().name, options: smoothed().options });
    expect(smoothed({ adaptive: 0.5, decay: nothing, power: nothing } as never).options).toEqual(smoothed().options);
    expect(decayed(nothing, nothing, nothing)).toMatchObject({ name: decayed().name, options: decayed().options });
    const rule = { rule: { ...Object.fromEntries(Object.keys(constants).map((name) => [name, nothing])) } };
    expect(importance(rule).options).toEqual(importance().options);
  });

  it('refuses other arguments that are of another kind', () => {
    for (const [label, value] of hostile) {
      if (typeof value !== 'number' || !(value <= 1 && value > -Infinity)) {
        expect(() => biased(value as never), label).toThrow(UnequalError);
      }
      if (value !== 0 && value !== -1) expect(() => decayed(uniform(), value as never), label).toThrow(UnequalError);
      expect(() => smoothed(value as never), label).toThrow(UnequalError);
      if (!names.includes(label))
        expect(() => decayed(uniform(), () => 1, value as never), label).toThrow(UnequalError);
      expect(() => tripletLoss({ margin: value === 1.5 || value === 1e300 ? 0 : value } as object), label).toThrow(
        UnequalError,
      );
    }
    expect(() => smoothed({ additive: 1, power: 0.5 } as never)).toThrow(
      /unknown option.*it does not go with 'additive'/,
    );
    expect(() => gradientNorm({ recompute: 1 } as never)).toThrow(/unknown option.*it needs over: 'data'/);
    expect(() => importance({ weightPower: 2 })).toThrow(/got 2, expected a number ≤ 1, or 'measured'/);
    expect(() => smoothed({ adaptive: 0.5, deacy: 0.9 } as never)).toThrow(/did you mean 'decay'\?/);
    expect(() => decayed(uniform(), () => Number.NaN)).toThrow(UnequalError);
    expect(() => methodNamed('toString')).toThrow(UnequalError);
  });
});
