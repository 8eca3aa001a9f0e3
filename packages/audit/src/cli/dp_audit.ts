import {Command, CommanderError, InvalidArgumentError} from 'commander';

import {AUDIT_NAMES, auditAll, type AuditName} from '../audit_all.js';
import {AuditError} from '../errors.js';
import {tableOf} from '../report/table.js';
import type {Io} from './io.js';
import {loadSubject} from './load_subject.js';

const NAME = 'dp-audit';
const FAILED = 1;
const BAD_INPUT = 2;

function auditNames(list: string): AuditName[] {
  return list.split(',').map((name) => {
    const known = AUDIT_NAMES.find((own) => own === name);
    if (known === undefined) {
      throw new InvalidArgumentError(`'${name}' is none of the audits ${AUDIT_NAMES.join(', ')}.`);
    }
    return known;
  });
}

/**
 * The command line `dp-audit MODEL_SCRIPT`: holds what a private training step claims against what it does.
 *
 * @param argv - The arguments after the program's name.
 * @returns The exit code: 0, 1 if an audit failed, 2 for bad input, which is one line on `io.error`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = new Command(NAME)
    .description('Measures sensitivity, noise and sampling of a private training step against its ledger.')
    .argument(
      '<model_script>',
      'a module whose default export is an audit subject, or a function that makes one',
    )
    .option('--json', 'print results as JSON')
    .option('--only <names>', `audits to make, with commas between: ${AUDIT_NAMES.join(',')}`, auditNames)
    .exitOverride()
    .configureOutput({writeOut: io.out, writeErr: io.error})
    .action(
      async (
        script: string,
        {json = false, only = AUDIT_NAMES}: {json?: boolean; only?: readonly AuditName[]},
      ) => {
        const subject = await loadSubject(script);
        const {results, notMade} = auditAll(subject, {only});
        io.out(
          json
            ? `${JSON.stringify({subject: subject.name, results, notMade}, null, 2)}\n`
            : `${subject.name}\n\n${tableOf(results)}${notMade.map((why) => `Not made: ${why}\n`).join('')}`,
        );
        if (results.length === 0) throw new AuditError('no audit could be made');
        if (results.some(({passed}) => !passed)) code = FAILED;
      },
    );
  try {
    await program.parseAsync([...argv], {from: 'user'});
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
    if (!(error instanceof AuditError)) throw error;
    io.error(`${NAME}: ${error.message}\n`);
    return BAD_INPUT;
  }
}
