import type { SampleHistory, SampleRecord } from '../fit/sample-history.ts';

/** A sample to look at, and where it comes in each order that it can be looked at in. */
export interface Chosen {
  readonly record: SampleRecord;
  /** 0 for the likeliest wrong label; absent where the label was never doubted. */
  readonly suspicion?: number;
  /** The class the model would give, where it doubted the label. */
  readonly suggested?: number;
}

/** What samples can be sorted by, beside suspicion: the first come first. */
export const orders = {
  loss: ({ meanLoss }: SampleRecord) => -meanLoss,
  margin: ({ meanMargin = 0 }: SampleRecord) => meanMargin,
  forgotten: ({ forgotten = 0 }: SampleRecord) => -forgotten,
  share: ({ share }: SampleRecord) => -share,
} as const;

/** The first `most` samples of every order, each once; those with the likeliest wrong labels first. */
export function choose(samples: SampleHistory, most: number): Chosen[] {
  const suspects = samples.classifies ? samples.suspects(most) : [];
  const rank = new Map(suspects.map(({ index, suggested }, k) => [index, { suspicion: k, suggested }]));
  const chosen = new Map<number, Chosen>();
  const add = (record: SampleRecord | undefined) => {
    if (record === undefined || chosen.has(record.index)) return;
    const { label, other } = record;
    const suggested = other === label ? undefined : other;
    chosen.set(record.index, { record, suggested, ...rank.get(record.index) });
  };
  for (const { index } of suspects) add(samples.at(index));
  for (const [name, of] of Object.entries(orders)) {
    if (!samples.classifies && (name === 'margin' || name === 'forgotten')) continue;
    for (const record of firstOf(samples, of, most)) add(record);
  }
  return [...chosen.values()];
}

/** The `most` samples with the least of something, in one pass. */
function firstOf(samples: SampleHistory, of: (record: SampleRecord) => number, most: number): SampleRecord[] {
  let kept: { readonly record: SampleRecord; readonly value: number }[] = [];
  const byValue = () => {
    kept.sort((a, b) => a.value - b.value || a.record.index - b.record.index);
    kept = kept.slice(0, most);
  };
  for (const record of samples) {
    kept.push({ record, value: of(record) });
    if (kept.length >= 4 * most + 1000) byValue();
  }
  byValue();
  return kept.map(({ record }) => record);
}
