/** In the place of what small networks of layers that are TensorFlow.js’s need not: ONNX Runtime, whose binary is larger than all the rest. */
export default { onnx: {} };
