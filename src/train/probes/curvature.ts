/** @file The sharpest direction of the objective. */
import { checkInteger, checkOptions, checkRange } from '../../base/errors.ts'
import { RandomStream } from '../../base/random.ts'
import { sizeOf, type Tensor, tensor } from '../../base/tensor.ts'
import { hessianVector } from '../../graph/autodiff.ts'
import type { Graph } from '../../graph/types.ts'
import { buildObjective, type NetDescription } from '../graphs.ts'
import { batchFeeds } from './feeds.ts'
import type { Cadence, Probe, ProbeContext } from './probe.ts'

export interface CurvatureOptions {
  readonly cadence?: Cadence
  /** Most Hessian-vector products; default 20. Each takes about two steps' time. */
  readonly iterations?: number
  /** Ends where ‖Hv − λv‖ is below this share of |λ|; default 0.01. */
  readonly tolerance?: number
}

/**
 * The eigenvalue λ of the objective's Hessian that is largest in magnitude, on the step's batch, by power iteration with products
 * Hv (Pearlmutter 1994; LeCun, Simard and Pearlmutter 1993). `eigenvalue`; `residual` = ‖Hv − λv‖/|λ|, by how much it may be off, as
 * a share; `iterations`. Gradient descent without momentum diverges along that direction from a learning rate of 2/λ on.
 *
 * @param options.cadence default once an epoch
 */
export function curvature(options: CurvatureOptions = {}): Probe {
  checkOptions('probe.curvature', options, ['cadence', 'iterations', 'tolerance'])
  const most = checkInteger('iterations', options.iterations ?? 20, 1)
  const tolerance = checkRange('tolerance', options.tolerance ?? 0.01, { min: 0 })
  return {
    name: 'curvature',
    cadence: options.cadence ?? { perEpoch: 1 },
    async measure(context) {
      let v = unitVector(context)
      let [eigenvalue, residual, iterations] = [0, Number.POSITIVE_INFINITY, 0]
      while (iterations < most && !(residual <= tolerance)) {
        const product = await hessianTimes(context, v)
        iterations++
        eigenvalue = dot(v, product)
        residual = Math.sqrt(squaredDistance(product, v, eigenvalue)) / Math.abs(eigenvalue)
        const norm = Math.sqrt(dot(product, product))
        if (!(norm > 0)) break // flat along v, or NaN
        v = product.map((values) => values.map((x) => x / norm))
      }
      return { values: { eigenvalue, iterations, ...(eigenvalue !== 0 && { residual }) } }
    },
  }
}

const vectorName = (parameter: string) => `vector/${parameter}`
const productName = (parameter: string) => `product/${parameter}`

async function hessianTimes(context: ProbeContext, v: readonly Float32Array[]): Promise<Float32Array[]> {
  const { net, parameters } = context
  const { size, inputs, targets, random } = context.batch()
  const vectors: Record<string, Tensor> = {}
  parameters.forEach(({ name, value }, i) => {
    vectors[vectorName(name)] = tensor('float32', value.shape, v[i])
  })
  const feeds = { ...batchFeeds(net, size, inputs, targets, random), ...vectors }
  const outputs = await context.run(`hessian ${size}`, () => hessianGraph(net, size), feeds)
  return parameters.map(({ name }) => outputs[productName(name)].data as Float32Array)
}

function hessianGraph(net: NetDescription, batch: number): Graph {
  const { builder, context, objective } = buildObjective(net, batch)
  const wrt = context.parameters.map(({ value }) => value)
  const vectors = context.parameters.map(({ name, value }) => builder.input(vectorName(name), 'float32', value.shape))
  const products = hessianVector(objective, wrt, vectors)
  const outputs = context.parameters.map(({ name }, i) => [productName(name), products[i]] as const)
  return builder.graph('hessian_vector', outputs)
}

/** A random direction, the same at every measurement of a run. */
function unitVector({ parameters, seed }: ProbeContext): Float32Array[] {
  const stream = new RandomStream(seed, 'probe/curvature')
  const drawn = parameters.map(({ value }) => {
    return Float32Array.from({ length: sizeOf(value.shape) }, () => stream.normal())
  })
  const norm = Math.sqrt(dot(drawn, drawn))
  return drawn.map((values) => values.map((x) => x / norm))
}

function dot(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) for (let i = 0; i < a[k].length; i++) sum += a[k][i] * b[k][i]
  return sum
}

/** ‖a − λb‖² */
function squaredDistance(a: readonly Float32Array[], b: readonly Float32Array[], factor: number): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) for (let i = 0; i < a[k].length; i++) sum += (a[k][i] - factor * b[k][i]) ** 2
  return sum
}
