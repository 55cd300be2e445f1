import { useEffect, useRef } from 'preact/hooks';

/** Calls what belongs to a key, where it is not the browser's, nor that of a field one writes or chooses in. */
export function useKeys(keys: { readonly [key in string]?: () => void }): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (target instanceof HTMLSelectElement) return;
      if (target instanceof HTMLInputElement && /^(text|number|file)$/.test(target.type)) return;
      // Space presses what has the focus.
      if (key === ' ' && target instanceof Element && target.matches('button, input')) return;
      const act = Object.hasOwn(now.current, key) ? now.current[key] : undefined;
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
