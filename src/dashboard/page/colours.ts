/** @file Colours as style/tokens.css has them: canvases read them from there, so that there is one list. */

const changed = new Set<() => void>()
let seen = new Map<string, string>()

/** A colour or another token of the style: `token('training')` is `--training`. */
export function token(name: string): string {
  let value = seen.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
    seen.set(name, value)
  }
  return value
}

/** Calls something whenever light and dark have changed places. @returns what ends it */
export function onScheme(work: () => void): () => void {
  changed.add(work)
  return () => changed.delete(work)
}

/** 'light', 'dark', or undefined for what the system has. It stays chosen where the browser lets it. */
export function setScheme(scheme: 'light' | 'dark' | undefined): void {
  if (scheme === undefined) delete document.documentElement.dataset.scheme
  else document.documentElement.dataset.scheme = scheme
  try {
    if (scheme === undefined) localStorage.removeItem('rappel.scheme')
    else localStorage.setItem('rappel.scheme', scheme)
  } catch {
    // A report that is opened from a file may have no storage.
  }
  repaint()
}

export function isDark(): boolean {
  const { scheme } = document.documentElement.dataset
  return scheme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : scheme === 'dark'
}

/** Takes up what was chosen before, and follows the system. */
export function followScheme(): void {
  try {
    const chosen = localStorage.getItem('rappel.scheme')
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.scheme = chosen
  } catch {
    // As above.
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint)
}

function repaint(): void {
  seen = new Map()
  for (const work of changed) work()
}
