/** @file How large updates are for their gradients: ‖Δ‖/(rate·‖g‖), 1 for plain gradient descent, up to 1/(1 − μ) with momentum. */
import type { History } from '../history.ts'
import { median } from './numbers.ts'
import { rates } from './rates.ts'

export interface Gain {
  readonly step: number
  /** Over all parameters. */
  readonly gradient: number
  readonly update: number
  /** Largest magnitude of one element. */
  readonly largestGradient: number
  readonly largestUpdate: number
}

/** Of each step that the probe `norms` watched, in order; empty where it did not. Call it as `run.derive(gains)`. */
export function gains(run: History): readonly Gain[] {
  const [gradients, updates] = ['gradient', 'update'].map((what) => totals(run, what))
  return [...gradients].flatMap(([step, g]) => {
    const u = updates.get(step)
    return u === undefined
      ? []
      : [
          {
            step,
            gradient: Math.sqrt(g.squares),
            update: Math.sqrt(u.squares),
            largestGradient: g.most,
            largestUpdate: u.most,
          },
        ]
  })
}

function totals(run: History, what: string): Map<number, { squares: number; most: number }> {
  const found = new Map<number, { squares: number; most: number }>()
  for (const [name, series] of run.by(`norm:${what}`)) {
    const [low, high] = [run.series(`min:${what}/${name}`), run.series(`max:${what}/${name}`)]
    series.steps.forEach((step, i) => {
      const at = found.get(step) ?? { squares: 0, most: 0 }
      found.set(step, at)
      at.squares += series.values[i] ** 2
      at.most = Math.max(at.most, Math.abs(low?.values[i] ?? 0), Math.abs(high?.values[i] ?? 0))
    })
  }
  return found
}

/** Whether a rule divides by the size of past gradients, or takes their sign alone: then updates do not follow gradients in size. */
export function isAdaptive(run: History): boolean {
  const rule = run.start?.rule
  const words = `${rule?.name ?? run.start?.update ?? ''}`.toLowerCase()
  if (/^(sgd|momentum|nesterov)\b/.test(words)) return false
  if (/adam|adagrad|adadelta|rms|lion|sign|lamb|lars|rprop|adapt/.test(words)) return true
  const seen = run.derive(gains).filter((gain) => gain.gradient > 0 && gain.update > 0)
  if (seen.length < 8) return false
  // Gradients that shrink or grow by far while updates do not.
  const spread = (of: (gain: Gain) => number) => {
    const values = seen.map(of).sort((a, b) => a - b)
    return Math.log(values[Math.floor(0.9 * (values.length - 1))] / values[Math.floor(0.1 * (values.length - 1))])
  }
  const hasSquares = Object.keys(rule?.hyper ?? {}).some((name) => /beta2|b2|rho|epsilon|eps/i.test(name))
  return hasSquares && spread((gain) => gain.update) < 0.5 * spread((gain) => gain.gradient)
}

/** What makes the first updates larger than later ones, and by how much; undefined where nothing does. */
export function firstAmplification(
  run: History,
): { readonly factor: number; readonly than: string; readonly advice: string } | undefined {
  const plan = run.derive(rates)
  if (plan !== undefined && !plan.isConstant) {
    const begin = plan.points.filter(({ at }) => at <= 0.1)
    const later = median(plan.points.filter(({ at }) => at > 0.1 && at < 0.6).map(({ rate }) => rate))
    const factor = Math.max(...begin.map(({ rate }) => rate)) / later
    // A schedule that goes on coming down has no first steps of its own.
    const isBurst =
      begin.length > 0 && begin[begin.length - 1].rate < 0.5 * plan.highest && begin[0].rate >= 0.5 * plan.highest
    if (factor >= 3 && isBurst)
      return {
        factor,
        than: 'the plan makes them later',
        advice: `Begin with the rate that follows, or warm up to it from a tenth in the first steps.`,
      }
  }
  const seen = run.derive(gains)
  const [first] = seen
  const rate = plan?.first ?? run.start?.rule?.hyper.learningRate
  if (first === undefined || first.step !== 0 || rate === undefined || !isAdaptive(run)) return undefined
  // With its corrections an adaptive rule moves each element by the rate in the first step, whatever the gradient.
  const factor = first.largestUpdate / rate
  if (!(factor >= 2)) return undefined
  return {
    factor,
    than: 'the learning rate, which a corrected first step has',
    advice: `Correct the moving averages for their start at 0: divide them by 1 − βᵗ (Kingma and Ba 2015, Algorithm 1), or warm the rate up from ${(rate / factor / 3).toPrecision(1)}.`,
  }
}
