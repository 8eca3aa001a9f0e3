/** Node's process, whose built-in modules need no import that a bundler for browsers would trip over; undefined in a browser. */
export const nodeProcess = (globalThis as {readonly process?: NodeJS.Process}).process;
