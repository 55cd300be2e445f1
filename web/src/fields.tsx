export interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly value: T;
  /** What each value is called. */
  readonly of: { readonly [name in T]: string };
  readonly set: (value: T) => void;
}

/** One of a few. */
export function Choice<T extends string>({ name, value, of, set }: ChoiceProps<T>) {
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

export interface DialProps {
  readonly name: string;
  readonly value: number;
  readonly min?: number;
  readonly max: number;
  readonly step: number;
  readonly show: (value: number) => string;
  readonly set: (value: number) => void;
}

/** A number to turn; it is set once it is let go of. */
export function Dial({ name, value, min = 0, max, step, show, set }: DialProps) {
  return (
    <label>
      {name} <b>{show(value)}</b>
      <input
        type="range"
        aria-valuetext={show(value)}
        {...{ min, max, step, value }}
        onChange={(event) => set(Number(event.currentTarget.value))}
      />
    </label>
  );
}
