/** @file The weights of products (dense, convolution, recurrent) in the order of the net, with their place in it. */
import type { ParameterFacts } from '../../train/events.ts'
import type { History } from '../history.ts'

export interface Weight extends ParameterFacts {
  readonly fanIn: number
  readonly initial: NonNullable<ParameterFacts['initial']>
  readonly size: number
  /** Of the layer that it belongs to: 'dense', 'recurrent', …; undefined where nobody says. */
  readonly kind: string | undefined
  /**
   * Deviation of the first values times √fanIn: by how much a layer's outputs are larger than its inputs, before its activation. 1 is LeCun's
   * and Glorot's, √2 He's.
   */
  readonly scale: number
  /** No weight stands behind it: it gives the scores. */
  readonly isLast: boolean
  /** The last one in a residual branch: at 0 the block begins as the identity. */
  readonly endsBranch: boolean
  /** It takes the state of the step before. */
  readonly isRecurrent: boolean
}

/** Tables are looked up, not multiplied: their fan-in says nothing. */
const isTable = (kind: string | undefined) => kind === 'embedding'

/** Of a run whose start tells its parameters' first values; else none. Tables of embeddings are left out. */
export function weights(run: History): readonly Weight[] {
  const parameters = run.start?.parameters ?? []
  const kinds = new Map((run.start?.layers ?? []).map(({ name, kind }) => [name, kind]))
  const found = parameters.flatMap((parameter) => {
    const { name, shape, fanIn, initial } = parameter
    const layer = parameter.layer ?? layerOf(name)
    const kind = kinds.get(layer)
    if (fanIn === undefined || initial === undefined || isTable(kind)) return []
    const size = shape.reduce((product, length) => product * length, 1)
    const scale = initial.deviation * Math.sqrt(fanIn)
    return [{ ...parameter, layer, fanIn, initial, size, kind, scale, isRecurrent: name.endsWith('recurrentWeight') }]
  })
  return found.map((weight, i) => ({
    ...weight,
    isLast: i === found.length - 1,
    endsBranch: endsBranch(weight.layer, found[i + 1]?.layer, kinds),
  }))
}

/** 'residual1.dense2.weight' belongs to 'residual1.dense2'. */
const layerOf = (parameter: string) => parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')))

/** The innermost residual block that holds the layer does not hold the next weight's. */
function endsBranch(layer: string, next: string | undefined, kinds: ReadonlyMap<string, string>): boolean {
  const parts = layer.split('.')
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const around = parts.slice(0, depth).join('.')
    if (kinds.get(around) === 'residual')
      return !next?.startsWith(`${around}.`) || next.startsWith(`${around}.shortcut`)
  }
  return false
}

/** The largest and the smallest of what is usual: tanh's gain 5/3 and some room; PyTorch's default 1/√3 and some room. */
export const usualScale = { most: 1.75, least: 0.3 }
