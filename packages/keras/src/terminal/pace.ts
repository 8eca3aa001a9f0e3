/** How fast something goes on: its rate over the last seconds, so that a slow start is soon forgotten. */
export class Pace {
  readonly #marks: {readonly at: number; readonly done: number}[] = [];

  constructor(private readonly windowSeconds = 10) {}

  /** Notes that `done` is reached at a time in seconds; both may only grow. */
  mark(at: number, done: number): void {
    this.#marks.push({at, done});
    // The oldest mark stays until the second oldest spans the window too.
    while (this.#marks.length > 2 && at - (this.#marks[1]?.at ?? at) >= this.windowSeconds)
      this.#marks.shift();
  }

  /** Units a second; undefined until two marks are apart in time and in what is done. */
  get rate(): number | undefined {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    return last.at > first.at && last.done > first.done
      ? (last.done - first.done) / (last.at - first.at)
      : undefined;
  }
}
