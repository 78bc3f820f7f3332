/** @file How activations and their gradients are distributed, layer by layer. */
import { checkOptions } from '../../base/errors.ts'
import type { Distribution } from '../events.ts'
import { describe } from './distribution.ts'
import { type Cadence, type Probe, seldom } from './probe.ts'

/**
 * Of each layer's outputs, and of the objective's gradient by them, mean, deviation, range, quantiles and a histogram
 * (`activation/relu1`, `gradient/relu1`). Moments and range are exact; quantiles and histogram come from 2048 values of a tensor
 * at fixed places. Deviations that shrink from layer to layer, or from the last to the first, vanish; ones that grow explode
 * (Glorot and Bengio 2010, section 4).
 *
 * The layers run a second time on the watched step's batch, with its dropout and the parameters from before it.
 *
 * @param options.cadence default 4 times an epoch, 125 steps apart
 */
export function distributions(options: { readonly cadence?: Cadence } = {}): Probe {
  checkOptions('probe.distributions', options, ['cadence'])
  return {
    name: 'distributions',
    cadence: options.cadence ?? seldom,
    async measure(context) {
      const described = (values: Float32Array) => describe(values, (x, centre) => context.sumsAbout(x, centre))
      const distributions: Record<string, Distribution> = {}
      for (const { name, output, gradient } of await context.layers()) {
        distributions[`activation/${name}`] = described(output.data)
        distributions[`gradient/${name}`] = described(gradient.data)
      }
      return { distributions }
    },
  }
}
