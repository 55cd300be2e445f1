import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WasmBackend } from '../../../src/learner/wasm/backend.ts';
import { delegateToCpu } from '../../../src/learner/wasm/delegate.ts';
import { useWasm } from '../../support/wasm.ts';
import { expectSame, integers, noise } from './on-both.ts';

/** Runs a cpu kernel on tensors of the wasm backend. */
function delegated(kernel: string, inputs: tf.NamedTensorMap | tf.Tensor[], attrs: object = {}): tf.Tensor[] {
  const backend = tf.backend() as unknown as WasmBackend;
  const outputs = [delegateToCpu(kernel)({ inputs: inputs as tf.NamedTensorInfoMap, attrs, backend })].flat();
  return outputs.map(({ dataId, shape, dtype }) => tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend));
}

describe('delegateToCpu', () => {
  beforeAll(async () => {
    await useWasm();
  });

  it('runs kernels that wasm has, with the same result', () => {
    tf.tidy(() => {
      const x = tf.tensor2d(Array.from(noise([4, 5]).values), [4, 5]);
      const y = x.greater(0);
      expect(delegated('Exp', { x })[0].dataSync()).toEqual(expect.any(Float32Array));
      expect(Array.from(delegated('Add', { a: x, b: x })[0].dataSync())).toEqual(Array.from(x.add(x).dataSync()));
      expect(delegated('LogicalNot', { x: y })[0].dtype).toBe('bool');
      expect(Array.from(delegated('LogicalNot', { x: y })[0].dataSync())).toEqual(
        Array.from(y.logicalNot().dataSync()),
      );
      const [values, indices] = delegated('TopK', { x }, { k: 2, sorted: true });
      const expected = tf.topk(x, 2);
      expect(Array.from(values.dataSync())).toEqual(Array.from(expected.values.dataSync()));
      expect(Array.from(indices.dataSync())).toEqual(Array.from(expected.indices.dataSync()));
    });
  });

  it('takes lists of inputs, strings, and outputs that are the input', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2, 3]);
      expect(Array.from(delegated('Pack', [x, x], { axis: 0 })[0].dataSync())).toEqual([1, 2, 3, 1, 2, 3]);
      expect(Array.from(delegated('Identity', { x })[0].dataSync())).toEqual([1, 2, 3]);
      const replaced = tf.string.staticRegexReplace(tf.tensor1d(['one', 'two']), 'o', '0', true);
      expect(replaced.dataSync()).toEqual(['0ne', 'tw0']);
    });
  });

  it('leaves nothing behind on either backend', () => {
    const cpu = tf.engine().findBackend('cpu');
    const before = [cpu.numDataIds(), tf.backend().numDataIds(), tf.memory().numTensors];
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => {
        const x = tf.ones([4, 4]);
        delegated('Add', { a: x, b: x });
        delegated('Identity', { x });
        delegated('Reshape', { x }, { shape: [16] });
        delegated('TopK', { x }, { k: 2, sorted: true });
        tf.einsum('ij,jk->ik', x, x);
      });
    }
    expect([cpu.numDataIds(), tf.backend().numDataIds(), tf.memory().numTensors]).toEqual(before);
  });

  it('gives wasm the kernels it lacks', async () => {
    await expectSame([noise([3, 4]), noise([4, 5])], (a, b) => tf.einsum('ij,jk->ki', a, b));
    await expectSame([noise([6])], (x) =>
      tf.raggedTensorToTensor(
        tf.tensor1d([3, 4], 'int32'),
        x,
        tf.scalar(0),
        [tf.tensor1d([0, 2, 2, 6], 'int32')],
        ['ROW_SPLITS'],
      ),
    );
    await expectSame([integers([10], 4)], (x) => tf.bincount(x as tf.Tensor1D, [] as never, 4));
  });
});
