/**
 * A TensorFlow.js function as a session of ONNX Runtime.
 *
 * @module unequal/compile
 */

export type { Builder } from './builder.ts';
export { compile } from './compile.ts';
export type { Compiled, CompileOptions, Output, RunOptions } from './compiled.ts';
export { isLostDevice, lossIn, usesDevice } from './device.ts';
export type { Data, DType } from './dtype.ts';
export { exchangedKernels } from './exchanged-kernels.ts';
export type { Value } from './graph.ts';
export type { Input, InputSpec } from './inputs.ts';
export { native } from './native.ts';
export type { OrtSession, OrtTensor } from './onnx-runtime.ts';
export type { Tensors } from './per-sample.ts';
export { perSample, squaredNorm } from './per-sample.ts';
export type { Program } from './program.ts';
export { isSymbolic } from './recorder.ts';
export { type ExecutionProvider, isMissingRuntime, type Runtime, type SessionSettings } from './runtime.ts';
export { areAtHand, fetchValues, isGone } from './state.ts';
export { survivorsOf } from './survivors.ts';
export type { Traceable } from './trace.ts';
export { isUncompiled, markFinal } from './uncompiled.ts';
export { type FreeInput, writeFreeModel } from './write-free-model.ts';
