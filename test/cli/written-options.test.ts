import { describe, expect, it } from 'vitest';
import { chosenMethods } from '../../src/cli/chosen-methods.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { writtenOptions, writtenValue } from '../../src/methods/written-options.ts';
import { run } from './run.ts';

describe('options as they are written', () => {
  it('are numbers, truth values or words', () => {
    expect(['2', '1e-3', 'true', 'false', '', 'paper'].map(writtenValue)).toEqual([2, 0.001, true, false, '', 'paper']);
  });

  it('go into the option that they are a part of, beside its others', () => {
    const pairs = [
      ['presample', 2],
      ['rule.discount', 2],
      ['rule.draw', 0.1],
    ] as const;
    expect(writtenOptions(pairs)).toEqual({ presample: 2, rule: { discount: 2, draw: 0.1 } });
  });
});

describe('--option rule.NAME', () => {
  it('is that of the rule', () => {
    const [method] = chosenMethods(
      ['importance'],
      [
        ['rule.discount', 2],
        ['rule.hysteresis', 0.1],
      ],
    );
    expect(method.options).toEqual(importance({ rule: { discount: 2, hysteresis: 0.1 } }).options);
    expect(method.options).not.toEqual(importance().options);
  });

  it('goes to the methods of a race that have it', () => {
    const [plain, method] = chosenMethods(['uniform', 'importance'], [['rule.discount', 2]]);
    expect(plain.name).toBe('uniform');
    expect(method.options).toEqual(importance({ rule: { discount: 2 } }).options);
  });

  it.each([
    ['rule.discont=2', /unknown option of importance: got 'rule.discont', .*did you mean 'rule.discount'/],
    ['rule=2', /unknown option of importance: got 'rule', expected .*'rule.discount'/],
    ['rule={"discount":2}', /unknown option of importance: got 'rule', expected .*'rule.discount'/],
    ['rule.discount.x=2', /unknown option of importance: got 'rule.discount.x'/],
    ['presample.x=2', /unknown option of importance: got 'presample.x'/],
    ['rule.__proto__=2', /unknown option of importance/],
    ['rule.discount=0.5', /bad discount of rule of importance: got 0.5, expected a number ≥ 1/],
  ])('%s is refused', async (option, message) => {
    const { code, err } = await run(['train', '--data', 'mnist', '--option', option]);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});
