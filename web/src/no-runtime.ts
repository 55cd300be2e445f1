/** In the place of ONNX Runtime, whose binary is larger than all the rest, and of its format: small networks need none. */
export default { onnx: {} };
