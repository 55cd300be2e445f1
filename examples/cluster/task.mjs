/** The model and the data of both programs. */
import { arms, makeModel } from '../task.mjs';

export const { samples } = arms(900);
export const model = makeModel();
