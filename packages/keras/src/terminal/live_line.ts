import {SingleBar} from 'cli-progress';

/** A line of the terminal that is drawn over again and again, and leaves nothing behind. */
export class LiveLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #bar: SingleBar;
  #draw: (columns: number) => string = () => '';
  #running = false;
  readonly #stop = () => this.stop();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#bar = new SingleBar({
      stream,
      format: (_options, {maxWidth}) => this.#draw(maxWidth),
      fps: 8,
      clearOnComplete: true,
      // The terminal's modes are never changed, so that even a killed process leaves it as it was; lines are cut to its width.
      hideCursor: null,
      linewrap: true,
      // Ctrl-C belongs to the program.
      gracefulExit: false,
    });
  }

  /** @param draw gives the text for a terminal of that many columns. */
  start(draw: (columns: number) => string): void {
    this.stop();
    this.#draw = draw;
    this.#running = true;
    this.#bar.start(1, 0);
    process.once('exit', this.#stop);
  }

  /** Draws again, if the last time is long enough ago. Where the event loop is kept busy, nothing else does. */
  refresh(): void {
    if (this.#running) this.#bar.update(0);
  }

  /** Clears the line. Without this call the process does not end by itself. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    process.off('exit', this.#stop);
    this.#bar.stop();
    // The terminal echoes Ctrl-C into the line, which may push its end to the next row: clear that as well.
    this.#stream.write('\r\u001b[J');
  }
}

/** Whether a live line can be drawn there: it is a terminal that knows how to move the cursor. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env.TERM !== 'dumb';
}
