import { mobileNet } from './network.ts';
import type { Seeing } from './use-network.ts';

/** Says what turns pictures into features, and offers another. */
export function FeatureSource({ network, says, take }: Seeing) {
  return (
    <>
      <p class="soft">
        {network
          ? `Each picture becomes features of ${network}, made once; a small network is trained on these.`
          : 'Each picture becomes averages of fixed random filters and a histogram of its colours; a small network is trained on these. It tells things apart by colour and texture. A trained network sees more.'}
      </p>
      <div class="controls">
        {network ? (
          <button type="button" onClick={() => take()}>
            Fixed filters again
          </button>
        ) : (
          <>
            <button type="button" onClick={() => take(mobileNet, 'MobileNet')}>
              Load MobileNet, 2 MB
            </button>
            <label>
              or a model.json with its weights{' '}
              <input
                type="file"
                accept=".json,.bin"
                multiple
                onChange={(event) => {
                  const files = [...(event.currentTarget.files ?? [])];
                  event.currentTarget.value = '';
                  if (files.length > 0) take(files, 'your network');
                }}
              />
            </label>
          </>
        )}
      </div>
      <p class="soft" role="status">
        {says}
      </p>
    </>
  );
}
