/** Where ONNX Runtime cannot start: in browsers its WebAssembly has to be found and allowed. */

/** What it says then. */
export const cannotStart =
  /fetch|WebAssembly|wasm.*(load|instantiate)|dynamically imported|initWasm|script source URL|\[(wasm|cpu)\] (?!backend not found)/i;

/** What helps where ONNX Runtime cannot start. */
export function howToStart(message: string): string {
  if (/content security policy/i.test(message)) {
    return "allow it in the page's Content-Security-Policy: script-src 'wasm-unsafe-eval'";
  }
  if (/dynamic require/i.test(message)) {
    return 'this build of it is for browsers: in Node leave runtime out, or give the module onnxruntime-web itself';
  }
  const serve =
    'serve the .wasm and .mjs files of onnxruntime-web/dist beside the script, or set ort.env.wasm.wasmPaths to where they are';
  // A browser does not tell a script whether a file is not there or may not be asked for.
  const isRefused = /fetching of the wasm failed|failed to (fetch|load)|networkerror/i.test(message);
  return isRefused ? `${serve}; a page with a Content-Security-Policy must also allow connect-src 'self'` : serve;
}
