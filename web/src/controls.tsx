import { useState } from 'preact/hooks';
import type { Pace } from './use-race.ts';

export interface ControlsProps {
  readonly pace: Pace;
  readonly setPace: (pace: Pace) => void;
  readonly step: () => void;
  readonly restart: () => void;
  /** Whether there is nothing to play. */
  readonly ended: boolean;
  /** The address of the race, behind the `#`. */
  readonly hash: string;
  /** What the address does not hold. */
  readonly lacks: string;
}

/** Play, pause, step, slow motion, again, and a link to the race. */
export function Controls({ pace, setPace, step, restart, ended, hash, lacks }: ControlsProps) {
  const [copied, setCopied] = useState('');
  const copy = async () => {
    try {
      // Only pages that were sent encrypted, or by this machine, have a clipboard.
      await navigator.clipboard.writeText(new URL(hash, location.href).href);
      setCopied(`The link is copied. ${lacks}`);
    } catch {
      setCopied(
        `This browser does not let the page copy. Copy the address of the page instead: it holds all settings. ${lacks}`,
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
