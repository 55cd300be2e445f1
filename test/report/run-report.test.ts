import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { curves } from '../../src/report/curves.ts';
import { inks } from '../../src/report/palette.ts';
import type { Figure } from '../../src/report/plot.ts';
import { type RunConfig, type RunEvent, toRecord } from '../../src/report/record.ts';
import { runReport } from '../../src/report/run-report.ts';
import { standalone } from '../../src/report/standalone.ts';
import { config, events, points, steps } from './fixture.ts';

const report = (over: Partial<RunConfig> = {}, told: RunEvent[] = events) => {
  const text = runReport(toRecord({ ...config, ...over }, told));
  return { text, document: parseHTML(text).document };
};
const titles = (document: Document) => [...document.querySelectorAll('h2')].map((title) => title.textContent);
const cells = (document: Document, row: number, table = 0) =>
  [...document.querySelectorAll('table')[table].querySelectorAll('tbody tr')[row].children].map(
    (cell) => cell.textContent,
  );

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\ufffe\ud800]/;

describe('runReport', () => {
  it('has every figure in both sizes, a caption for each, and alternative texts', () => {
    const { document } = report();
    expect(titles(document)).toEqual([
      'Test error',
      'Test loss',
      'Training loss',
      'Why',
      'When importance sampling pays',
      'τ and its threshold',
      'Effective sample size',
      'Share of noise',
      'Distribution of scores',
      'Most often picked',
      'How this was made',
    ]);
    for (const figure of document.querySelectorAll('figure')) {
      const plots = [...figure.querySelectorAll('svg[role=img]')];
      expect(plots.map((plot) => plot.getAttribute('class'))).toEqual(['plot wide', 'plot narrow']);
      expect(plots.every((plot) => (plot.getAttribute('aria-label') ?? '') !== '')).toBe(true);
      expect(figure.querySelector('figcaption')?.textContent.length).toBeGreaterThan(30);
    }
    // A line for each method.
    expect(document.querySelectorAll('figure')[0].querySelectorAll('svg.wide g[aria-label=line] path')).toHaveLength(2);
    expect(document.querySelector('.pictures img')?.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
    expect(document.querySelector('.pictures li')?.textContent).toBe('3 25×');
  });

  it('is complete in itself: nothing loaded, and its own policy allows its one script alone', () => {
    const { text, document } = report();
    expect(document.querySelectorAll('link, iframe, object')).toHaveLength(0);
    const scripts = [...document.querySelectorAll('script')];
    expect(scripts.map((script) => script.getAttribute('src'))).toEqual([null]);
    const code = text.slice(text.indexOf('<script>') + '<script>'.length, text.indexOf('</script>'));
    const policy = document.querySelector('meta[http-equiv]')?.getAttribute('content') ?? '';
    expect(policy.split('; ')).toContain(`script-src 'sha256-${createHash('sha256').update(code).digest('base64')}'`);
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toContain('connect-src');
    const rest = text.replace(code, '');
    const addresses = [...rest.matchAll(/\b(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(
      ([, address]) => address,
    );
    for (const address of addresses) expect(address).toMatch(/^(data:image\/png;base64,|#)/);
    expect(rest.replaceAll(/xmlns(:\w+)?="http:\/\/www\.w3\.org\/[^"]+"/g, '')).not.toMatch(/https?:\/\//);
    expect(code.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
    expect(code.length).toBeLessThan(16_000);
  });

  it('opens with one sentence and the validation curve, and folds what is long', () => {
    const { document } = report();
    const body = [...document.body.children].map((element) => element.tagName.toLowerCase());
    expect(body.slice(0, 4)).toEqual(['h1', 'p', 'p', 'figure']);
    expect(document.querySelector('.summary')?.textContent).toBe(
      'importance and uniform reached a test error of 2.14 % or less (2.00 % and a standard error) side by side, after 10 s.',
    );
    expect(document.querySelector('figure h2')?.textContent).toBe('Test error');
    const folded = [...document.querySelectorAll('details > summary')].map(({ textContent }) => textContent);
    expect(folded).toEqual(['All of it in words', 'What each method did', 'Why', 'How this was made']);
  });

  it('tells the values of each figure to those who do not see it', () => {
    const { document } = report();
    const said = (k: number) =>
      document.querySelectorAll('figure')[k].querySelector('svg[role=img]')?.getAttribute('aria-label');
    expect(said(0)).toBe(
      'Test error. uniform: 90 first, 2 last, 2 at best, at 10.0 seconds of training. ' +
        'importance: 90 first, 1.9 last, 1.9 at best, at 10.0 seconds of training.',
    );
    for (const figure of document.querySelectorAll('figure')) {
      expect(figure.querySelector('svg[role=img]')?.getAttribute('aria-label')).toMatch(/\d/);
    }
  });

  it('shows the samples that are worth a look', () => {
    const samples = {
      suspects: [{ index: 7, label: 'cat', suggested: '<dog>', confidence: 0.97 }],
      drawn: [{ index: 12, label: 'dog', times: 2500, meanLoss: 1.5 }],
    };
    const told = events.map((event) =>
      event.type === 'result' && event.method === 'importance' ? { ...event, samples } : event,
    );
    const { document } = report({}, told);
    const [suspects, drawn] = document.querySelectorAll('table.sortable');
    expect([...suspects.querySelectorAll('tbody tr > *')].map(({ textContent }) => textContent)).toEqual([
      '7',
      'cat',
      '<dog>',
      '97.0 %',
    ]);
    // The picture of a sample is known where it was among the most picked.
    expect(suspects.querySelectorAll('img')).toHaveLength(1);
    expect([...drawn.querySelectorAll('tbody tr > *')].map(({ textContent }) => textContent)).toEqual([
      '12',
      'dog',
      '2,500',
      '1.50',
    ]);
  });

  it('escapes hostile names', () => {
    const name = '<img src=x onerror="alert(1)">&\'';
    const { text, document } = report(
      { title: '</title><script>alert(1)</script>', methods: { uniform: {}, [name]: { note: '<b>' } } },
      [...points('uniform', 0.02, 0.02), ...points(name, 0.01, 0.01), ...steps(name, true)],
    );
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img src=x');
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(document.querySelectorAll('script')).toHaveLength(1);
    expect(cells(document, 1)[0]).toBe(name);
  });

  it('shows control characters, in the page and in the files of its figures', () => {
    const name = 'a\u001b[2Jb\u0007\u202ec\u0000\ufffed\ud800';
    const told = [...points('uniform', 0.02, 0.02), ...points(name, 0.01, 0.01), ...steps(name, true)];
    const { text, document } = report(
      { title: name, command: name, methods: { uniform: {}, [name]: { [name]: name } } },
      told,
    );
    const line = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
    ];
    const ink = inks([name]);
    const drawn = curves({
      title: name,
      caption: name,
      lines: new Map([[name, line]]),
      inks: ink,
      x: { label: name },
      y: { label: name },
    });
    const file = standalone(drawn as Figure);
    for (const one of [text, file]) expect(one).not.toMatch(obeyed);
    expect(cells(document, 1)[0]).toBe('a\\u001b[2Jb\\u0007\\u202ec\\u0000\\ufffed\\ud800');
    expect(file).toContain('\\u001b[2J');
  });

  it('shows numbers relative to uniform', () => {
    const { document } = report();
    expect(cells(document, 0)).toEqual(['uniform', '2.00 %', '–', '0.0200', '–', '10.0', '1.00', '1,000']);
    expect(cells(document, 1)).toEqual(['importance', '1.90 %', '0.950', '0.0100', '0.500', '10.0', '1.00', '1,000']);
    expect(cells(document, 1, 1)).toEqual([
      'importance',
      '50 %',
      '99,000',
      '64,000',
      'after 5.1 s: τ 1.51 exceeds 1.50, the threshold given',
    ]);
  });

  it('counts one epoch as one', () => {
    const { document } = report({ seconds: undefined, epochs: 1 });
    expect(document.body.textContent).toContain('1 epoch ·');
    expect(document.body.textContent).not.toMatch(/\b1 epochs/);
  });

  it('marks better and worse ones, not by colour alone, and says how', () => {
    const told = [...points('uniform', 0.02, 0.02), ...points('importance', 0.01, 0.03)];
    const { document } = report({}, told);
    const [error, loss] = [...document.querySelectorAll('table tbody tr:nth-child(2) td')].filter((_, k) => k % 2);
    expect([error.textContent, error.querySelector('.better')]).toEqual(['↑ 1.50', null]);
    expect(loss.querySelector('.better')?.textContent).toBe('0.500');
    expect(document.querySelector('p.note')?.textContent).toMatch(
      /Bold where it is better by more than the noise of this run, with ↑ where it is worse by more\./,
    );
  });

  it('says why in the words of each method that decides, and is silent of the others', () => {
    const { document } = report();
    expect([...document.querySelectorAll('.why')].map((list) => list.children.length)).toEqual([4]);
    expect(document.querySelector('.why')?.lastElementChild?.textContent).toMatch(/gained 1\.50 s of uniform training/);
  });

  it('shows worth against cost only of methods that weigh them, and never a value that is none', () => {
    const gainOnly = events.map((event) =>
      event.type === 'step' ? { ...event, worth: undefined, cost: undefined, noiseShare: undefined } : event,
    );
    const captions = (told: RunEvent[]) =>
      [...report({}, told).document.querySelectorAll('figcaption')].map(({ textContent }) => textContent).join(' ');
    expect(captions(events)).toContain('what it costs in time');
    expect(captions(gainOnly)).not.toContain('what it costs in time');
    expect(captions(gainOnly)).toContain('gain, by how much smaller');
    expect(titles(report({}, gainOnly).document)).not.toContain('Share of noise');
    // JSON writes NaN and Infinity as null.
    const wild = events.map((event, k) =>
      event.type === 'step'
        ? { ...event, gain: (k % 2 === 0 ? null : 1e9) as number, worth: null as unknown as number }
        : event,
    );
    expect(report({}, wild).text.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|Infinity/);
  });

  it('says first what holds over the seeds, and of which seed the rest is', () => {
    const text = runReport(
      toRecord(
        {
          ...config,
          seeds: [1, 2],
          methods: { ...config.methods, importance: { rule: { learns: 0.3, resists: 0.5 } } },
        },
        events,
      ),
      { overSeeds: 'Over 2 seeds: <so>.' },
    );
    // Long options have places at which a line can be broken, and all seeds are named.
    const made = parseHTML(text).document.body.textContent;
    expect(made).toContain('rule: { "learns": 0.3, "resists": 0.5 }');
    expect(made).toMatch(/Seeds\s*1, 2/);
    expect(text.indexOf('Over 2 seeds: &lt;so&gt;.')).toBeLessThan(text.indexOf('<h2>Seed 1 alone</h2>'));
    expect(text.indexOf('<h2>Seed 1 alone</h2>')).toBeLessThan(text.indexOf('<h2>Training loss</h2>'));
  });

  it('renders a run without points, one that failed, one method alone', () => {
    const nothing = report({}, []);
    expect(titles(nothing.document)).toEqual(['How this was made']);
    expect(nothing.text).not.toContain('÷ uniform');
    const diverged: RunEvent[] = [
      ...events.filter((event) => event.type !== 'result'),
      {
        type: 'result',
        method: 'importance',
        seconds: 3,
        step: 9,
        importanceShare: 0,
        forward: 1,
        backward: 1,
        failed: `training stopped at step 9${', 123'.repeat(200)}`,
      },
    ];
    const failed = report({}, diverged).document;
    expect(cells(failed, 1, 1).at(-1)).toMatch(/^failed: training stopped at step 9.{0,240}…$/);
    const alone = report({ methods: { uniform: {} } }, points('uniform', 0, 0)).document;
    expect(titles(alone)).toEqual(['Test error', 'Test loss', 'Training loss', 'How this was made']);
    expect(alone.querySelector('svg.wide path')?.getAttribute('d')).not.toMatch(/NaN|Infinity/);
  });

  it('stays small for a long run and draws no number that is none', () => {
    const long: RunEvent[] = Array.from({ length: 20_000 }, (_, k) => ({
      ...(steps('importance', true)[60] as Extract<RunEvent, { type: 'step' }>),
      seconds: k,
      step: k,
      tau: k % 100 === 0 ? undefined : 2,
    }));
    const { text } = report({ seconds: 20_000 }, [...events, ...long]);
    expect(text.length).toBeLessThan(400_000);
    expect(text).not.toMatch(/[ML,]-?NaN|Infinity/);
  });

  it('gives more methods than there are colours dashes of their own', () => {
    const names = ['uniform', ...Array.from({ length: 14 }, (_, k) => `method ${k}`)];
    const { document } = report(
      { methods: Object.fromEntries(names.map((name) => [name, {}])) },
      names.flatMap((name, k) => points(name, 0.01 * (k + 1), 0.01)),
    );
    const lines = [...document.querySelectorAll('.legend')][0].querySelectorAll('line');
    const drawn = [...lines].map((line) => `${line.getAttribute('stroke')} ${line.getAttribute('stroke-dasharray')}`);
    expect(new Set(drawn).size).toBe(names.length);
  });
});
