/** @file Runs down a valley ½·Σλᵢ·wᵢ², in which all that the probes tell can be worked out by hand. */
import type { RunEvent } from '../../../../src/diagnose/events.ts'
import type { StartEvent } from '../../../../src/train/events.ts'
import { chance, check, end, start } from '../data/runs.ts'

export type Vector = readonly number[]

export interface Valley {
  /** λ of each weight. */
  readonly curvatures: Vector
  readonly steps: number
  /** The step from the gradient; state of its own it keeps itself. */
  readonly rule: (gradient: Vector, step: number) => Vector
  /** What the rule tells of itself. */
  readonly hyper?: Readonly<Record<string, number>>
  readonly start?: Partial<StartEvent>
  /** Steps in an epoch; default 10. */
  readonly epoch?: number
}

const dot = (a: Vector, b: Vector) => a.reduce((sum, x, i) => sum + x * b[i], 0)
const norm = (a: Vector) => Math.sqrt(dot(a, a))

/** All that is told of it, from weights of 1; guessing is where it begins. */
export function down({ curvatures, steps, rule, hyper = { learningRate: 1 }, start: more, epoch = 10 }: Valley) {
  const loss = (w: Vector) => curvatures.reduce((sum, c, i) => sum + (c * w[i] ** 2) / 2, 0)
  let w: Vector = curvatures.map(() => 1)
  const origin = loss(w)
  const events: RunEvent[] = [
    start({
      parameters: [{ name: 'dense1.weight', shape: [curvatures.length, 1] }],
      rule: { name: 'ownRule', hyper, scheduled: [], states: ['state'] },
      loss: 'ownLoss',
      epochs: Math.ceil(steps / epoch),
      batchSize: 1,
      data: { training: epoch },
      ...more,
    }),
    check(chance(origin)),
  ]
  const evaluated = (step: number) => {
    const at = { step, epoch: step / epoch }
    events.push({ type: 'probe', probe: 'evaluated', ...at, values: { 'evaluated/training/loss': loss(w) } })
    events.push({ type: 'epoch', ...at, validation: { loss: loss(w), examples: 100 }, penalty: 0 })
  }
  evaluated(0)
  let before: Vector | undefined
  for (let step = 0; step < steps; step++) {
    const gradient = curvatures.map((c, i) => c * w[i])
    const update = rule(gradient, step)
    const next = w.map((x, i) => x + update[i])
    const half = w.map((x, i) => x + update[i] / 2)
    const at = { type: 'probe' as const, step, epoch: step / epoch }
    events.push({ type: 'steps', first: step, epoch: Math.floor(step / epoch), losses: [loss(w)] })
    events.push({
      ...at,
      probe: 'descent',
      values: {
        'descent/predicted': -dot(gradient, update),
        'descent/decrease': loss(w) - loss(next),
        'descent/half': loss(w) - loss(half),
        'descent/alignment': -dot(gradient, update) / (norm(gradient) * norm(update)),
      },
    })
    events.push({ ...at, probe: 'norms', values: norms(w, gradient, update) })
    if (before !== undefined)
      events.push({
        ...at,
        probe: 'cosine',
        values: { 'cosine/all': dot(before, update) / (norm(before) * norm(update)) },
      })
    before = update
    w = next
    if ((step + 1) % epoch === 0) evaluated(step + 1)
  }
  events.push({ ...end(), step: steps, epoch: steps / epoch })
  return events
}

function norms(w: Vector, gradient: Vector, update: Vector): Record<string, number> {
  const name = 'dense1.weight'
  const of = (what: string, values: Vector) => ({
    [`norm:${what}/${name}`]: norm(values),
    [`min:${what}/${name}`]: Math.min(...values),
    [`max:${what}/${name}`]: Math.max(...values),
  })
  return {
    ...of('weight', w),
    ...of('gradient', gradient),
    ...of('update', update),
    [`update:weight/${name}`]: norm(update) / norm(w),
  }
}

/** Gradient descent. */
export const descend = (rate: number) => (gradient: Vector) => gradient.map((g) => -rate * g)

/** The heavy ball; of friction 1 − mu. Of mu 1 a sum of all gradients. @param restart so often the sum begins anew */
export function heavyBall(rate: number, mu: number, restart = Number.POSITIVE_INFINITY) {
  let velocity: Vector | undefined
  return (gradient: Vector, step: number): Vector => {
    const old = step % restart === 0 ? undefined : velocity
    const now = gradient.map((g, i) => mu * (old?.[i] ?? 0) - rate * g)
    velocity = now
    return now
  }
}

/** So many curvatures, evenly on a logarithmic scale. */
export const spread = (count: number, from: number, to: number): Vector =>
  Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)))
