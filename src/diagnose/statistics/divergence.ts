/** @file Whether a run has gone out of bounds. */
import type { History } from '../history.ts'
import { lossCurve } from './loss-curve.ts'
import { quantile } from './numbers.ts'

export interface Divergence {
  /** 'declared': the training loop said so; 'not-finite': losses are NaN or infinite from some step on; 'exploded': far above any loss at chance. */
  readonly kind: 'declared' | 'not-finite' | 'exploded'
  /** Step of the first loss that was out of bounds, as far as it is known. */
  readonly step: number
  /** What became odd first, where the loop says: 'loss', 'gradient/dense1.weight', 'dense1.weight', 'input', … */
  readonly first?: string
  readonly words: string
  /** Largest finite loss over the loss at the start. */
  readonly factor: number
}

/**
 * An entropy of more than ten times what guessing gives means scores that are wrong by more than all the information there is; a squared
 * error, outputs three times as far off as a constant. Above a hundred times no run is on its way back.
 */
const exploded = 100

/** Undefined where it has not. Call it as `run.derive(divergence)`. */
export function divergence(run: History): Divergence | undefined {
  const { losses, lossSteps, outcome } = run
  const curve = run.derive(lossCurve)
  const scale = Math.max(Math.abs(curve?.initial ?? losses[0] ?? 1), Math.abs(curve?.chance ?? 0)) || 1
  const firstOut = losses.findIndex((loss) => !(Math.abs(loss) <= exploded * scale))
  const step = firstOut < 0 ? run.step : lossSteps[firstOut]
  const largest = losses.reduce((most, loss) => (Number.isFinite(loss) ? Math.max(most, Math.abs(loss)) : most), 0)
  const factor = largest / scale
  if (outcome?.reason === 'diverged')
    return { kind: 'declared', step, first: outcome.first, words: sentence(outcome.message), factor }
  const tail = losses.subarray(Math.max(0, losses.length - 5))
  if (tail.length === 0) return undefined
  if (tail.every((loss) => !Number.isFinite(loss))) {
    const finite = losses.findLastIndex((loss) => Number.isFinite(loss))
    const at = lossSteps[finite + 1]
    return { kind: 'not-finite', step: at, words: `The loss is ${losses[finite + 1]} from step ${at} on.`, factor }
  }
  const late = losses.subarray(Math.floor(losses.length * 0.75))
  const level = quantile(late, 0.5)
  if (losses.length < 12 || !(level > exploded * scale)) return undefined
  const words = `The loss is ${level.toPrecision(3)} now, where it began at ${scale.toPrecision(3)}.`
  return { kind: 'exploded', step, words, factor }
}

const sentence = (message: string) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
