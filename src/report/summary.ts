import { capital, duration, list, many, number, shorten } from './format.ts';
import { judgeOf } from './judged-by.ts';
import { leadSentence } from './lead.ts';
import { leftOutText } from './left-out.ts';
import { lostNumberText } from './lost-number.ts';
import { neverOn } from './never-on.ts';
import { type Comparison, compareLoss, uniformOf } from './noise.ts';
import { type MethodRecord, type RunRecord, type StepEvent, secondsOf } from './record.ts';
import { rmseOf } from './results.ts';
import { inOne, type Sentence } from './sentence.ts';
import { differ, span, unevenSteps } from './spent.ts';
import { unfinishedText } from './unfinished.ts';

/**
 * What came of a run, in sentences made from its numbers, with no more said than one run can tell.
 *
 * @example
 * ```ts
 * console.log(summary(await readRecord('runs/people')).join(' '));
 * ```
 */
export function summary(record: RunRecord): string[] {
  return sentences(record).map(inOne);
}

/** The same, with the clauses of each sentence apart. */
export function sentences(record: RunRecord): Sentence[] {
  const { config, methods } = record;
  const trained = methods.filter((method) => method.points.at(-1) !== undefined && method.result?.failed === undefined);
  return [
    unfinishedText(record),
    config.kind === 'race' ? leadSentence(methods, config.data.test, config.data.heldOut) : undefined,
    ...(config.kind === 'race' ? standings(record, trained) : trained.map((method) => finals(record, method))),
    trained.length > 0 ? unitOf(record) : undefined,
    ...switching(trained),
    ...methods.filter(({ result }) => result?.failed !== undefined).map(failure),
    ...methods.map(lost),
    leftOutText(record.leftOut ?? []),
    config.kind === 'race' && trained.length > 1 ? caution(record) : undefined,
  ].filter((sentence) => sentence !== undefined);
}

function caution({ config, seeds }: RunRecord): string {
  const one = `One run of each with seed ${config.seed}: a small difference may turn around with another seed`;
  return seeds.length > 1 ? `${one}; what holds over all ${seeds.length} is said above.` : `${one}.`;
}

/** What a method is judged by, where it was tested, and its training loss. */
function levels({ config, methods }: RunRecord, { points }: MethodRecord): string {
  const judge = judgeOf(methods, config.data.heldOut);
  const point = points.at(-1);
  const value = judge && point?.[judge.key];
  const rmse = judge?.key === 'testLoss' ? rmseOf(config.data, value) : undefined;
  const unit = rmse === undefined ? '' : ` (RMSE ${number(rmse)})`;
  const tested = value === undefined ? '' : `a ${judge!.name} of ${judge!.text(value)}${unit} and `;
  return `${tested}a training loss of ${number(point?.trainLoss)}`;
}

/** What the losses are of, where that is not the target as it was given. */
export function unitOf({ config: { data } }: RunRecord): string | undefined {
  if (data.scaled === undefined) return undefined;
  const { target, deviation } = data.scaled;
  const rmse = deviation === undefined ? '' : '; the RMSE is in its own unit';
  return `Losses are of ${shorten(target, 60)} scaled to mean 0 and deviation 1${rmse}.`;
}

function standings(record: RunRecord, trained: readonly MethodRecord[]): Sentence[] {
  const { config, methods } = record;
  const judge = judgeOf(methods, config.data.heldOut);
  const uniform = uniformOf(methods);
  const base = uniform?.points.at(-1);
  if (uniform === undefined || base === undefined) return ranking(record, trained);
  // There is nothing to compare the others with.
  if (base.trainLoss !== undefined && !Number.isFinite(base.trainLoss)) return ranking(record, trained);
  const others = trained.filter((method) => method !== uniform);
  const after = duration(secondsOf(uniform));
  const unlike = others.filter((method) => differ(secondsOf(method), secondsOf(uniform)));
  const times = list(unlike.map((method) => `${method.name} ${duration(secondsOf(method))}`));
  const each = unlike.length > 0 ? ` (${times})` : methods.length > 1 ? ' each' : '';
  const first = `After ${after} of training${each}, uniform has ${levels(record, uniform)}.`;
  if (others.length === 0) return [first];
  const losses = others.map((method) => ({ method, at: compareLoss(method.points, uniform.points) }));
  const tested = others.map((method) => ({
    method,
    at: judge?.compare(method.points, uniform.points, config.data.test),
  }));
  return [
    first,
    ...(judge ? verdicts(capital(judge.name), tested, ({ points }) => judge.text(points.at(-1)?.[judge.key])) : []),
    ...verdicts('Training loss', losses, (method) => number(method.points.at(-1)?.trainLoss)),
  ];
}

/** Where there is no uniform to compare with. */
function ranking(record: RunRecord, trained: readonly MethodRecord[]): Sentence[] {
  if (trained.length < 2) return trained.map((method) => finals(record, method));
  const { name, key, text } = judgeOf(trained, record.config.data.heldOut) ?? {
    name: 'training loss',
    key: 'trainLoss' as const,
    text: number,
  };
  const value = ({ points }: MethodRecord) => points.at(-1)?.[key];
  // What is no number stands last.
  const place = (one: MethodRecord) => (Number.isFinite(value(one)) ? (value(one) as number) : Number.MAX_VALUE);
  const order = [...trained].sort((a, b) => place(a) - place(b)).map((one) => `${one.name} (${text(value(one))})`);
  return [{ opening: `By ${name} after ${span(trained)} of training each: `, clauses: order }, ...unevenSteps(trained)];
}

interface Compared {
  readonly method: MethodRecord;
  readonly at: Comparison | undefined;
}

function verdicts(what: string, compared: readonly Compared[], show: (method: MethodRecord) => string): Sentence[] {
  // One that was never on is neither ahead nor behind by importance sampling.
  const alike = compared.filter(({ method, at }) => at && at.verdict !== 'no number' && neverOn(method));
  const of = (verdict: Comparison['verdict']) =>
    compared
      .filter((one) => one.at?.verdict === verdict && !alike.includes(one))
      .sort((a, b) => (a.at as Comparison).ratio - (b.at as Comparison).ratio);
  const each = (group: readonly Compared[]) =>
    list(group.map(({ method, at }) => `${method.name} (${show(method)}, ${number(at?.ratio)} × uniform)`));
  const says = (group: readonly Compared[], what: string) =>
    group.length === 0 ? [] : [`${each(group)} ${group.length === 1 ? 'is' : 'are'} ${what}`];
  const gone = (group: readonly Compared[]) =>
    group.length === 0 ? [] : [`${list(group.map(({ method }) => method.name))} ended without a number`];
  const clauses = [
    ...(alike.length === 0 ? [] : [`${each(alike)} trained uniformly too`]),
    ...says(of('better'), 'ahead of uniform'),
    ...says(of('within noise'), 'within the noise of this run'),
    ...says(of('worse'), 'behind uniform'),
    ...gone(of('no number')),
    ...says(of('unknown'), 'there, with too few points to tell a difference from noise'),
  ];
  return clauses.length === 0 ? [] : [{ opening: `${what}: `, clauses }];
}

function finals(record: RunRecord, method: MethodRecord): string {
  const { name, points } = method;
  return `After ${duration(secondsOf(method))} and ${many(points.at(-1)?.step, 'step')} ${name} has ${levels(record, method)}.`;
}

/** When importance sampling was switched on and why, or that it was not. */
function switching(methods: readonly MethodRecord[]): string[] {
  const sentences: string[] = [];
  const on = methods.flatMap(({ name, switches }) => {
    const first = switches.find((event) => event.on);
    return first === undefined ? [] : [`${duration(first.seconds)} by ${name} (${first.why})`];
  });
  if (on.length > 0) sentences.push(`Importance sampling was switched on after ${list(on)}.`);
  for (const { name, switches, steps } of methods) {
    const weighed = steps.findLast(({ worth, cost }) => typeof worth === 'number' && typeof cost === 'number');
    if (weighed !== undefined && !switches.some((event) => event.on)) {
      sentences.push(
        `${name} never switched importance sampling on: at the end a step by importance was worth ${number(weighed.worth)} uniform ones and cost ${number(weighed.cost)}${prevented(weighed)}.`,
      );
      continue;
    }
    const latest = steps.findLast(({ tau, threshold }) => tau !== undefined && threshold !== undefined);
    if (latest === undefined || switches.some((event) => event.on)) continue;
    sentences.push(
      `${name} never switched importance sampling on: at the end τ was ${number(latest.tau)}, and ${number(latest.threshold)} was needed.`,
    );
  }
  return sentences;
}

/** What kept it off, where worth and cost do not say so. */
function prevented({ against, worth = 0, cost = 0 }: StepEvent): string {
  if (against === 'memorised') return '; but what was left was memorising, which helps no new sample';
  if (against === 'resists') return '; but most of what would be drawn hardly gets better from one visit to the next';
  if (against === 'unknown')
    return '; but too little was seen to tell whether what would be drawn gets better by training';
  if (against === 'signed') return '; but losses go below 0, so that what is left to learn cannot be told';
  return against === 'worth' && worth > cost ? ', too little above it to begin' : '';
}

function lost(method: MethodRecord): string | undefined {
  const text = lostNumberText(method);
  return text && `${method.name}: ${text}.`;
}

function failure({ name, result }: MethodRecord): string {
  return `${name} failed after ${duration(result?.seconds)}: ${shorten(result?.failed ?? '', 240)}`;
}
