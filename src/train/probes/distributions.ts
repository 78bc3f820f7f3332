/** @file How activations and their gradients are distributed, layer by layer. */
import { checkInteger, checkOptions, usageError } from '../../base/errors.ts'
import type { Distribution } from '../events.ts'
import { describe } from './distribution.ts'
import { layersOfRows } from './layers.ts'
import { type Cadence, type Probe, seldom } from './probe.ts'

export interface DistributionsOptions {
  readonly cadence?: Cadence
  /** Most rows of a batch that are watched; default 32. Or all. */
  readonly rows?: number | 'all'
}

/**
 * Of each layer's outputs, and of the objective's gradient by them, mean, deviation, range, quantiles and a histogram
 * (`activation/relu1`, `gradient/relu1`). Moments and range are exact over the rows that are watched; quantiles and histogram come from
 * 2048 of their values at fixed places. Deviations that shrink from layer to layer, or from the last to the first, vanish; ones that grow explode
 * (Glorot and Bengio 2010, section 4).
 *
 * The layers run a second time on the first rows of the watched step's batch, with its dropout, the gradients of the whole batch's
 * objective and the parameters from before the step. A net with statistics of its batch (batch normalisation) runs on all of it.
 *
 * @param options.cadence default 4 times an epoch, 125 steps apart. `options.rows`: most rows of a batch, default 32; or all
 */
export function distributions(options: DistributionsOptions = {}): Probe {
  checkOptions('probe.distributions', options, ['cadence', 'rows'])
  const { rows = 32 } = options
  if (typeof rows === 'string' && rows !== 'all') throw usageError(`rows is '${rows}', expected a number, or 'all'`)
  const most = rows === 'all' ? Number.POSITIVE_INFINITY : checkInteger('rows', rows, 1)
  return {
    name: 'distributions',
    cadence: options.cadence ?? seldom,
    async measure(context) {
      const described = (values: Float32Array) => describe(values, (x, centre) => context.sumsAbout(x, centre))
      const distributions: Record<string, Distribution> = {}
      for (const { name, output, gradient } of await layersOfRows(context, most)) {
        distributions[`activation/${name}`] = described(output.data)
        distributions[`gradient/${name}`] = described(gradient.data)
      }
      return { distributions }
    },
  }
}
