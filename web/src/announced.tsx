import { useEffect, useRef, useState } from 'preact/hooks';

/** Milliseconds between two readings. */
const every = 5000;

/** A text that changes all the time, for those who have it read out: every five seconds what it is then. */
export function Announced({ text }: { readonly text: string }) {
  const [said, say] = useState(text);
  const now = useRef(text);
  now.current = text;
  useEffect(() => {
    const timer = setInterval(() => say(now.current), every);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}
