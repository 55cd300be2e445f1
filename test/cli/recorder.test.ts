import { describe, expect, it } from 'vitest';
import { Pictures, Recorder, type RecorderState } from '../../src/cli/recorder.ts';
import { ByteImages } from '../../src/data/images.ts';
import { decode, encode } from '../../src/fit/codec.ts';
import type { StepReport } from '../../src/fit/report.ts';
import type { State } from '../../src/methods/method.ts';
import type { RunEvent } from '../../src/report/record.ts';

const step = (k: number, over: Partial<StepReport> = {}): StepReport => ({
  step: k,
  epoch: 0,
  batch: k,
  seconds: k / 100,
  loss: k,
  metrics: {},
  learningRate: 0.1,
  size: 2,
  indices: Int32Array.of(k % 3, 1),
  losses: new Float32Array(2),
  forward: 2 * (k + 1),
  backward: 2 * (k + 1),
  phase: 'importance',
  ...over,
});

describe('Recorder', () => {
  it('keeps an hour of steps small, with the means of what it leaves out', () => {
    const events: RunEvent[] = [];
    const recorder = new Recorder('m', { length: 3 }, undefined, (event) => events.push(event));
    const steps = 360_000;
    for (let k = 0; k < steps; k++)
      recorder.step(step(k, { loss: 1 + (k % 2), ess: 0.25, gain: 2, worth: 3, cost: 1.5 }));
    recorder.result(3600, { explanation: ['so'] });
    const told = events.filter((event) => event.type === 'step');
    expect(told.length).toBeGreaterThan(500);
    expect(told.length).toBeLessThan(2500);
    expect(JSON.stringify(told).length).toBeLessThan(1_000_000);
    expect(told.at(-1)).toMatchObject({
      ...{ step: steps - 1, importance: 1, ess: 0.25, gain: 2, worth: 3, cost: 1.5 },
    });
    expect(told.at(-1)?.loss).toBeCloseTo(1.5, 2);
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'result', step: steps, importanceShare: 1, forward: 2 * steps, explanation: ['so'] },
    });
  });

  it('writes switches at once, and the most picked with their images once each', async () => {
    const events: RunEvent[] = [];
    const images = new ByteImages({
      name: 'three',
      pixels: Uint8Array.from({ length: 12 }, (_, k) => 20 * k),
      labels: Uint8Array.of(0, 1, 0),
      height: 2,
      width: 2,
      channels: 1,
      classNames: ['no', 'yes'],
    });
    const recorder = new Recorder('m', images, new Pictures(images), (event) => events.push(event));
    recorder.step(step(0, { switched: { on: true, why: 'so' }, scores: [1, 2] }));
    recorder.step(step(1));
    const point = { seconds: 0.02, step: 2, epoch: 0.1, trainLoss: 1 };
    await recorder.point(point);
    await recorder.point(point);
    expect(events[0]).toEqual({ type: 'switch', method: 'm', seconds: 0, step: 0, on: true, why: 'so' });
    expect(events.find(({ type }) => type === 'scores')).toMatchObject({ scores: [1, 2] });
    expect(events.find(({ type }) => type === 'picked')).toMatchObject({
      picked: [
        { index: 1, times: 3 },
        { index: 0, times: 1 },
      ],
    });
    const pictures = events.filter((event) => event.type === 'image');
    expect(pictures.map(({ index, label }) => [index, label])).toEqual([
      [1, 'yes'],
      [0, 'no'],
    ]);
    expect(Buffer.from(pictures[0].png, 'base64').subarray(1, 4).toString()).toBe('PNG');
  });

  it('has the scores that were told before a checkpoint, wherever it goes on', async () => {
    const told = async (resumes: boolean) => {
      const events: RunEvent[] = [];
      const make = () => new Recorder('m', { length: 3 }, undefined, (event) => events.push(event));
      let recorder = make();
      recorder.step(step(0, { scores: [1, 2.5] }));
      if (resumes) {
        const state = decode(encode(recorder.state() as unknown as State), 'it') as unknown as RecorderState;
        recorder = make();
        recorder.restore(state);
      }
      recorder.step(step(1));
      await recorder.point({ seconds: 0.02, step: 2, epoch: 0.1 });
      return events;
    };
    expect(await told(true)).toEqual(await told(false));
    expect((await told(true)).find(({ type }) => type === 'scores')).toMatchObject({ scores: [1, 2.5] });
  });
});
