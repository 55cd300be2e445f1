/** Where ONNX Runtime cannot run, it is said why. */
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { createSession, isMissingRuntime, loadRuntime, type Runtime } from '../../src/compiler/runtime.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.doUnmock('../../src/platform.ts');
  vi.resetModules();
});

const said = (running: Promise<unknown>): Promise<Error> =>
  running.then(
    () => new Error('none'),
    (error) => error,
  );

test.each([
  // Of a classic script, which knows no address of its own; for the second model.
  [
    'no available backend found. ERR: [wasm] Error: cannot determine the script source URL., [cpu] Error: previous call to ...',
    /ONNX Runtime cannot start: .*wasmPaths/,
  ],
  ["no available backend found. ERR: [wasm] Error: previous call to 'initWasm()' failed.", /wasmPaths/],
  [
    "no available backend found. ERR: [wasm] CompileError: WebAssembly.instantiate(): violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source of script",
    /Content-Security-Policy: script-src 'wasm-unsafe-eval'$/,
  ],
  // A policy without connect-src, in a page and in a worker.
  [
    'no available backend found. ERR: [wasm] RuntimeError: Aborted(both async and sync fetching of the wasm failed).',
    /wasmPaths to where they are; a page with a Content-Security-Policy must also allow connect-src 'self'$/,
  ],
  [
    "no available backend found. ERR: [wasm] RuntimeError: Aborted(NetworkError: Failed to execute 'send' on 'XMLHttpRequest': Failed to load 'http://localhost/ort.wasm'.)",
    /must also allow connect-src 'self'$/,
  ],
  // Of the build for browsers, in Node.
  [
    'no available backend found. ERR: [wasm] Error: Dynamic require of "node:os" is not supported',
    /cannot start: .*for browsers: in Node leave runtime out/,
  ],
])('ONNX Runtime that cannot start: %s', async (message, expected) => {
  const InferenceSession = { create: () => Promise.reject(new Error(message)) };
  const error = await said(createSession({ InferenceSession } as unknown as Runtime, new Uint8Array(), {}));
  expect(error.message).toMatch(expected);
  expect(isMissingRuntime(error)).toBe(true);
});

test.each([
  [
    "Cannot find package 'onnxruntime-node' imported from /app/a.mjs",
    /^[^:]*: ONNXRUNTIME_NODE_INSTALL=skip npm install/,
  ],
  [
    "/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /app/node_modules/onnxruntime-node/a.node)\nRequire stack:",
    /cannot be loaded: got [^\n]*GLIBCXX_3\.4\.30' not found \([^)]*\), mend that, or install it anew: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node, or give the module/,
  ],
  ["Cannot find module '../bin/napi-v6/linux/riscv64/onnxruntime_binding.node'", /got Cannot find module .*riscv64/],
])('a build that cannot be loaded: %s', async (message, expected) => {
  vi.doMock('../../src/platform.ts', () => ({
    inNode: () => true,
    importInNode: () => Promise.reject(new Error(message)),
    cores: () => 1,
  }));
  const { loadRuntime } = await import('../../src/compiler/runtime.ts');
  expect((await said(loadRuntime({}))).message).toMatch(expected);
});

test.each([{}, { default: {} }])('a bundler that puts %o in the place of what is not installed', async (module) => {
  vi.doMock('../../src/platform.ts', () => ({ inNode: () => true, importInNode: async () => module, cores: () => 1 }));
  const { isMissingRuntime, loadRuntime } = await import('../../src/compiler/runtime.ts');
  const error = await said(loadRuntime({}));
  expect(error.message).toMatch(/^onnxruntime-node cannot be loaded: ONNXRUNTIME_NODE_INSTALL=skip npm install/);
  expect(isMissingRuntime(error)).toBe(true);
});

test.each(['Float32Array', 'Int32Array', 'Uint8Array'])('%s of another context, as under jest', async (name) => {
  vi.stubGlobal(name, runInNewContext(name));
  const error = await said(loadRuntime({}));
  expect(error.message).toMatch(/typed arrays are not those of Node/);
  expect(isMissingRuntime(error)).toBe(true);
});

test.each([
  [undefined, '1'],
  ['0', '0'],
  ['', ''],
])('ORT_DISABLE_TELEMETRY, %s before, is %s', async (before, after) => {
  vi.stubEnv('ORT_DISABLE_TELEMETRY', before);
  await loadRuntime({});
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe(after);
});
