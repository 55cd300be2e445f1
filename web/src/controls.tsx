import { useState } from 'preact/hooks';
import type { Pace } from './use-race.ts';

export interface ControlsProps {
  readonly pace: Pace;
  readonly setPace: (pace: Pace) => void;
  readonly step: () => void;
  readonly restart: () => void;
  /** Whether there is no more to play. */
  readonly ended: boolean;
}

/** Play, pause, step, slow motion, again, and a link to the race. */
export function Controls({ pace, setPace, step, restart, ended }: ControlsProps) {
  const [copied, setCopied] = useState('');
  const copy = async () => {
    try {
      // Only pages that were sent encrypted, or by this machine, have a clipboard.
      await navigator.clipboard.writeText(location.href);
      setCopied('The link is copied.');
    } catch {
      setCopied(
        'This browser does not let the page copy. Copy the address of the page instead: it holds all settings.',
      );
    }
  };
  return (
    <>
      <div class="controls" role="toolbar" aria-label="The race">
        <button type="button" onClick={() => setPace(pace === 'paused' ? 'fast' : 'paused')} disabled={ended}>
          {pace === 'paused' ? 'Play' : 'Pause'}
        </button>
        <button type="button" onClick={step} disabled={ended}>
          Step
        </button>
        <button
          type="button"
          aria-pressed={pace === 'slow'}
          onClick={() => setPace(pace === 'slow' ? 'fast' : 'slow')}
          disabled={ended}
        >
          Slow motion
        </button>
        <button type="button" onClick={restart}>
          Again
        </button>
        <button type="button" onClick={copy}>
          Copy link
        </button>
      </div>
      <p class="soft" role="status">
        {copied}
      </p>
    </>
  );
}
