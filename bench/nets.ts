/** @file The layers of the nets that are timed: the shapes of their outputs, and what parameters they have. */

/** One layer. Pictures are [channels, height, width], sequences [length, features]. */
export type LayerSpec =
  | { readonly kind: 'dense'; readonly units: number }
  /** Square kernels, stride 1. Without bias where a batch normalisation follows. */
  | {
      readonly kind: 'conv'
      readonly filters: number
      readonly kernel: number
      readonly padding: number
      readonly bias: boolean
    }
  /** Windows that meet each other; what remains at the end is left out. */
  | { readonly kind: 'maxPool' | 'averagePool'; readonly size: number }
  /** By the statistics of the batch, epsilon 1e-5. */
  | { readonly kind: 'batchNorm' }
  | { readonly kind: 'relu' | 'tanh' | 'flatten' }
  /** Gates in the order input, forget, cell, output; gives the last state. */
  | { readonly kind: 'lstm'; readonly units: number }

export type Shape = readonly number[]

/** A parameter's shape, and by what its random first values are multiplied and what is added to them. */
export interface ParameterSpec {
  readonly shape: Shape
  readonly scale: number
  readonly offset: number
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, dim) => product * dim, 1)

/** What a layer makes of one example. */
export function outputShape(layer: LayerSpec, [first, ...rest]: Shape): Shape {
  switch (layer.kind) {
    case 'dense':
    case 'lstm':
      return [layer.units]
    case 'conv':
      return [layer.filters, ...rest.map((length) => length + 2 * layer.padding - layer.kernel + 1)]
    case 'maxPool':
    case 'averagePool':
      return [first, ...rest.map((length) => Math.floor(length / layer.size))]
    case 'flatten':
      return [sizeOf([first, ...rest])]
    default:
      return [first, ...rest]
  }
}

/** @param gain the variance of a weight, times the values that flow into a unit: 2 for ReLUs, 1 for tanh */
export function parametersOf(layer: LayerSpec, shape: Shape, gain: number): ParameterSpec[] {
  const weight = (own: Shape, fanIn: number) => ({ shape: own, scale: Math.sqrt(gain / fanIn), offset: 0 })
  const bias = (units: number) => ({ shape: [units], scale: 0.1, offset: 0 })
  if (layer.kind === 'dense') return [weight([shape[0], layer.units], shape[0]), bias(layer.units)]
  if (layer.kind === 'conv') {
    const own = [layer.filters, shape[0], layer.kernel, layer.kernel]
    return [weight(own, sizeOf(own.slice(1))), ...(layer.bias ? [bias(layer.filters)] : [])]
  }
  if (layer.kind === 'batchNorm') return [{ ...bias(shape[0]), offset: 1 }, bias(shape[0])]
  if (layer.kind === 'lstm') {
    const gates = 4 * layer.units
    return [weight([shape[1], gates], shape[1]), weight([layer.units, gates], layer.units), bias(gates)]
  }
  return []
}

/** Layers of a dense net: an activation between them, none after the last. */
export function denseLayers(units: readonly number[], kind: 'relu' | 'tanh'): LayerSpec[] {
  return units.flatMap((count, i): LayerSpec[] => [...(i === 0 ? [] : [{ kind }]), { kind: 'dense', units: count }])
}

/** Whether a net is dense layers with one kind of activation between them. */
export function isDense(layers: readonly LayerSpec[]): boolean {
  return layers.every(({ kind }, i) => (i % 2 === 0 ? kind === 'dense' : kind === 'relu' || kind === 'tanh'))
}
