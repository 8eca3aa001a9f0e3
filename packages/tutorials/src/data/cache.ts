import {homedir} from 'node:os';
import {isAbsolute, join} from 'node:path';

const NAME = 'dp-tensorflow-js';

/**
 * The folder where downloads are kept: `DP_CACHE_DIR` if set, otherwise the platform's cache folder, which is
 * `LOCALAPPDATA` on Windows and `XDG_CACHE_HOME` or `~/.cache` elsewhere (XDG Base Directory Specification 0.8).
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.DP_CACHE_DIR) return environment.DP_CACHE_DIR;
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), NAME);
  }
  // The specification says to ignore a relative path.
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), NAME);
}
