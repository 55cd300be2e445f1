/** What a function keeps from call to call, told from its source: an oracle of programs that do and programs that do not. */
import { describe, expect, it } from 'vitest';
import { readSource } from '../../../src/learner/own-code/source.ts';

const known = new Set([
  'mean',
  'sub',
  'square',
  'mul',
  'keep',
  'ones',
  'map',
  'get',
  'has',
  'sin',
  'Map',
  'assign',
  'rand',
  'from',
]);
const read = (source: string) => readSource(source, ({ name }) => known.has(name));

describe('keeps something', () => {
  it.each([
    ['(t, p) => t.sub(p).mul(n++ % 2)', 'n'],
    ['(t, p) => { n += 1; return t.sub(p); }', 'n'],
    ['(t, p) => { n = n + 1; return t.sub(p).mul(n); }', 'n'],
    ['(t, p) => { if (n < 20) n = n + 1; return t.sub(p); }', 'n'],
    ['(t, p) => { if (!begun) begun = true; return t.sub(p); }', 'begun'],
    ['(t, p) => { if (training) k = on; return t.sub(p); }', 'k'],
    ['(t, p) => { [a, b] = [b, a]; return t.sub(p).mul(a); }', 'a'],
    ['(t, p) => { ({ seed: state.seed } = draw); return t.sub(p); }', 'state.seed'],
    ['function loss(t, p) { loss.calls++; seen.push(1); return t.sub(p); }', 'seen.push'],
    ['call(x) { return x.mul(this.#n++); }', 'this.#n'],
    ['call(x) { return x.mul(this.s[0]++); }', 'this.s[0]'],
    ['call(x) { return x.mul(Counting.n++); }', 'Counting.n'],
    ['call(x) { this.list.push(1); return x; }', 'this.list.push'],
    ['call(x) { this.map.set("n", this.map.get("n") + 1); return x; }', 'this.map.set'],
    ['call(x) { return x.mul(this.numbers.next().value); }', 'this.numbers.next'],
    ['(t, p) => { const step = () => { n++; }; step(); return t.sub(p); }', 'n'],
    ['(t, p) => { const { kl } = config; kl.n += 1; return t.sub(p); }', 'kl.n'],
    ['(t, p) => { const s = state; s.n++; return t.sub(p); }', 's.n'],
    ['(t, p, s = state) => { s.n++; return t.sub(p); }', 's.n'],
    ['(t, p) => { for (const s of schedules) s.n++; return t.sub(p); }', 's.n'],
    ['(t, p) => { schedules.map((s) => { s.n++; }); return t.sub(p); }', 's.n'],
    ['(t, p) => { const next = (s) => { s.n++; }; next(state); return t.sub(p); }', 's.n'],
    ['(t, p) => { function next(s) { s.n++; } next(state); return t.sub(p); }', 's.n'],
    ['(t, p) => { const { seen } = state; seen.push(1); return t.sub(p); }', 'seen.push'],
    ['(t, p) => { Object.assign(state, { n: state.n + 1 }); return t.sub(p); }', 'state'],
    ['call(x) { const s = this.s; s[0]++; return x; }', 's[0]'],
    ['(t, p) => { const k = queue[0]; delete queue[0]; return t.sub(p).mul(k); }', 'queue[0]'],
    // What is made of the first batch.
    ['(t, p) => { scale ??= tf.keep(tf.mean(t)); return t.sub(p).div(scale); }', 'scale'],
    ['(t, p) => { const m = tf.tidy(() => t.sub(p).mean()); if (!scale) scale = tf.keep(m); return p; }', 'scale'],
    ['call(x) { this.#first ??= tf.keep(this.kernel.read().clone()); return x.sub(this.#first); }', 'this.#first'],
    ['call([x]) { if (!kept.has(this)) kept.set(this, tf.keep(tf.abs(x))); return kept.get(this); }', 'kept.set'],
    ['(t, p) => { function mean() { return tf.keep(tf.mean(t)); } s ??= mean(); return p.div(s); }', 's'],
    ['(t, p) => { const o = {}; o.m = tf.mean(t); s ??= tf.keep(o.m); return p.div(s); }', 's'],
    ['(t, p) => { const parts = []; parts.push(tf.mean(t)); s ??= tf.stack(parts); return p.div(s); }', 's'],
    ['function (t, p) { s ??= tf.keep(tf.mean(arguments[0])); return p.div(s); }', 's'],
    ['(t, p) => { sums[0] ||= [t, p].map((x) => x.sum()); return sums[0][1]; }', 'sums[0]'],
  ])('%s', (source, changes) => {
    expect(read(source).changes).toBe(changes);
  });
});

describe('keeps nothing', () => {
  it.each([
    '(t, p) => t.sub(p).square().mean(-1)',
    '(t, p) => { let n = 0; for (let i = 0; i < 3; i++) n += i; return t.sub(p).mul(n); }',
    '(t, p) => { const parts = []; parts.push(t); parts[0] = p; return parts[0].sub(p); }',
    '({ a, b: [c] }, ...rest) => { a = 1; c = 2; rest = 3; return a; }',
    '(t, p) => { constant ??= tf.keep(tf.ones([2])); return t.sub(p).mul(constant); }',
    '(t, p) => { if (!constant) constant = tf.keep(tf.ones([2])); return t.sub(p).mul(constant); }',
    '(t, p) => { if (!cache.has(2)) cache.set(2, tf.ones([2])); return cache.get(2); }',
    '(t, p) => { cache[2] ||= tf.ones([2]); return t.sub(p); }',
    'call(x) { this.masks[x.shape[1]] ??= tf.ones([2]); return x; }',
    '(t, p) => { const { shape } = p; mask ??= tf.keep(tf.ones([shape[1]])); return t.mul(mask); }',
    '(t, p) => { const { shape: [, k] } = p; mask ??= tf.keep(tf.ones([k])); return t.mul(mask); }',
    '(t, p) => { table ??= tf.keep(tf.tensor(params.data, params.shape)); return t.mul(table); }',
    '(t, p) => { const [n, k] = p.shape; mask ??= tf.keep(tf.range(0, k).tile([n])); return t.mul(mask); }',
    '(t, p) => { mask ??= tf.tensor1d(Array.from({ length: t.shape[0] }, (_, p) => p)); return t.mul(mask); }',
    'applyGradients(all) { for (const { name, tensor } of all) slots[name] ??= tf.variable(tf.zerosLike(tensor)); }',
    '(t, p) => tf.fill([2], 1).mul(tf.reverse(p)).sub(t)',
    // Whoever has the layer sees these change.
    'call(x) { this.n++; this.state.n = 2; return x.mul(this.n); }',
    'async call(x) { try { return x.mul(2); } catch (error) { error = 1; return x; } }',
    'call(x, { training }) { return super.call(x, { training }); }',
    'get size() { return 1; }',
    '(t, p) => { const all = {}; const a = all; a.n = 1; Object.assign(a, { m: 2 }); return t.sub(p); }',
    '(t, p) => { const parts = [t, p].map((x) => { const y = { x }; y.x = 2; return y; }); return parts[0]; }',
    'call(x) { const { state } = this; state.n = 2; return x.mul(state.n); }',
  ])('%s', (source) => {
    expect(read(source).changes).toBeUndefined();
  });
});

it('what nobody sees of an object is kept in a loss that is its method', () => {
  const source = '(t, p) => { this.n++; return t.sub(p); }';
  expect(readSource(source, ({ name }) => known.has(name), { isSeen: () => false }).changes).toBe('this.n');
});

it('is not known of what a function within is given by somebody', () => {
  expect(read('(t, p) => keep(t.sub(p), (s) => { s.n++; })').unclear).toBe('s.n');
});

describe('asks something outside', () => {
  it.each([
    ['(t, p) => t.sub(p).mul(rnd())', 'rnd'],
    ['(t, p) => t.sub(p).mul(this.schedule.now())', 'this.schedule.now'],
    ['(t, p) => { const { next } = schedule; return t.mul(next(1)); }', 'next'],
  ])('%s', (source, asks) => {
    expect(read(source)).toEqual({ changes: undefined, asks, unclear: undefined });
  });
});

describe('calls something unknown', () => {
  it.each([
    ['(t, p) => helpers.apart(t, p)', 'helpers.apart'],
    ['(t, p) => { const apart = t.sub(p); return weighted(apart, 2); }', 'weighted'],
    ['(t, p) => t.sub(p).mul(list[0]())', 'list[0]'],
    ['(t, p) => new Helper(t).value', 'Helper'],
    ['function () { [native code] }', 'a function without a source'],
  ])('%s', (source, unclear) => {
    expect(read(source)).toEqual({ changes: undefined, ...read(source), unclear });
  });

  it.each(['(t, p) => tf.mean(Math.sin(1))', '(t, p) => { const help = (a) => a.sub(p); return help(t); }'])(
    'not in %s',
    (source) => {
      expect(read(source)).toEqual({ changes: undefined, unclear: undefined });
    },
  );
});

it('a template that is tagged is a call', () => {
  expect(read('(t, p) => t.sub(p).mul(now``)').asks).toBe('now');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source of a function.
  expect(read('(t, p) => t.sub(p).mul(scale`${t}`)').unclear).toBe('scale');
});

it('a generator that is handed on is called', () => {
  expect(read('(t, p) => t.sub(p).mul(tf.rand([2], generator))').asks).toBe('generator');
  expect(read('(t, p) => t.sub(p).mul(Array.from({ length: 2 }, generator))').asks).toBe('generator');
  expect(read('(t, p) => t.sub(p).mul(Array.from(numbers))').asks).toBeUndefined();
  expect(read('(t, p) => { const g = () => 1; return t.sub(p).mul(tf.rand([2], g)); }').asks).toBeUndefined();
});
