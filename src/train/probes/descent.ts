/** @file How far the objective went down on a step's own batch, beside how far its slope had promised. */
import { checkOptions } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'
import { buildNet, type NetDescription, penaltyGraph, targetInput } from '../graphs.ts'
import { batchFeeds } from './feeds.ts'
import { type Cadence, type Probe, type ProbeContext, seldom } from './probe.ts'

export interface DescentOptions {
  readonly cadence?: Cadence
  /** When `descent/half` is measured beside the rest, where the step is due for both; default once an epoch, 500 steps apart. */
  readonly half?: Cadence
}

/**
 * Along a step Δ with the objective L (mean loss plus penalty, as it trains: the step's batch, its dropout) and its gradient g:
 * - `descent/predicted` = −⟨g, Δ⟩: what a straight slope would bring; above 0 where the step goes down.
 * - `descent/decrease` = L(w) − L(w + Δ): what the step brought on its own batch.
 * - `descent/half` = L(w) − L(w + ½Δ), once an epoch.
 * - `descent/alignment` = −⟨g, Δ⟩/(‖g‖·‖Δ‖): 1 for a step straight down the gradient; absent where one of them is 0.
 *
 * By Taylor, decrease = predicted − ½ΔᵀHΔ + …, so that 1 − decrease/predicted measures the curvature along the step: near 0 the step is
 * short for the valley it is in, at ½ it ends at the bottom of a quadratic, above 1 the objective is higher than before (the
 * Wolfe-Armijo condition of line searches: Nocedal and Wright 2006, section 3.1). 4·half − decrease is the slope without the second order.
 *
 * A difference is known to about 1e-7 of the objective. Running statistics stay as they are.
 *
 * @param options.cadence default 4 times an epoch, 125 steps apart
 */
export function descent(options: DescentOptions = {}): Probe {
  checkOptions('probe.descent', options, ['cadence', 'half'])
  const { cadence = seldom, half = { perEpoch: 1, apart: 500 } } = options
  return {
    name: 'descent',
    cadence,
    async measure(context) {
      const { predicted, alignment } = await slope(context)
      let before = await knownObjective(context)
      const after = await objectiveAt(context, context.weightsAfter())
      // The step's own loss is one float32; for small differences it is computed once more, example by example.
      if (Math.abs(before - after) < small * Math.abs(before)) before = await objectiveAt(context, context.weights())
      return {
        values: {
          'descent/predicted': predicted,
          'descent/decrease': before - after,
          ...(context.isDue(half) && { 'descent/half': before - (await objectiveAt(context, midway(context))) }),
          ...(alignment !== undefined && { 'descent/alignment': alignment }),
        },
      }
    },
  }
}

/** Below this share of the objective a difference is measured with all care. */
const small = 1e-4

async function slope({ gradients, updates, products }: ProbeContext) {
  let [both, ofGradient, ofUpdate] = [0, 0, 0]
  const added = updates()
  ;(await gradients()).forEach((g, i) => {
    const [gd, gg, dd] = products(g, added[i])
    both += gd
    ofGradient += gg
    ofUpdate += dd
  })
  const norms = Math.sqrt(ofGradient) * Math.sqrt(ofUpdate)
  return { predicted: -both, ...(norms !== 0 && { alignment: -both / norms }) }
}

async function knownObjective({ batch, net, run }: ProbeContext): Promise<number> {
  const { loss } = batch()
  if (net.penalty === undefined) return loss
  const { penalty } = await run('penalty', () => penaltyGraph(net) as Graph, {})
  return loss + Number(penalty.data[0])
}

/** Halfway between before and after. */
function midway({ weights, updates }: ProbeContext): Float32Array[] {
  const added = updates()
  return weights().map((w, k) => {
    const delta = added[k]
    const values = new Float32Array(w.length)
    for (let i = 0; i < w.length; i++) values[i] = w[i] + delta[i] / 2
    return values
  })
}

async function objectiveAt(context: ProbeContext, weights: readonly Float32Array[]): Promise<number> {
  const { net } = context
  const { size, inputs, targets, random } = context.batch()
  const feeds = batchFeeds(net, size, inputs, targets, random)
  const { losses, penalty } = await context.run(`objective ${size}`, () => objectiveGraph(net, size), feeds, weights)
  return meanOf(losses.data as Float32Array) + Number(penalty?.data[0] ?? 0)
}

/** Forwards only, as the net trains: each example's loss (`losses`) and the `penalty`, where there is one. */
export function objectiveGraph(net: NetDescription, batch: number): Graph {
  const { builder, context, output } = buildNet(net, batch, true)
  const losses = net.loss.perExample(output, targetInput(net, builder, batch))
  const penalty = net.penalty?.of(context.parameters)
  return builder.graph('objective', { losses, ...(penalty && { penalty }) })
}

/** In float64, where rounding of so many numbers averages out. */
export function meanOf(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
