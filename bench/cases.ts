/** @file The nets that are timed, their data, and the losses that they must reach. */

/** What a case is, without its numbers: this much travels to the peer's process. */
export interface CaseSpec {
  readonly name: string
  readonly title: string
  /** Width of the input and of each dense layer. */
  readonly sizes: readonly number[]
  /** Between the layers; the last one has none. */
  readonly activation: 'relu' | 'tanh'
  /** Mean over the batch of −log softmax(scores)[class], or of (output − target)². */
  readonly loss: 'softmaxCrossEntropy' | 'squaredError'
  readonly batchSize: number
  /** v ← μ·v + g, x ← x − α·v */
  readonly learningRate: number
  readonly momentum: number
  /** The loss of step number STEPS_CHECKED in float64, from `node bench/reference.ts`. */
  readonly expectedLoss: number
}

export interface Case extends CaseSpec {
  readonly layers: readonly {
    /** [in, out], row by row. */
    readonly weight: Float32Array<ArrayBuffer>
    readonly bias: Float32Array<ArrayBuffer>
  }[]
  readonly batches: readonly {
    /** [batchSize, sizes[0]] */
    readonly inputs: Float32Array<ArrayBuffer>
    /** Class numbers [batchSize], or float32 [batchSize, last size]. */
    readonly targets: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  }[]
}

/** Steps from the same start after which the losses are compared. */
export const STEPS_CHECKED = 32

/**
 * Largest relative difference to the expected loss. Float32 in another order of summation stays below 1e-5; a momentum of 0.895
 * for 0.9, a rate 1% off or biases that are not trained exceed 1e-3 or come close to it.
 */
export const LOSS_TOLERANCE = 1e-4

const BATCHES = 8

export const CASES: readonly CaseSpec[] = [
  {
    name: 'mlp-784',
    title: 'MLP 784-512-256-10, batch 128, momentum; relu, softmax cross-entropy',
    sizes: [784, 512, 256, 10],
    activation: 'relu',
    loss: 'softmaxCrossEntropy',
    batchSize: 128,
    learningRate: 0.01,
    momentum: 0.9,
    expectedLoss: 1.092957022,
  },
  {
    name: 'mlp-3072',
    title: 'MLP 3072-100-10, batch 100, momentum; relu, softmax cross-entropy',
    sizes: [3072, 100, 10],
    activation: 'relu',
    loss: 'softmaxCrossEntropy',
    batchSize: 100,
    learningRate: 0.003,
    momentum: 0.9,
    expectedLoss: 1.178910916,
  },
  {
    name: 'tiny',
    title: 'tiny MLP 2-16-16-1, batch 32, momentum; tanh, squared error',
    sizes: [2, 16, 16, 1],
    activation: 'tanh',
    loss: 'squaredError',
    batchSize: 32,
    learningRate: 0.05,
    momentum: 0.9,
    expectedLoss: 1.231504034,
  },
]

/** A case with its weights and batches: the same numbers in every process, made by integer arithmetic and exact operations. */
export function makeCase(spec: CaseSpec): Case {
  const normal = roughlyNormal(1)
  const layers = spec.sizes.slice(1).map((out, i) => {
    const scale = Math.sqrt((spec.activation === 'relu' ? 2 : 1) / spec.sizes[i])
    return { weight: filled(spec.sizes[i] * out, () => scale * normal()), bias: filled(out, () => 0.1 * normal()) }
  })
  const batches = Array.from({ length: BATCHES }, () => {
    const inputs = filled(spec.batchSize * spec.sizes[0], normal)
    return { inputs, targets: spec.loss === 'squaredError' ? products(inputs, spec) : classes(inputs, spec) }
  })
  return { ...spec, layers, batches }
}

/** Classes as rows of 0 and 1, for peers whose loss wants them so; made beforehand, outside the timed steps. */
export function oneHot(classes: Int32Array, count: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(classes.length * count)
  classes.forEach((chosen, row) => {
    rows[row * count + chosen] = 1
  })
  return rows
}

/** Regression targets: the product of the first two inputs. */
function products(inputs: Float32Array, { batchSize, sizes }: CaseSpec): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: batchSize }, (_, row) => inputs[row * sizes[0]] * inputs[row * sizes[0] + 1])
}

/** Classes that a linear net can tell apart: input i votes for class i modulo their number. */
function classes(inputs: Float32Array, { batchSize, sizes }: CaseSpec): Int32Array<ArrayBuffer> {
  const width = sizes[0]
  const count = sizes[sizes.length - 1]
  return Int32Array.from({ length: batchSize }, (_, row) => {
    const votes = new Float64Array(count)
    for (let i = 0; i < width; i++) votes[i % count] += inputs[row * width + i]
    return votes.indexOf(Math.max(...votes))
  })
}

function filled(length: number, draw: () => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, draw)
}

/** The sum of four uniform numbers, scaled to variance 1; mulberry32 underneath. */
function roughlyNormal(seed: number): () => number {
  let state = seed
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3)
}
