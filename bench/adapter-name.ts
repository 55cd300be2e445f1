import { spawnSync } from 'node:child_process';
import { writeCopy } from '../src/compiler/model.ts';

/** Loads a model on the GPU: the driver says which it is, and onnxruntime-node does not. */
const program = (model: string) => `
require('onnxruntime-node').InferenceSession.create(Buffer.from('${model}', 'base64'), { executionProviders: ['webgpu'] })
  .then(() => process.exit(0), (error) => { console.error('refused: ' + error.message); process.exit(1); });`;

/** Where the system's own word for its graphics cards is to be had, if not from Vulkan. */
const systems: Partial<Record<NodeJS.Platform, readonly [string, readonly string[], RegExp]>> = {
  darwin: ['system_profiler', ['SPDisplaysDataType'], /Chipset Model: (.*)/],
  win32: ['powershell', ['-Command', '(Get-CimInstance Win32_VideoController).Name'], /(.+)/],
};

/** The GPU that sessions use, by name, or why there is none. */
export function adapterName(): { readonly name?: string; readonly why?: string } {
  const model = Buffer.from(writeCopy('float32')).toString('base64');
  const env = { ...process.env, VK_LOADER_DEBUG: 'all' };
  const { status, stderr } = spawnSync(process.execPath, ['-e', program(model)], { env, encoding: 'utf8' });
  if (status !== 0) return { why: /refused: (.*)/.exec(stderr)?.[1] ?? stderr.slice(-200) };
  const [command, args, pattern] = systems[process.platform] ?? [];
  const text = command ? spawnSync(command, args, { encoding: 'utf8' }).stdout : stderr;
  return {
    name:
      (pattern ?? /Using "(.*)" with driver/).exec(String(text))?.[1].trim() ??
      'a GPU whose driver does not say its name',
  };
}
