/** @file For how long a rule carries past gradients along: as it says, and as its steps show. */
import type { History } from '../../history.ts'
import { descents } from '../../statistics/descent.ts'
import { median } from '../../statistics/numbers.ts'
import { gains } from './gain.ts'

/** The momentum μ that a rule declares; undefined where it has none. Adam's β1 is one as well. */
export function momentumOf({ start }: History): number | undefined {
  const hyper: Readonly<Record<string, unknown>> = { ...start?.hyper, ...start?.rule?.hyper }
  for (const name of ['mu', 'momentum', 'beta1', 'b1', 'beta'])
    if (typeof hyper[name] === 'number' && hyper[name] > 0 && hyper[name] <= 1) return hyper[name]
  const said = /\b(?:mu|momentum|beta1) (0?\.\d+)/.exec(start?.update ?? '')
  return said === null ? undefined : Number(said[1])
}

/**
 * Damping of the velocity for each step, as the steps show it. From Δ′ = μ·Δ − α·g follows, for its length,
 * d log‖Δ‖ ≈ −(1 − μ) + a·ε + ε²/2 with a the alignment and ε = α‖g‖/‖Δ‖; over a stretch where ‖Δ‖ neither grows nor shrinks the damping
 * is what comes in. About 0.1 for μ = 0.9, 0 for a sum of all gradients. α is what the first step shows, ‖Δ₀‖/‖g₀‖.
 *
 * @returns NaN where it cannot be told
 */
export function damping(run: History): number {
  const seen = run.derive(gains).filter((gain) => gain.gradient > 0 && gain.update > 0)
  const points = run.derive(descents)?.points ?? []
  const [first] = seen
  if (first === undefined || first.step !== 0) return Number.NaN
  const alpha = first.update / first.gradient
  const later = seen.slice(Math.floor(seen.length / 3))
  const alignments = new Map(points.map(({ step, alignment }) => [step, alignment]))
  const incoming = later.flatMap(({ step, gradient, update }) => {
    const a = alignments.get(step)
    const e = (alpha * gradient) / update
    return a === undefined ? [] : [a * e + (e * e * (1 - a * a)) / 2]
  })
  return incoming.length < 8 ? Number.NaN : incoming.reduce((sum, x) => sum + x, 0) / incoming.length
}

/** Median cosine of successive updates. */
export const successive = (run: History): number => median(run.series('cosine/all')?.values ?? [])
