import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Album } from './album.tsx';
import { Announced } from './announced.tsx';
import { ChangedSamples, inAddress } from './changed-samples.tsx';
import { Chart } from './chart.tsx';
import { ChosenSample } from './chosen-sample.tsx';
import { Controls } from './controls.tsx';
import { Dials } from './dials.tsx';
import { none } from './edits.ts';
import { Choice } from './fields.tsx';
import { headline } from './headline.ts';
import type { Visit } from './messages.ts';
import type { OwnImages } from './own-images.ts';
import { Pictures } from './pictures.tsx';
import { Plane } from './plane.tsx';
import { SampleHistory } from './sample-history.tsx';
import { Scores } from './scores.tsx';
import { changed, fromAddress, type Settings, toAddress } from './settings.ts';
import { useAddress } from './use-address.ts';
import { useKeys } from './use-keys.ts';
import { useNetwork } from './use-network.ts';
import { useRace } from './use-race.ts';
import { notBegun, why } from './why.ts';
import './style.css';

/** What the page weighs, as its build has written it. */
const weight = document.querySelector('meta[name="weight"]')?.getAttribute('content')?.replace('%WEIGHT%', '');

const nothing = { says: 'Point at a picture, or move to it by the keyboard, to see its history.', visits: [] };

function App() {
  const [settings, setSettings] = useState(() => fromAddress(location.hash));
  const [own, setOwn] = useState<OwnImages>(() => [0, 1].map(() => ({ name: '', images: [] })));
  const seeing = useNetwork(settings.task === 'own' ? own : undefined);
  const racing = useRace(settings, seeing.album);
  const { sides, task, pace, setPace, step, edits, edit, ended, failure } = racing;
  const [method, uniform] = sides;
  const [chosen, setChosen] = useState<number>();
  const [brush, setBrush] = useState('0');
  const [looked, look] = useState<{ readonly says: string; readonly visits: readonly Visit[] }>(nothing);

  const hash = toAddress({ ...settings, edits });
  useAddress(hash);
  // Another race has other samples.
  useEffect(() => {
    setChosen(undefined);
    look(nothing);
  }, [task]);
  useEffect(() => {
    const moved = () => setSettings(fromAddress(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const change = (part: Partial<Settings>) => setSettings((now) => changed(now, part, edits));
  // The same once more, on the samples as they are by now.
  const restart = () => change({});
  useKeys({ ' ': () => !ended && setPace(pace === 'paused' ? 'fast' : 'paused'), s: step, r: restart });

  const counted = task?.validation.labels.length ?? 1000;
  const title =
    failure ??
    (racing.begun
      ? headline(settings.method, method.points, uniform.points, counted, notBegun(settings.method, method), ended)
      : 'Give it some pictures');
  return (
    <>
      <header class="top">
        <h1>{title}</h1>
        <Chart {...{ sides, seconds: settings.seconds }} />
      </header>
      <Announced text={title} />
      <Controls
        {...{ pace, setPace, step, restart, hash }}
        ended={ended || !racing.begun}
        lacks={inAddress(settings.task, edits)}
      />
      <p class="why" aria-live="polite">
        {why(settings.method, method, ended)}
      </p>
      <p class="soft">
        Two copies of one network train in your browser on the same samples. One picks them uniformly, the other as you
        say. Nothing leaves your machine.
      </p>
      <Dials {...{ settings, change }} />
      {settings.task === 'own' && <Album own={own} set={setOwn} seeing={seeing} />}
      {task && (
        <section>
          <h2>What {settings.method} picks</h2>
          {task.name === 'spirals' && (
            <div class="planes">
              <Plane {...{ side: method, task, edits, brush: Number(brush) }} paint={edit} />
              <Choice
                name="Paint with"
                value={brush}
                of={Object.fromEntries(task.classes.map((name, k) => [String(k), name]))}
                set={setBrush}
              />
            </div>
          )}
          <p class="soft">
            Its last batch, hardest first. Larger: picked more often. Thicker border: larger loss. Click one to relabel
            or remove it; the race goes on. They hold still while you point at them.
          </p>
          <Pictures {...{ side: method, task, edits, look }} choose={setChosen} held={chosen !== undefined} />
          <SampleHistory {...looked} />
          {chosen !== undefined && (
            <ChosenSample {...{ task, edits, edit }} index={chosen} close={() => setChosen(undefined)} />
          )}
          <ChangedSamples
            {...{ task, edits }}
            choose={setChosen}
            undo={() => setSettings((now) => ({ ...now, edits: none }))}
          />
          <Scores side={method} />
        </section>
      )}
      {ended && method.lines.length > 0 && (
        <section>
          <h2>Why it did what it did</h2>
          {method.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>
      )}
      <footer class="soft">
        Keys: <kbd>space</kbd> plays and pauses, <kbd>s</kbd> makes a step, <kbd>r</kbd> starts again. Both networks
        have the same first weights. Each has its seconds, however many steps they are, so no two races are the same.
        The headline is of the lowest validation error that both have reached, and one standard error, for chance. While
        the page is hidden, the race waits. {weight}
      </footer>
    </>
  );
}

render(<App />, document.getElementById('app')!);
