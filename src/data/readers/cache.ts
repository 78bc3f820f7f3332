/** @file The folder in which downloaded data are kept between runs. */

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly home: string
}

/**
 * The cache's folder: `RAPPEL_CACHE`, or `rappel` in the place that the system has for it: `XDG_CACHE_HOME` or `~/.cache`; on macOS
 * `~/Library/Caches`; on Windows `%LOCALAPPDATA%`. It need not exist.
 *
 * @see XDG Base Directory Specification: a relative path in the variable counts as none
 */
export async function cacheFolder(): Promise<string> {
  const { homedir } = await import('node:os')
  return cacheFolderIn({ env: process.env, platform: process.platform, home: homedir() })
}

/** The same as a function of what it depends on. */
export async function cacheFolderIn({ env, platform, home }: Surroundings): Promise<string> {
  const { posix, win32, resolve } = await import('node:path')
  if (env.RAPPEL_CACHE) return resolve(env.RAPPEL_CACHE)
  if (platform === 'win32')
    return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'rappel', 'Cache')
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'rappel')
  const xdg = env.XDG_CACHE_HOME
  return posix.join(xdg && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.cache'), 'rappel')
}
