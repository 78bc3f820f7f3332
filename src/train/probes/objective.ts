/** @file What is minimised, in its two parts. */
import { checkOptions } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'
import { penaltyGraph } from '../graphs.ts'
import { type Cadence, often, type Probe } from './probe.ts'

/**
 * `loss` (mean data loss of the batch, before the update), `penalty` and `objective`, their sum. A penalty that swamps the loss
 * is too strong. Accuracies are not here: every epoch tells them.
 *
 * @param options.cadence default 20 times an epoch, 25 steps apart
 */
export function objective(options: { readonly cadence?: Cadence } = {}): Probe {
  checkOptions('probe.objective', options, ['cadence'])
  return {
    name: 'objective',
    cadence: options.cadence ?? often,
    async measure(context) {
      const { loss } = context.batch()
      if (context.net.penalty === undefined) return { values: { loss, penalty: 0, objective: loss } }
      const outputs = await context.run('penalty', () => penaltyGraph(context.net) as Graph, {})
      const penalty = Number(outputs.penalty.data[0])
      return { values: { loss, penalty, objective: loss + penalty } }
    },
  }
}
