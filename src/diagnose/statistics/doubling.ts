/** @file What as much time again would bring, as the last doublings of the time tell. */
import type { History, Series } from '../history.ts'
import { epochCurve, type LossCurve, lossCurve, lossWindow } from './loss-curve.ts'

export interface Doubling {
  /** Shares of the way from guessing to the least loss: what the last half of the run brought to both parts, and what is left of the training part. */
  readonly lastHalf: number
  readonly left: number
  /** `lastHalf` with what lies above guessing. */
  readonly fell: number
  /**
   * Share of the way that as much time again would bring to both parts. A learning curve c + a·t^−b loses by each doubling of the time the same
   * share ρ = 2^−b of what the doubling before brought, so that the next brings ρ times the last; never more than 60% of what is left.
   */
  readonly next: number
  /** `next` over what is left of the part that has more left. */
  readonly ofRest: number
}

/** Once examples are told apart, a loss falls about as 1/t (Soudry et al. 2018): what is left halves, or a little more. */
const mostOfRest = 0.6

/** A loss as a function of the share of the run that is done. */
type Curve = (share: number) => number

/** Undefined with fewer than 16 losses, or where the way is not known. Call it as `run.derive(doubling)`. */
export function doubling(run: History): Doubling | undefined {
  const curve = run.derive(lossCurve)
  if (curve === undefined || Number.isNaN(curve.way) || run.losses.length < 16) return undefined
  const training = doublingOf(trainingCurve(run), curve)
  const validation = validationCurve(run)
  const both = validation === undefined ? [training] : [training, doublingOf(validation, curve)]
  const next = Math.min(...both.flatMap((part) => [part.next, mostOfRest * part.left]))
  const lastHalf = Math.min(...both.map((part) => part.lastHalf))
  return { ...training, lastHalf, next, ofRest: next / Math.max(...both.map(({ left }) => left)) }
}

function doublingOf(lossAt: Curve, { origin, way, floor = 0 }: LossCurve) {
  // What lies above guessing has to be unlearnt; that says nothing of the learning.
  const seen = [0.25, 0.5, 1].map(lossAt)
  const [quarter, half, end] = seen.map((loss) => Math.min(loss, origin))
  const [before, last] = [quarter - half, half - end]
  const ratio = before > 0 ? Math.min(1, last / before) : 1
  return {
    lastHalf: last / way,
    left: (end - floor) / way,
    fell: (seen[1] - seen[2]) / way,
    next: Math.max(0, last * ratio) / way,
  }
}

/** Always the same examples, where they were measured; else means of batches. */
function trainingCurve(run: History): Curve {
  const same = run.series('evaluated/training/loss')
  if (same !== undefined && same.values.length >= 3) return between(same, run.step)
  const { losses } = run
  const n = losses.length
  const around = 0.1
  return (share) =>
    lossWindow(
      losses,
      Math.floor(Math.min(1 - 1.5 * around, share - around) * n),
      Math.ceil(Math.min(1, share + around) * n),
    ).mean
}

/** Undefined with fewer than three measurements, of which the one before learning is one. */
function validationCurve(run: History): Curve | undefined {
  const measured = epochCurve(run, 'validation/loss')
  return measured.values.length < 3 ? undefined : between(measured, run.step)
}

/** Between its points as an exponential, which a loss that falls is nearer to than a line. */
function between({ steps, values }: Pick<Series, 'steps' | 'values'>, end: number): Curve {
  return (share) => {
    const step = share * end
    const found = steps.findIndex((known) => known >= step)
    const after = found < 0 ? steps.length - 1 : Math.max(1, found)
    const part = Math.min(1, Math.max(0, (step - steps[after - 1]) / (steps[after] - steps[after - 1])))
    const [a, b] = [values[after - 1], values[after]]
    return a > 0 && b > 0 ? a * (b / a) ** part : a + part * (b - a)
  }
}
