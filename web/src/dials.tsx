import { useState } from 'preact/hooks';
import { Choice, Dial } from './fields.tsx';
import { type MethodName, methods } from './messages.ts';
import { limits, type Settings } from './settings.ts';

export interface DialsProps {
  readonly settings: Settings;
  readonly change: (part: Partial<Settings>) => void;
}

const named = Object.fromEntries(methods.map((name) => [name, name])) as { [name in MethodName]: string };

/** What a race depends on. Each change begins a new one. */
export function Dials({ settings, change }: DialsProps) {
  // A seed counts when it is typed to its end: each digit would begin another race.
  const [typed, setTyped] = useState<string>();
  return (
    <form class="dials" aria-label="What is raced" onSubmit={(event) => event.preventDefault()}>
      <Choice
        name="Samples"
        value={settings.task}
        of={{ digits: 'digits of MNIST', spirals: 'spirals to paint', own: 'pictures of your own' }}
        set={(task) => change({ task })}
      />
      <Choice name="Method" value={settings.method} of={named} set={(method) => change({ method })} />
      <Dial
        name="Wrong labels"
        value={settings.noise}
        max={limits.noise[1]}
        step={0.05}
        show={(value) => `${Math.round(100 * value)} %`}
        set={(noise) => change({ noise })}
      />
      <Dial
        name="Half of the classes rarer"
        value={settings.imbalance}
        min={limits.imbalance[0]}
        max={limits.imbalance[1]}
        step={1}
        show={(value) => (value === 1 ? 'no' : `${value} times`)}
        set={(imbalance) => change({ imbalance })}
      />
      <Dial
        name="Seconds"
        value={settings.seconds}
        min={limits.seconds[0]}
        max={limits.seconds[1]}
        step={4}
        show={(value) => `${value} s`}
        set={(seconds) => change({ seconds })}
      />
      <label>
        <input
          type="checkbox"
          checked={settings.trained}
          onChange={(event) => change({ trained: event.currentTarget.checked })}
        />{' '}
        Start after four epochs
      </label>
      <label>
        Seed{' '}
        <input
          type="number"
          min="0"
          max={limits.seed[1]}
          value={typed ?? settings.seed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onChange={(event) => {
            const seed = event.currentTarget.valueAsNumber;
            // What is no seed changes nothing.
            if (Number.isInteger(seed) && seed >= limits.seed[0] && seed <= limits.seed[1]) change({ seed });
            setTyped(undefined);
          }}
        />
      </label>
    </form>
  );
}
