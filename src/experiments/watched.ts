import { type Context, isResample, type Method, type Pick, resampled } from '../index.ts';

type Look = (step: number, pick: Pick, context: Context) => Promise<void>;

/** A method that is looked at before every `every`-th update; it trains as it would without. */
export function watched(method: Method, every: number, look: Look): Method {
  return {
    ...method,
    sampler: (context) => {
      const sampler = method.sampler(context);
      let step = 0;
      const draw = async (size: number) => {
        const drawn = await sampler.draw(size);
        const pick = isResample(drawn) ? await resampled(drawn) : drawn;
        step++;
        if (step % every === 0) await look(step, pick, context);
        return pick;
      };
      return {
        draw,
        observe: sampler.observe && ((pick, result) => sampler.observe?.(pick, result)),
        state: () => sampler.state(),
        restore: (state) => sampler.restore(state),
      };
    },
  };
}
