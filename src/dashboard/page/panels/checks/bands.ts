/** @file The bands of the gradient check, in the order and the colours in which they are shown. */
import type { Band } from '../../../../check/report.ts'

/** What a band says, and the token of its colour. */
export const bands: readonly { readonly name: Band; readonly colour: string; readonly words: string }[] = [
  { name: 'happy', colour: 'training', words: 'relative error up to 1e−7, more where the net is deep' },
  { name: 'fine', colour: 'sixth', words: 'up to 1e−4' },
  { name: 'uncomfortable', colour: 'fifth', words: 'up to 1e−2' },
  { name: 'wrong', colour: 'validation', words: 'above 1e−2' },
  { name: 'zero', colour: 'ink-3', words: 'both are exactly 0' },
  { name: 'noise', colour: 'line', words: 'rounding is as large as the derivative' },
  { name: 'kink', colour: 'fourth', words: 'a kink at the point: held to the one-sided slopes' },
  { name: 'jump', colour: 'third', words: 'the loss jumps there' },
  { name: 'non-finite', colour: 'error', words: 'NaN or an infinity' },
]

export interface Share {
  readonly name: Band
  readonly colour: string
  readonly count: number
  /** Of all coordinates, from 0 to 1. */
  readonly share: number
}

/** The bands that hold anything. */
export function shares(counts: Readonly<Partial<Record<Band, number>>>): Share[] {
  const all = bands.map(({ name, colour }) => ({ name, colour, count: Number(counts[name] ?? 0) }))
  const sum = all.reduce((total, { count }) => total + count, 0)
  return all.filter(({ count }) => count > 0).map((band) => ({ ...band, share: band.count / sum }))
}

/** How far a relative error stands on a track from 1e−12 (0) to 1 (1). */
export function placeOnTrack(relativeError: number): number {
  if (!(relativeError > 0)) return 0
  return Math.min(1, Math.max(0, 1 + Math.log10(relativeError) / 12))
}
