const said = new Set<string>();

/** Warns once a process about each matter. */
export function warnOnce(matter: string, words: string): void {
  if (said.has(matter)) return;
  said.add(matter);
  console.warn(`@dp/keras: ${words}`);
}
