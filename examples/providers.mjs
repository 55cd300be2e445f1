/** Which execution provider of ONNX Runtime runs the steps. */
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const model = makeModel();
const providers = [process.env.PROVIDER ?? 'cpu'];

// #region providers
import { fit } from 'unequal';

const history = await fit(model, x, y, { epochs: 2, engine: 'compiled', providers });
// #endregion providers
console.log(history.history.loss);
