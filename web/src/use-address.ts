import { useEffect } from 'preact/hooks';

/** Milliseconds that the address stays as it is, after it is to be another: browsers refuse more than a hundred changes in half a minute. */
const calm = 350;

/** Keeps the part of the address behind `#`. */
export function useAddress(hash: string): void {
  useEffect(() => {
    const timer = setTimeout(() => history.replaceState(null, '', hash), calm);
    return () => clearTimeout(timer);
  }, [hash]);
}
