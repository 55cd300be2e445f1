/**
 * A GPU for tests: SwiftShader, the software adapter that Chromium ships, with the system's Vulkan loader. Where there is
 * none, tests say so and are skipped. `UNEQUAL_GPU=1` takes the machine's own adapter.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { writeCopy } from '../../src/compiler/model.ts';

const folders = [
  process.env.CHROMIUM_PATH && dirname(process.env.CHROMIUM_PATH),
  '/usr/lib/chromium',
  '/opt/google/chrome',
];
const driver = folders
  .map((folder) => folder && join(folder, 'vk_swiftshader_icd.json'))
  .find((file) => file && existsSync(file));

// Read by the loader when it is loaded: tests of Node are processes of their own.
if (driver && !process.env.UNEQUAL_GPU)
  Object.assign(process.env, { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver });

async function find(): Promise<string | undefined> {
  try {
    const session = await ort.InferenceSession.create(writeCopy('float32'), { executionProviders: ['webgpu'] });
    await session.release();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why there is no adapter. */
const why = await find();
export const hasAdapter = why === undefined;
if (!hasAdapter) {
  console.warn(`skipped: no WebGPU adapter (${why}); install chromium and libvulkan1 to train on a software adapter`);
}
