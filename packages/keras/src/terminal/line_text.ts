const BAR_COLUMNS = 24;

/** `label bar text | text`, no wider than the terminal. */
export function withBar(
  label: string | undefined,
  fraction: number,
  texts: readonly string[],
  columns: number,
): string {
  const text = texts.filter((part) => part !== '').join(' | ');
  const head = label === undefined ? '' : `${label} `;
  // One column stays free: some terminals go to the next line when the last one is filled.
  const room = Math.min(BAR_COLUMNS, columns - 2 - head.length - text.length);
  const bar = room >= 5 ? `${barOf(fraction, room)} ` : '';
  return `${head}${bar}${text}`.slice(0, columns - 1);
}

/** A bar of that many columns, filled from the left. */
export function barOf(fraction: number, columns: number): string {
  const full = Math.round(Math.min(Math.max(fraction, 0), 1) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}

/** Seconds as `m:ss` or `h:mm:ss`. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = whole >= 3600 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
