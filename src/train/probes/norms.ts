/** @file How large weights, gradients and updates are, tensor by tensor; and whether updates go on in one direction. */
import { checkOptions } from '../../base/errors.ts'
import type { Sums } from '../../base/sums.ts'
import { type Cadence, often, type Probe, seldom } from './probe.ts'

/**
 * Of each tensor's weights, gradient and update the norm, the least and the greatest value (`norm:weight/…`, `min:update/…`), and
 * update : weight, by norms `‖Δ‖/‖w‖` (`update:weight/…`) and by mean magnitudes `Σ|Δ|/Σ|w|` (`update:weight:mean/…`). About
 * 1e-3 is a healthy one; lower, the learning rate may be too low, higher, too high (CS231n notes, 'Ratio of weights:updates').
 *
 * The update is what was added to the weights, by any rule. Of a tensor whose weights are all 0 (a bias at its start) there is no
 * ratio. Where a value is NaN or infinite the norm is NaN, least and greatest are of the others, and `nonFinite:…` counts them.
 *
 * @param options.cadence default 20 times an epoch, 25 steps apart
 */
export function norms(options: { readonly cadence?: Cadence } = {}): Probe {
  checkOptions('probe.norms', options, ['cadence'])
  return {
    name: 'norms',
    cadence: options.cadence ?? often,
    async measure(context) {
      const [weights, updates, gradients] = [
        await context.sums('weights'),
        await context.sums('updates'),
        await context.sums('gradients'),
      ]
      const values: Record<string, number> = {}
      context.parameters.forEach(({ name }, i) => {
        describe(values, `weight/${name}`, weights[i])
        describe(values, `gradient/${name}`, gradients[i])
        describe(values, `update/${name}`, updates[i])
        if (weights[i].nonFinite + updates[i].nonFinite > 0 || weights[i].second === 0) return
        values[`update:weight/${name}`] = Math.sqrt(updates[i].second / weights[i].second)
        values[`update:weight:mean/${name}`] = updates[i].first / weights[i].first
      })
      return { values }
    },
  }
}

function describe(values: Record<string, number>, name: string, { count, nonFinite, second, min, max }: Sums): void {
  values[`norm:${name}`] = nonFinite > 0 ? Number.NaN : Math.sqrt(second)
  if (nonFinite < count) {
    values[`min:${name}`] = min
    values[`max:${name}`] = max
  }
  if (nonFinite > 0) values[`nonFinite:${name}`] = nonFinite
}

/**
 * The cosine of the angle between the updates of two successive steps, `⟨Δ, Δ′⟩ / (‖Δ‖·‖Δ′‖)`, for each tensor and for all
 * parameters together (`cosine/all`). Near 1 the steps go on in one direction; near −1 they jump from one side of a valley to
 * the other, and a lower learning rate or less momentum may help. Where an update is 0 there is none.
 *
 * @param options.cadence default 4 times an epoch, 125 steps apart
 */
export function cosine(options: { readonly cadence?: Cadence } = {}): Probe {
  checkOptions('probe.cosine', options, ['cadence'])
  return {
    name: 'cosine',
    cadence: options.cadence ?? seldom,
    successive: true,
    measure(context) {
      const previous = context.previousUpdates()
      if (previous === undefined) return undefined
      const values: Record<string, number> = {}
      const all = [0, 0, 0]
      const updates = context.updates()
      context.parameters.forEach(({ name }, i) => {
        const products = context.products(updates[i], previous[i])
        products.forEach((product, k) => {
          all[k] += product
        })
        note(values, `cosine/${name}`, products)
      })
      note(values, 'cosine/all', all)
      return { values }
    },
  }
}

function note(values: Record<string, number>, name: string, [both, one, other]: readonly number[]): void {
  const norms = Math.sqrt(one) * Math.sqrt(other)
  if (norms !== 0) values[name] = both / norms
}
