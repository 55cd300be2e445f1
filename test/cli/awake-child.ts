/** Blocks in steps of 1.5 s, during the second of which it is stopped; says what a clock of the command line makes of either. */
import { AwakeClock } from '../../src/cli/awake-clock.ts';

const said: string[] = [];
const clock = new AwakeClock((words) => said.push(words));
const block = (seconds: number) => {
  for (const start = performance.now(); performance.now() < start + 1_000 * seconds; );
};
const step = (seconds: number) => {
  const [start, from] = [performance.now(), clock.now()];
  block(seconds);
  return { wall: (performance.now() - start) / 1_000, counted: clock.now() - from };
};
await new Promise((resolve) => setTimeout(resolve, 500));
const long = step(1.5);
console.log('ready');
const stopped = step(5);
await new Promise((resolve) => setTimeout(resolve, 1_500));
console.log(JSON.stringify({ long, stopped, said }));
await clock.end();
