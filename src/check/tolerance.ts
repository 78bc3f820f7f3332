/** @file The bands of relative errors: those of the CS231n notes, for float64 and float32, and by depth. */
import type { Context } from './line.ts'
import type { Band } from './report.ts'

export interface Tolerances {
  /** Up to here: be happy. */
  readonly happy: number
  readonly fine: number
  readonly uncomfortable: number
  /** Above it a difference that rounding and truncation do not explain is a failure. */
  readonly certain: number
}

/**
 * float64: 1e-7, 1e-4, 1e-2. In float32 the best that a difference can reach is about 3e-5. Errors grow with depth: up to 100
 * times at ten layers, where 1e-2 may be fine.
 */
export function tolerances({ noise, settings }: Pick<Context, 'noise' | 'settings'>): Tolerances {
  const deeper = 10 ** ((2 * Math.min(settings.depth - 1, 9)) / 9)
  return noise.precision === 'float64'
    ? { happy: 1e-7 * deeper, fine: 1e-4 * deeper, uncomfortable: Math.min(0.1, 1e-2 * deeper), certain: 1e-6 * deeper }
    : {
        happy: 3e-5 * deeper,
        fine: Math.min(1e-2, 1e-3 * deeper),
        uncomfortable: Math.min(0.1, 1e-2 * deeper),
        certain: Math.min(1e-3, 1e-4 * deeper),
      }
}

export function bandOf(relativeError: number, limits: Tolerances): Band {
  if (relativeError <= limits.happy) return 'happy'
  if (relativeError <= limits.fine) return 'fine'
  return relativeError <= limits.uncomfortable ? 'uncomfortable' : 'wrong'
}

/** |a − n| / (|a| + |n|), or over the larger of the two; 0 where both are 0, so never NaN for finite values. */
export function relativeErrorOf(analytic: number, numeric: number, form: 'sum' | 'max'): number {
  const [a, n] = [Math.abs(analytic), Math.abs(numeric)]
  const divisor = form === 'sum' ? a + n : Math.max(a, n)
  return divisor === 0 ? 0 : Math.abs(analytic - numeric) / divisor
}
