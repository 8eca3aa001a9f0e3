import {type Command, CommanderError} from 'commander';
import type {Io} from './io.js';

const BAD_INPUT = 2;

/** Makes a command write to `io` and throw instead of ending the process; its errors are one line. */
export function withIo(command: Command, name: string, io: Io): Command {
  return command
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.error,
      outputError: (text, write) => write(`${name}: ${oneLine(text)}; see --help\n`),
    });
}

/**
 * The exit code of a command line's work: 0, or 2 for bad input, which is one line on `io.error`.
 * @throws whatever is not the user's mistake.
 */
export async function exitCode(name: string, io: Io, work: () => void | Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    // Commander has written its message already, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
    if (!(error instanceof RangeError)) throw error;
    io.error(`${name}: ${error.message}\n`);
    return BAD_INPUT;
  }
}

/** One line of JSON, which has no infinity: Number('Infinity') and Python's float('Infinity') read the text back. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value, (_key, part: unknown) => (part === Infinity ? 'Infinity' : part))}\n`;
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^error: /, '')
    .replace(/\.$/, '');
}
