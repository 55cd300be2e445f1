/** In the place of ONNX Runtime, whose binary is larger than all the rest: networks of this size need none. */
export {};
