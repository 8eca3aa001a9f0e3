import type {CallbackInstance} from '../fit_args.js';

type MakeDisplay = () => CallbackInstance;

const DISPLAYS: MakeDisplay[] = [];

/** Registers what shows the progress of every `fit` with `verbose: 1`. It is told what no epsilon covers, and keeps nothing. */
export function registerProgressDisplay(make: MakeDisplay): void {
  if (!DISPLAYS.includes(make)) DISPLAYS.push(make);
}

/** One of each that is registered. */
export function progressDisplays(): CallbackInstance[] {
  return DISPLAYS.map((make) => make());
}
