import type {Io} from './io.js';

/** Tells on the error stream how far long work is: nothing in the first second, then a line a second at most. */
export function progress(io: Io, name: string, total: number): (done: number) => void {
  let spoke = performance.now();
  return (done) => {
    if (performance.now() - spoke < 1000 || done === total) return;
    spoke = performance.now();
    io.error(`${name}: ${done} of ${total} points\n`);
  };
}
