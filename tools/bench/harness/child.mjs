import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

/** A process that is asked by a line of JSON on its input and answers with one on its output. */
export class Child {
  #process;
  #answers;
  #errors = '';

  constructor(command, argv, env = process.env) {
    this.#process = spawn(command, argv, {env, stdio: 'pipe'});
    this.#answers = createInterface({input: this.#process.stdout})[Symbol.asyncIterator]();
    this.#process.stderr.on('data', (text) => (this.#errors = `${this.#errors}${text}`.slice(-4000)));
    // A process that could not be started, or that has ended, gives no answer: `ask` tells.
    this.#process.on('error', (error) => (this.#errors += error.message));
    this.#process.stdin.on('error', () => undefined);
  }

  /** @throws Error with what it wrote last, if it ends without an answer. */
  async ask(question) {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    for (;;) {
      const {value: line, done} = await this.#answers.next();
      if (done)
        throw new Error(`${this.#process.spawnargs.join(' ')} ended without an answer\n${this.#errors}`);
      // Libraries print, too.
      if (line.startsWith('{')) return JSON.parse(line);
    }
  }

  end() {
    this.#process.kill();
  }
}
