import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curves } from '../../src/report/curves.ts';
import { fileName, writeFigures } from '../../src/report/figure-files.ts';
import { inks } from '../../src/report/palette.ts';
import type { Figure } from '../../src/report/plot.ts';
import { standalone } from '../../src/report/standalone.ts';
import { tauFigure } from '../../src/report/tau.ts';
import { steps } from './fixture.ts';

const figureOf = (names: readonly string[], title = 'Training loss', name?: string) =>
  curves({
    ...{ title, name },
    caption: 'A caption.',
    lines: new Map(names.map((name, k) => [name, [0, 1, 2].map((x) => ({ x, y: (k + 1) / (x + 1) }))])),
    inks: inks(names),
    x: { label: 'seconds of training' },
    y: { label: 'training loss' },
  }) as Figure;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-figures-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('standalone', () => {
  it('is an XML document complete in itself, with a title, a background and no variable left', async () => {
    const hostile = '<script>alert("1")</script>&';
    for (const text of [standalone(figureOf(['uniform', 'importance'])), standalone(figureOf(['uniform', hostile]))]) {
      expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(text).not.toMatch(/var\(|undefined|NaN|<script|&nbsp;/);
      expect(text.replaceAll(/xmlns(:\w+)?="[^"]+"/g, '')).not.toMatch(/https?:|href|url\((?!#)/);
      // XML knows five names of characters, wants every attribute once and every tag closed.
      expect([...text.matchAll(/&(\w+);/g)].filter(([, name]) => !/^(amp|lt|gt|quot|apos)$/.test(name))).toEqual([]);
      for (const [tag] of text.matchAll(/<\w[^>]*>/g)) {
        const names = [...tag.matchAll(/\s([\w:-]+)="/g)].map(([, name]) => name);
        expect(new Set(names).size, tag).toBe(names.length);
      }
      const { document } = parseHTML(text);
      expect(document.querySelector('title')?.textContent).toBe('Training loss');
      expect(document.querySelector('rect')?.getAttribute('fill')).toBe('#fdfdfb');
    }
  });

  it('gives every colour of its own a dark one', () => {
    const names = ['uniform', ...Array.from({ length: 11 }, (_, k) => `method ${k}`)];
    const text = standalone(figureOf(names));
    const used = new Set([...text.matchAll(/(?:fill|stroke)="(#\w+)"/g)].map(([, color]) => color));
    expect(used.size).toBeGreaterThan(7);
    for (const color of used) expect(text).toMatch(new RegExp(`\\[(fill|stroke)="${color}"\\] \\{`));
  });

  it('names its lines within its width, however many they are', () => {
    const names = ['uniform', ...Array.from({ length: 14 }, (_, k) => `a method with a name of its own ${k}`)];
    const { document } = parseHTML(standalone(figureOf(names)));
    const svg = document.querySelector('svg') as unknown as Element;
    const legend = [...document.querySelectorAll('text')].filter(({ parentElement }) => parentElement === svg).slice(2);
    expect(legend.map(({ textContent }) => textContent)).toEqual(names);
    const size = Number(svg.getAttribute('width'));
    for (const text of legend) expect(Number(text.getAttribute('x')) + 200).toBeLessThan(size);
    const rows = new Set(legend.map((text) => Number(text.getAttribute('y'))));
    const plot = svg.querySelector('svg');
    expect(Number(plot?.getAttribute('y'))).toBeGreaterThan(Math.max(...rows));
  });

  it('says what is seen, in lines that fit', () => {
    const words = 'a caption & its words, of <which> there are many, ';
    const figure = curves({
      ...{ title: 'T', caption: words.repeat(9), inks: inks(['a']), x: { label: 'x' }, y: { label: 'y' } },
      lines: new Map([['a', [{ x: 1, y: 1 }]]]),
    }) as Figure;
    const { document } = parseHTML(standalone(figure));
    const lines = [...document.querySelectorAll('text[fill="#595959"]')].map(({ textContent }) => textContent ?? '');
    expect(lines.join(' ')).toBe(words.repeat(9).trim());
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(112);
    expect(lines.length).toBeLessThan(7);
  });

  it('is the same text each time it is made: a repository shows a change only where there is one', () => {
    const panel = () => {
      const told = steps('importance', true).filter((event) => event.type === 'step');
      const methods = [{ name: 'importance', points: [], steps: told, switches: [] }];
      return standalone(tauFigure(methods, inks(['importance'])) as Figure);
    };
    const first = panel();
    expect(first).toContain('clip-path');
    expect(panel()).toBe(first);
  });
});

describe('writeFigures', () => {
  it('writes what there is, each under a name of its own, and leaves nothing else', async () => {
    const figures = [figureOf(['a', 'b']), undefined, figureOf(['a']), figureOf(['a'], 'MNIST: Ünïform’s τ/cost')];
    const names = await writeFigures(join(folder, 'new'), figures);
    expect(names).toEqual(['training-loss.svg', 'training-loss-2.svg', 'mnist-uniforms-tau-cost.svg']);
    expect((await readdir(join(folder, 'new'))).sort()).toEqual([...names].sort());
    expect(await readFile(join(folder, 'new', names[1]), 'utf8')).toBe(standalone(figures[2] as Figure));
  });

  it('names the file after the name of a figure where it has one', async () => {
    const figures = ['cifar-10: training loss', 'cifar-100: training loss'].map((name) =>
      figureOf(['a'], `${'A title that says all of the setting, '.repeat(4)}in words`, name),
    );
    expect(await writeFigures(join(folder, 'named'), figures)).toEqual([
      'cifar-10-training-loss.svg',
      'cifar-100-training-loss.svg',
    ]);
  });

  it('makes safe names of any title', () => {
    expect(fileName('../../etc/passwd')).toBe('etc-passwd.svg');
    expect(fileName('÷')).toBe('figure.svg');
    expect(fileName('x'.repeat(500)).length).toBeLessThan(90);
  });
});
