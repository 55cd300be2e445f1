import { useEffect, useState } from 'preact/hooks';

/** Whether nobody can see the page: it is in another tab, minimised, or put to sleep. */
export function useHidden(): boolean {
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const look = () => setHidden(document.hidden);
    const freeze = () => setHidden(true);
    document.addEventListener('visibilitychange', look);
    document.addEventListener('freeze', freeze);
    document.addEventListener('resume', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      document.removeEventListener('freeze', freeze);
      document.removeEventListener('resume', look);
    };
  }, []);
  return hidden;
}
