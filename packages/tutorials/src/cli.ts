import {Command, CommanderError} from 'commander';

import {reproduceCommand} from './reproduce/flags.js';
import {INTERRUPTED_EXIT_CODE} from './terminal/interrupt.js';
import type {Streams} from './terminal/streams.js';
import {tutorialCommands} from './tutorials/commands.js';
import {UsageError} from './usage_error.js';

/**
 * `dp-tutorial NAME [flags]`. Flags are spelled as in the original tutorials, and also with hyphens.
 *
 * @returns The exit code: 0, 2 for something the user can put right, 130 after Ctrl-C, 1 otherwise.
 */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
  let exitCode = 0;
  const program = new Command('dp-tutorial').description(
    'Tutorials of differentially private training in TensorFlow.js',
  );
  const end = ({interrupted}: {interrupted: boolean}): void => {
    if (interrupted) exitCode = INTERRUPTED_EXIT_CODE;
  };
  for (const command of tutorialCommands(streams, end)) program.addCommand(command);
  program.addCommand(
    reproduceCommand(async (flags) => {
      const {reproduce} = await import('./reproduce/reproduce.js');
      end(await reproduce(flags, streams));
    }),
  );
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(false)
      .configureOutput({
        writeOut: (text) => streams.stdout.write(text),
        writeErr: (text) => streams.stderr.write(text),
      });
  }
  try {
    await program.parseAsync(args.map(withUnderscores), {from: 'user'});
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const usage = error instanceof UsageError || (error instanceof Error && error.name === 'DataFileError');
    streams.stderr.write(usage ? `error: ${(error as Error).message}\n` : `${errorText(error)}\n`);
    return usage ? 2 : 1;
  }
}

/** `--batch-size=256` as `--batch_size=256`. */
function withUnderscores(argument: string): string {
  const [, flag = '', value = ''] = /^--([a-z][a-z0-9-]*)(=.*)?$/.exec(argument) ?? [];
  return flag === '' ? argument : `--${flag.replaceAll('-', '_')}${value}`;
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'DpError' || error.name === 'DownloadError'
    ? `error: ${error.message}`
    : (error.stack ?? error.message);
}
