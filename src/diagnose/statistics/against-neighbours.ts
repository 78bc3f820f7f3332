/** @file The net beside a vote of neighbours, which has learnt nothing but the rows by heart: a level that it should reach. */
import type { History } from '../history.ts'
import { epochCurve, lossCurve } from './loss-curve.ts'
import { median } from './numbers.ts'
import { late } from './series.ts'

export interface AgainstNeighbours {
  /** Share of right answers; for distances the share of the variance that is explained. */
  readonly net: number
  readonly vote: number
  /** What chance leaves of the vote's. */
  readonly error: number
  /** Whether the net is behind by more than two errors and a twentieth. */
  readonly isBehind: boolean
}

/** Of the validation part where there is one. Undefined where nobody asked the neighbours. Call it as `run.derive(againstNeighbours)`. */
export function againstNeighbours(run: History): AgainstNeighbours | undefined {
  const asked = run.check?.sanity?.findings.find(({ evidence }) => Number.isFinite(evidence.baseline))?.evidence
  if (asked === undefined) return undefined
  const part = Number.isFinite(asked.validationBaseline) ? 'validation' : 'training'
  const [vote, error] =
    part === 'validation'
      ? [asked.validationBaseline, asked.validationBaselineError]
      : [asked.baseline, asked.baselineError]
  const net = asked.guess > 0 ? accuracy(run, part) : explained(run, part)
  if (!Number.isFinite(net)) return undefined
  return { net, vote, error, isBehind: net < vote - 2 * error - 0.05 }
}

type Part = 'training' | 'validation'

function accuracy(run: History, part: Part): number {
  const measured = epochCurve(run, `${part}/accuracy`).values
  return median(measured.length > 0 ? measured.slice(-3) : late(run.series(`evaluated/${part}/accuracy`)))
}

/** Of a squared error, whose chance is the variance. */
function explained(run: History, part: Part): number {
  const chance = run.start?.loss.startsWith('squaredError') ? run.derive(lossCurve)?.chance : undefined
  const loss = median(epochCurve(run, `${part}/loss`).values.slice(-3))
  return chance === undefined ? Number.NaN : 1 - loss / chance
}
