import type { Plugin } from 'vite';

/** Prints what each script weighs before it is made small, and which share is TensorFlow.js; where `SIZES` is set. */
export function sizes(): Plugin {
  return {
    name: 'sizes',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        let [all, tensorflow] = [0, 0];
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          all += renderedLength;
          if (/[\\/]@tensorflow[\\/]/.test(id)) tensorflow += renderedLength;
        }
        console.log(`${chunk.fileName}: ${all} characters, ${((100 * tensorflow) / all).toFixed(0)} % TensorFlow.js`);
      }
    },
  };
}
