/** What {@link interruptible} needs of the process; tests give another one. */
export interface SignalledProcess {
  on(event: 'SIGINT', listener: () => void): unknown;
  off(event: 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/** Options of {@link interruptible}. */
export interface InterruptOptions {
  /** Called at the first Ctrl-C, for example to say that the current step is being finished. */
  readonly onInterrupt?: (() => void) | undefined;
  /** Default: this process. */
  readonly process?: SignalledProcess | undefined;
  /** The time in milliseconds, for tests. */
  readonly now?: (() => number) | undefined;
}

/** Ctrl-C as a signal, as long as it is not disposed of. */
export interface Interrupt {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back to Node, which ends the process. */
  readonly dispose: () => void;
}

/** 128 + SIGINT, as shells report it. */
export const INTERRUPTED_EXIT_CODE = 130;

/** npm passes Ctrl-C on to the script, which has it from the terminal already: two signals, a few milliseconds apart, are one key. */
const SAME_KEY_MS = 500;

/**
 * Makes the first Ctrl-C a signal, at which a loop can end in order, and the second one an exit at once with code 130.
 * Node sees Ctrl-C only between tasks, so the loop has to wait now and then: `await setImmediate()` of `node:timers/promises`.
 */
export function interruptible(options: InterruptOptions = {}): Interrupt {
  const {onInterrupt, process: signalled = process, now = () => performance.now()} = options;
  const controller = new AbortController();
  let firstAt: number | undefined;
  const listener = (): void => {
    if (firstAt === undefined) {
      firstAt = now();
      controller.abort(new DOMException('Interrupted by Ctrl-C', 'AbortError'));
      onInterrupt?.();
    } else if (now() - firstAt >= SAME_KEY_MS) {
      signalled.exit(INTERRUPTED_EXIT_CODE);
    }
  };
  signalled.on('SIGINT', listener);
  return {signal: controller.signal, dispose: () => signalled.off('SIGINT', listener)};
}
