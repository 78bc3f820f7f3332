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

/** Colours between stops, for numbers from 0 to 1. */
export type Ramp = (share: number) => string

type Rgb = readonly [red: number, green: number, blue: number]

const ramp =
  (light: readonly Rgb[], dark: readonly Rgb[]): Ramp =>
  (share) => {
    const stops = isDark() ? dark : light
    const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1)
    const i = Math.min(Math.floor(place), stops.length - 2)
    const mixed = stops[i].map((part, channel) => Math.round(part + (stops[i + 1][channel] - part) * (place - i)))
    return `rgb(${mixed.join(' ')})`
  }

/** From too low over right to too high: blue, the ground's own grey, orange. All eyes tell its ends apart. */
export const diverging = ramp(
  [
    [8, 81, 156],
    [107, 174, 214],
    [238, 240, 243],
    [253, 174, 97],
    [179, 78, 0],
  ],
  [
    [107, 184, 239],
    [43, 105, 152],
    [38, 44, 51],
    [165, 92, 25],
    [255, 167, 84],
  ],
)

/** From none to much: of the ground's own grey over blue-green to yellow, rising in lightness contrast (after viridis). */
export const sequential = ramp(
  [
    [238, 240, 243],
    [158, 202, 208],
    [70, 142, 160],
    [38, 82, 122],
    [33, 20, 77],
  ],
  [
    [34, 40, 47],
    [45, 75, 110],
    [50, 130, 140],
    [110, 190, 110],
    [250, 230, 80],
  ],
)
