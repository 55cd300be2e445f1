import { render } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Album } from './album.tsx';
import { Chart } from './chart.tsx';
import { headline } from './headline.ts';
import { methods, type Visit } from './messages.ts';
import { isEnough, type OwnImages, ownTask } from './own-images.ts';
import { Picture, Pictures, Plane } from './pictures.tsx';
import { Race, waiting } from './race.ts';
import { SampleHistory } from './sample-history.tsx';
import { Scores } from './scores.tsx';
import { fromAddress, type Settings, toAddress } from './settings.ts';
import { loadTask, type Task } from './tasks.ts';
import './style.css';

/** Milliseconds after each step. */
const paces = { fast: 0, slow: 400, paused: Number.POSITIVE_INFINITY } as const;
type Pace = keyof typeof paces;

function App() {
  const [settings, setSettings] = useState(() => fromAddress(location.hash));
  const [pace, setPace] = useState<Pace>('fast');
  const [task, setTask] = useState<Task>();
  const [edits, setEdits] = useState<ReadonlyMap<number, number | null>>(new Map());
  const [chosen, setChosen] = useState<number>();
  const [brush, setBrush] = useState(0);
  const [looked, look] = useState<{ readonly says: string; readonly visits: readonly Visit[] }>();
  const [own, setOwn] = useState<OwnImages>(() => [0, 1].map(() => ({ name: '', images: [] })));
  const album = settings.task === 'own' ? own : undefined;
  const [again, restart] = useReducer((count: number) => count + 1, 0);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const race = useRef<Race>(undefined);

  useEffect(() => {
    history.replaceState(null, '', toAddress(settings));
    setEdits(new Map());
    setChosen(undefined);
    setTask(undefined);
    look(undefined);
    race.current = undefined;
    if (album && !isEnough(album)) return;
    const made = album && ownTask(album, settings.seed);
    let frame = 0;
    const changed = () => {
      // One that is put off at every message would never come.
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        redraw(undefined as never);
      });
    };
    const next = new Race(settings, changed, made);
    race.current = next;
    setPace('fast');
    let current = true;
    loadTask(settings.task, settings, made).then((loaded) => current && setTask(loaded));
    return () => {
      current = false;
      cancelAnimationFrame(frame);
      next.stop();
    };
  }, [settings, again, album]);
  useEffect(() => race.current?.send({ type: 'pace', wait: paces[pace] }), [pace, settings, again, album]);
  useEffect(() => {
    const moved = () => setSettings(fromAddress(location.hash));
    const key = ({ key, target }: KeyboardEvent) => {
      if (
        target instanceof HTMLInputElement ||
        target instanceof HTMLSelectElement ||
        target instanceof HTMLButtonElement
      )
        return;
      if (key === ' ') setPace((now) => (now === 'paused' ? 'fast' : 'paused'));
      else if (key === 's') step();
      else if (key === 'r') restart(undefined as never);
      else return;
    };
    addEventListener('hashchange', moved);
    addEventListener('keydown', key);
    return () => {
      removeEventListener('hashchange', moved);
      removeEventListener('keydown', key);
    };
  }, []);

  const step = () => {
    setPace('paused');
    race.current?.send({ type: 'pace', wait: paces.paused });
    race.current?.send({ type: 'step' });
  };
  const change = (part: Partial<Settings>) => setSettings((now) => ({ ...now, ...part }));
  const edit = (indices: readonly number[], label: number | null) => {
    setEdits((now) => new Map([...now, ...indices.map((index) => [index, label] as const)]));
    for (const index of indices) race.current?.send({ type: 'edit', index, label });
  };

  const [method, uniform] = race.current?.sides ?? waiting;
  const ended = race.current?.ended;
  const failure = method.message ?? uniform.message;
  return (
    <>
      <header>
        <h1 aria-live="polite" aria-atomic="true">
          {failure ??
            (race.current ? headline(settings.method, method.points, uniform.points) : 'Give it some pictures')}
        </h1>
        <p class="soft">
          Two copies of one network train in your browser on the same samples. One picks them uniformly, the other as
          you say. Nothing leaves your machine.
        </p>
      </header>
      <Chart sides={[method, uniform]} seconds={settings.seconds} />
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
        <button type="button" onClick={() => restart(undefined as never)}>
          Again
        </button>
        <button type="button" onClick={() => navigator.clipboard?.writeText(location.href)}>
          Copy link
        </button>
      </div>
      <p class="why" aria-live="polite">
        {method.switched
          ? `${settings.method}, ${method.switched.seconds.toFixed(1)} s: ${method.switched.on ? 'on' : 'off'}. ${method.switched.why}`
          : method.batch?.on === false
            ? `${settings.method} still picks uniformly: its scores do not promise enough yet.`
            : ''}
      </p>
      <form class="dials" onSubmit={(event) => event.preventDefault()}>
        <Choice
          name="Samples"
          value={settings.task}
          of={{ digits: 'digits of MNIST', spirals: 'spirals to paint', own: 'pictures of your own' }}
          set={(task) => change({ task })}
        />
        <Choice
          name="Method"
          value={settings.method}
          of={Object.fromEntries(methods.map((name) => [name, name])) as { [name in Settings['method']]: string }}
          set={(next) => change({ method: next })}
        />
        <Dial
          name="Wrong labels"
          value={settings.noise}
          max={0.6}
          step={0.05}
          show={(value) => `${Math.round(100 * value)} %`}
          set={(noise) => change({ noise })}
        />
        <Dial
          name={`Half of the classes rarer`}
          value={settings.imbalance}
          min={1}
          max={50}
          step={1}
          show={(value) => (value === 1 ? 'no' : `${value} times`)}
          set={(imbalance) => change({ imbalance })}
        />
        <Dial
          name="Seconds"
          value={settings.seconds}
          min={4}
          max={60}
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
            max="9999"
            value={settings.seed}
            onInput={(event) => change({ seed: Math.max(0, Number(event.currentTarget.value) || 0) })}
          />
        </label>
      </form>
      {album && <Album own={album} set={setOwn} />}
      {task && (
        <section>
          <h2>What {settings.method} picks</h2>
          {task.name === 'spirals' && (
            <div class="planes">
              <Plane {...{ side: method, task, edits, brush }} paint={edit} />
              <Choice
                name="Paint with"
                value={String(brush)}
                of={{ 0: 'blue', 1: 'orange', 2: 'green' }}
                set={(value) => setBrush(Number(value))}
              />
            </div>
          )}
          <p class="soft">
            Its last batch, hardest first. Larger: picked more often. Thicker border: larger loss. Click one to relabel
            or remove it; the race goes on.
          </p>
          <Pictures {...{ side: method, task, edits, look }} choose={setChosen} />
          <SampleHistory
            {...(looked ?? {
              says: 'Point at a picture, or move to it by the keyboard, to see its history.',
              visits: [],
            })}
          />
          {chosen !== undefined && (
            <fieldset class="chosen" aria-label={`Sample ${chosen}`}>
              <Picture task={task} index={chosen} size={56} /> Sample {chosen} is
              {task.classes.map((name, label) => (
                <button
                  type="button"
                  key={name}
                  onClick={() => {
                    edit([chosen], label);
                    setChosen(undefined);
                  }}
                >
                  {name}
                </button>
              ))}
              <button
                type="button"
                onClick={() => {
                  edit([chosen], null);
                  setChosen(undefined);
                }}
              >
                Remove
              </button>
              <button type="button" onClick={() => setChosen(undefined)}>
                Leave it
              </button>
            </fieldset>
          )}
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
        Keys: space plays and pauses, s makes a step, r starts again. Both networks have the same first weights; each
        has its seconds, however many steps they are, so that no two races are the same.
      </footer>
    </>
  );
}

function Choice<T extends string>({
  name,
  value,
  of,
  set,
}: {
  name: string;
  value: T;
  of: { readonly [name in T]: string };
  set: (value: T) => void;
}) {
  return (
    <label>
      {name}{' '}
      <select value={value} onChange={(event) => set(event.currentTarget.value as T)}>
        {Object.entries<string>(of).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Dial({
  name,
  value,
  min = 0,
  max,
  step,
  show,
  set,
}: {
  name: string;
  value: number;
  min?: number;
  max: number;
  step: number;
  show: (value: number) => string;
  set: (value: number) => void;
}) {
  return (
    <label>
      {name} <span>{show(value)}</span>
      <input
        type="range"
        aria-valuetext={show(value)}
        {...{ min, max, step, value }}
        onChange={(event) => set(Number(event.currentTarget.value))}
      />
    </label>
  );
}

render(<App />, document.getElementById('app')!);
