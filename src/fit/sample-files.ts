import { type Checks, checkedOptions, when } from '../options.ts';
import { checkSamples, type SampleHistory, type SampleRecord } from './sample-history.ts';

/** How a sample is called in a file; default its index. */
export interface SampleNames {
  /** Its name or path. */
  readonly name?: (index: number) => string;
  /** What a class is called. */
  readonly className?: (label: number) => string;
}

const naming = when((value) => typeof value === 'function', 'a function of a number');
const checks: Checks<SampleNames> = { name: naming, className: naming };

const columns = [
  ...['index', 'times', 'share', 'firstLoss', 'lastLoss', 'meanLoss', 'resistance', 'label', 'prediction', 'other'],
  ...['meanMargin', 'meanConfidence', 'spread', 'forgotten'],
] as const satisfies readonly (keyof SampleRecord)[];

/**
 * A line for each sample that was trained on, after a line of names; what is not known is left empty.
 *
 * @example
 * ```ts
 * const { samples: seen } = await fit(model, x, y, { epochs: 10 });
 * if (seen) console.log(samplesCsv(seen));
 * ```
 */
export function samplesCsv(samples: SampleHistory, names: SampleNames = {}): string {
  const { name, className } = checkedOptions('samplesCsv', names, checks);
  checkSamples('samplesCsv', samples);
  const lines = [['name', ...columns].join(',')];
  for (const record of samples) {
    const cells = columns.map((column) => {
      const value = record[column];
      if (value === undefined) return '';
      return className && ['label', 'prediction', 'other'].includes(column) ? className(value) : String(value);
    });
    lines.push([name?.(record.index) ?? String(record.index), ...cells].map(quoted).join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * The layout of the package `aum`: `sample_id,aum`, the largest first. Empty but for the names where the model is no
 * classifier.
 *
 * @example
 * ```ts
 * const { samples: seen } = await fit(model, x, y, { epochs: 10 });
 * if (seen) console.log(aumCsv(seen));
 * ```
 */
export function aumCsv(samples: SampleHistory, names: SampleNames = {}): string {
  const { name } = checkedOptions('aumCsv', names, checks);
  checkSamples('aumCsv', samples);
  const known = [...samples].filter(({ meanMargin }) => meanMargin !== undefined);
  known.sort((a, b) => b.meanMargin! - a.meanMargin! || a.index - b.index);
  const rows = known.map(({ index, meanMargin }) => [name?.(index) ?? String(index), String(meanMargin)]);
  return `${[['sample_id', 'aum'], ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n`;
}

/**
 * A JSON object a line with the field names of FiftyOne: `filepath`, `ground_truth` and `predictions` as
 * `Classification`, `mistakenness` (mean probability of other labels) and `hardness` (mean loss). A prediction is the
 * label, with its mean probability as confidence, or the last other class where others have had more than half: how much of
 * that was its own is not known.
 *
 * @example
 * ```ts
 * const { samples: seen } = await fit(model, x, y, { epochs: 10 });
 * if (seen) console.log(fiftyOneLines(seen, { name: (index) => `image-${index}.png` }));
 * ```
 */
export function fiftyOneLines(samples: SampleHistory, names: SampleNames = {}): string {
  const { name, className = String } = checkedOptions('fiftyOneLines', names, checks);
  checkSamples('fiftyOneLines', samples);
  const classification = (label: number, confidence?: number) => ({
    _cls: 'Classification',
    label: className(label),
    ...(confidence !== undefined && { confidence }),
  });
  let text = '';
  for (const record of samples) {
    const { index, label, other, meanConfidence, meanLoss } = record;
    const known = label !== undefined && other !== undefined && meanConfidence !== undefined;
    text += `${JSON.stringify({
      filepath: name?.(index) ?? String(index),
      sample_index: index,
      ...(known && {
        ground_truth: classification(label),
        predictions:
          other !== label && meanConfidence < 0.5 ? classification(other) : classification(label, meanConfidence),
        mistakenness: 1 - meanConfidence,
      }),
      hardness: meanLoss,
    })}\n`;
  }
  return text;
}

/** A point of a map of the data set. */
export interface MapPoint {
  readonly index: number;
  /** Standard deviation of the probability of the label, over time. */
  readonly variability: number;
  /** Its mean. */
  readonly confidence: number;
}

/**
 * The map of Swayamdipta et al., *Dataset Cartography*, 2020: easy, ambiguous and hard samples lie apart.
 *
 * @example
 * ```ts
 * const { samples: seen } = await fit(model, x, y, { epochs: 10 });
 * const hard = seen && cartography(seen).filter(({ confidence }) => confidence < 0.3);
 * ```
 */
export function cartography(samples: SampleHistory): MapPoint[] {
  checkSamples('cartography', samples);
  return [...samples].flatMap(({ index, spread, meanConfidence }) =>
    spread === undefined || meanConfidence === undefined
      ? []
      : [{ index, variability: spread, confidence: meanConfidence }],
  );
}

/** A cell of RFC 4180; what a spreadsheet would take for a formula is text there. */
function quoted(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
