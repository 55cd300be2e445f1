/** Where the WebAssembly of ONNX Runtime lies, for a script that is no module. */
// #region wasm-paths
import * as ort from 'onnxruntime-web/wasm';

ort.env.wasm.wasmPaths = { wasm: '/assets/ort-wasm-simd-threaded.wasm' };
// #endregion wasm-paths
