import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

import {AuditError} from '../errors.js';
import type {AuditSubject} from '../subject/subject.js';

/**
 * Imports a model script: a module whose default export is an audit subject, or a function (perhaps async) that makes one.
 *
 * @throws AuditError if it cannot be loaded, throws, or exports something else.
 */
export async function loadSubject(path: string): Promise<AuditSubject> {
  const made = await madeBy(path);
  if (isSubject(made)) return made;
  throw new AuditError(
    `${path} must export an audit subject by default, or a function that makes one: ` +
      'an object with name, variables, losses, records {x, y} and optimizer',
  );
}

async function madeBy(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as {readonly default?: unknown};
    const exported = module.default;
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    throw new AuditError(`${path} could not be loaded: ${reason}`, {cause: error});
  }
}

function isSubject(value: unknown): value is AuditSubject {
  if (typeof value !== 'object' || value === null) return false;
  const {name, variables, losses, records, optimizer} = value as Partial<Record<keyof AuditSubject, unknown>>;
  return (
    typeof name === 'string' &&
    Array.isArray(variables) &&
    variables.length > 0 &&
    typeof losses === 'function' &&
    typeof records === 'object' &&
    records !== null &&
    'x' in records &&
    'y' in records &&
    typeof optimizer === 'function'
  );
}
