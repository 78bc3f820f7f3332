/** @file How much of a gradient is noise: the batch size up to which a larger one still helps. */
import { checkInteger, checkOptions } from '../../base/errors.ts'
import { gradientName, trainingGraph } from '../graphs.ts'
import { rowFeeds } from './feeds.ts'
import { type Cadence, type Probe, type ProbeContext, seldom } from './probe.ts'

/**
 * The simple noise scale tr(Σ)/|G|², from the gradient of the step's batch (size B) and those of its parts (size b each): McCandlish
 * et al. 2018, appendix A.1,
 *   |G|² ≈ (B·|G_B|² − b·|G_b|²) / (B − b)    tr Σ ≈ (|G_b|² − |G_B|²) / (1/b − 1/B)
 * as `signal`, `noise` and their ratio `noiseScale`. Both are without bias but noisy, and the first may come out below 0, when
 * there is no ratio: average `signal` and `noise` over many steps before dividing, as the paper does.
 *
 * Batches far below the scale waste nothing when they grow; far above it they waste arithmetic. The gradient is the objective's, a
 * penalty included. With batch normalisation the parts have statistics of their own, and the noise comes out too high.
 *
 * @param options.parts of a batch, at least 2; default 4; batches that would have parts of one example are left out. `options.cadence`: default 4 times an epoch, 125 steps apart
 */
export function noiseScale(options: { readonly cadence?: Cadence; readonly parts?: number } = {}): Probe {
  checkOptions('probe.noiseScale', options, ['cadence', 'parts'])
  const parts = checkInteger('parts', options.parts ?? 4, 2)
  return {
    name: 'noiseScale',
    cadence: options.cadence ?? seldom,
    async measure(context) {
      const { size } = context.batch()
      const small = Math.floor(size / parts)
      if (small < 2) return undefined // a batch normalisation has no statistics of one example
      const whole = (await context.sums('gradients')).reduce((sum, { second }) => sum + second, 0)
      let ofParts = 0
      for (let part = 0; part < parts; part++) ofParts += (await squaredNorm(context, part * small, small)) / parts
      const signal = (size * whole - small * ofParts) / (size - small)
      const noise = (ofParts - whole) / (1 / small - 1 / size)
      return { values: { signal, noise, ...(signal > 0 && { noiseScale: noise / signal }) } }
    },
  }
}

/** |g|² of the mean loss of some rows of the batch. */
async function squaredNorm(context: ProbeContext, first: number, rows: number): Promise<number> {
  const { net, parameters } = context
  const feeds = rowFeeds(net, context.batch(), { first, rows })
  const outputs = await context.run(`gradients ${rows}`, () => trainingGraph(net, rows).graph, feeds)
  return parameters.reduce((sum, { name }) => {
    const { second, nonFinite } = context.sumsAbout(outputs[gradientName(name)].data as Float32Array, 0)
    return sum + (nonFinite > 0 ? Number.NaN : second)
  }, 0)
}
