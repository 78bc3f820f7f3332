/** @file The nets that are timed, their data, and the losses that they must reach. */

import {
  denseLayers,
  type LayerSpec,
  outputShape,
  type ParameterSpec,
  parametersOf,
  type Shape,
  sizeOf,
} from './nets.ts'

/** What a case is, without its numbers: this much travels to the peer's process. */
export interface CaseSpec {
  readonly name: string
  readonly title: string
  /** Of one example. */
  readonly inputShape: Shape
  readonly layers: readonly LayerSpec[]
  /** Mean over the batch of −log softmax(scores)[class], or of (output − target)². */
  readonly loss: 'softmaxCrossEntropy' | 'squaredError'
  readonly batchSize: number
  /** v ← μ·v + g, x ← x − α·v */
  readonly learningRate: number
  readonly momentum: number
  /** Steps from the same start after which the losses are compared. */
  readonly stepsChecked: number
  /** The loss of the last of them in float64, from `node bench/reference.ts`. */
  readonly expectedLoss: number
}

export interface Case extends CaseSpec {
  /** The values of each layer's parameters, row by row, in the order of `parametersOf`. */
  readonly parameters: readonly (readonly Float32Array<ArrayBuffer>[])[]
  readonly batches: readonly {
    /** [batchSize, ...inputShape] */
    readonly inputs: Float32Array<ArrayBuffer>
    /** Class numbers [batchSize], or float32 [batchSize, outputs]. */
    readonly targets: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  }[]
}

/**
 * Largest relative difference to the expected loss. Float32 in another order of summation stays below 1e-5; a momentum of 0.895
 * for 0.9, a rate 1% off or biases that are not trained exceed 1e-3 or come close to it.
 */
export const LOSS_TOLERANCE = 1e-4

const BATCHES = 8

const conv = (filters: number, kernel: number, padding = 0, bias = true): LayerSpec => ({
  kind: 'conv',
  filters,
  kernel,
  padding,
  bias,
})
const dense = (units: number): LayerSpec => ({ kind: 'dense', units })
const [relu, tanh, flatten, batchNorm] = (['relu', 'tanh', 'flatten', 'batchNorm'] as const).map((kind) => ({ kind }))
const maxPool: LayerSpec = { kind: 'maxPool', size: 2 }
const averagePool: LayerSpec = { kind: 'averagePool', size: 2 }

export const CASES: readonly CaseSpec[] = [
  {
    name: 'mlp-784',
    title: 'MLP 784-512-256-10, batch 128, momentum; relu, softmax cross-entropy',
    inputShape: [784],
    layers: denseLayers([512, 256, 10], 'relu'),
    loss: 'softmaxCrossEntropy',
    batchSize: 128,
    learningRate: 0.01,
    momentum: 0.9,
    stepsChecked: 32,
    expectedLoss: 1.092957022,
  },
  {
    name: 'mlp-3072',
    title: 'MLP 3072-100-10, batch 100, momentum; relu, softmax cross-entropy',
    inputShape: [3072],
    layers: denseLayers([100, 10], 'relu'),
    loss: 'softmaxCrossEntropy',
    batchSize: 100,
    learningRate: 0.003,
    momentum: 0.9,
    stepsChecked: 32,
    expectedLoss: 1.178910916,
  },
  {
    name: 'tiny',
    title: 'tiny MLP 2-16-16-1, batch 32, momentum; tanh, squared error',
    inputShape: [2],
    layers: denseLayers([16, 16, 1], 'tanh'),
    loss: 'squaredError',
    batchSize: 32,
    learningRate: 0.05,
    momentum: 0.9,
    stepsChecked: 32,
    expectedLoss: 1.231504034,
  },
  {
    name: 'lenet',
    title: 'LeNet 5×5 of 20 and 50, max-pooling, 500-10, batch 64, momentum; relu, softmax cross-entropy',
    inputShape: [1, 28, 28],
    layers: [conv(20, 5), maxPool, conv(50, 5), maxPool, flatten, dense(500), relu, dense(10)],
    loss: 'softmaxCrossEntropy',
    batchSize: 64,
    learningRate: 0.0003,
    momentum: 0.9,
    stepsChecked: 16,
    expectedLoss: 3.27196556,
  },
  {
    name: 'lenet-5',
    title: 'LeNet-5 5×5 of 6 and 16, average pooling, 120-84-10, batch 64, momentum; tanh, softmax cross-entropy',
    inputShape: [1, 28, 28],
    layers: [
      conv(6, 5, 2),
      tanh,
      averagePool,
      conv(16, 5),
      tanh,
      averagePool,
      flatten,
      ...denseLayers([120, 84, 10], 'tanh'),
    ],
    loss: 'softmaxCrossEntropy',
    batchSize: 64,
    learningRate: 0.01,
    momentum: 0.9,
    stepsChecked: 16,
    expectedLoss: 2.323830227,
  },
  {
    name: 'cifar',
    title: 'CIFAR CNN 3×3 of 32, 64, 128, batch norm, max-pooling, 10, batch 64, momentum; relu, softmax cross-entropy',
    inputShape: [3, 32, 32],
    layers: [
      ...[32, 64, 128].flatMap((filters) => [conv(filters, 3, 1, false), batchNorm, relu, maxPool]),
      flatten,
      dense(10),
    ],
    loss: 'softmaxCrossEntropy',
    batchSize: 64,
    learningRate: 0.001,
    momentum: 0.9,
    stepsChecked: 8,
    expectedLoss: 3.136503569,
  },
  {
    name: 'lstm',
    title: 'LSTM 64-128, length 32, last state to 10, batch 32, momentum; softmax cross-entropy',
    inputShape: [32, 64],
    layers: [{ kind: 'lstm', units: 128 }, dense(10)],
    loss: 'softmaxCrossEntropy',
    batchSize: 32,
    learningRate: 0.05,
    momentum: 0.9,
    stepsChecked: 16,
    expectedLoss: 2.1584714,
  },
]

/** The shape of one example in front of each layer, and after the last. */
export function shapesOf({ inputShape, layers }: CaseSpec): Shape[] {
  const shapes = [inputShape]
  for (const layer of layers) shapes.push(outputShape(layer, shapes[shapes.length - 1]))
  return shapes
}

/** The parameters of each layer. */
export function parameterSpecs(spec: CaseSpec): ParameterSpec[][] {
  const shapes = shapesOf(spec)
  const gain = spec.layers.some(({ kind }) => kind === 'relu') ? 2 : 1
  return spec.layers.map((layer, i) => parametersOf(layer, shapes[i], gain))
}

/** A case with its weights and batches: the same numbers in every process, made by integer arithmetic and exact operations. */
export function makeCase(spec: CaseSpec): Case {
  const normal = roughlyNormal(1)
  const parameters = parameterSpecs(spec).map((list) =>
    list.map(({ shape, scale, offset }) => filled(sizeOf(shape), () => offset + scale * normal())),
  )
  const width = sizeOf(spec.inputShape)
  const [outputs] = shapesOf(spec).slice(-1)[0]
  const batches = Array.from({ length: BATCHES }, () => {
    const inputs = filled(spec.batchSize * width, normal)
    const targets =
      spec.loss === 'squaredError'
        ? products(inputs, spec.batchSize, width)
        : classes(inputs, spec.batchSize, width, outputs)
    return { inputs, targets }
  })
  return { ...spec, parameters, batches }
}

/** A dense net in the words of peers that are compared on such nets only. */
export function denseNet(work: Case) {
  const weights = work.parameters.filter((list) => list.length > 0)
  return {
    /** Width of the input and of each dense layer. */
    sizes: shapesOf(work)
      .filter((_, i) => i === 0 || work.layers[i - 1].kind === 'dense')
      .map(([width]) => width),
    activation: work.layers[1]?.kind,
    layers: weights.map(([weight, bias]) => ({ weight, bias })),
  }
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
function products(inputs: Float32Array, rows: number, width: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows }, (_, row) => inputs[row * width] * inputs[row * width + 1])
}

/** Classes that a linear net can tell apart: input i votes for class i modulo their number. */
function classes(inputs: Float32Array, rows: number, width: number, count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: rows }, (_, row) => {
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
