/**
 * @file TensorFlow.js on its WebAssembly backend, twice. `tfjs` is what its documentation shows: an optimiser's `minimize` over
 * `matMul`, `add`, `relu`, `losses.softmaxCrossEntropy`. `tfjsTuned` gives `matMul` a gradient of its own: the built-in one
 * multiplies with transposeA and transposeB, for which the backend has only a slow loop (XNNPACK serves plain products alone).
 * The backend has no threads in Node (tensorflow/tfjs#3830).
 */
import { createRequire } from 'node:module'
import { type Case, denseNet, oneHot } from '../cases.ts'
import { installedVersion, whetherInstalled } from './installed.ts'
import type { Peer, Prepared } from './peer.ts'

/** The part of TensorFlow.js that is used. */
interface TfTensor {
  data(): Promise<Float32Array>
  dispose(): void
}

interface Tf {
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  variable(initial: TfTensor): TfTensor
  tensor1d(data: Float32Array): TfTensor
  tensor2d(data: Float32Array, shape: [number, number]): TfTensor
  matMul(a: TfTensor, b: TfTensor): TfTensor
  transpose(x: TfTensor): TfTensor
  add(a: TfTensor, b: TfTensor): TfTensor
  sub(a: TfTensor, b: TfTensor): TfTensor
  relu(x: TfTensor): TfTensor
  tanh(x: TfTensor): TfTensor
  square(x: TfTensor): TfTensor
  mean(x: TfTensor): TfTensor
  losses: { softmaxCrossEntropy(labels: TfTensor, scores: TfTensor): TfTensor }
  train: { momentum(rate: number, momentum: number): Optimizer }
  customGrad(
    f: (...args: [...TfTensor[], (kept: TfTensor[]) => void]) => {
      value: TfTensor
      gradFunc: (slope: TfTensor, kept: TfTensor[]) => TfTensor | TfTensor[]
    },
  ): (...args: TfTensor[]) => TfTensor
}

interface Optimizer {
  minimize(f: () => TfTensor, returnCost: true, variables: TfTensor[]): TfTensor
  dispose(): void
}

/** The last two for what they register: the gradients (in Node tfjs-layers alone does) and the backend. */
const PACKAGES = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-wasm']

export const tfjs: Peer = {
  name: 'tfjs',
  version: installedVersion('@tensorflow/tfjs-core'),
  available: () => whetherInstalled(...PACKAGES),
  prepare: (work) => prepare(work, 'as documented'),
}

export const tfjsTuned: Peer = { ...tfjs, name: 'tfjs, tuned', prepare: (work) => prepare(work, 'own matMul gradient') }

async function prepare(work: Case, product: 'as documented' | 'own matMul gradient'): Promise<Prepared> {
  const require = createRequire(import.meta.url)
  const [core, ...others] = PACKAGES // no literal names: type checking and knip must do without the packages
  const tf: Tf = require(core)
  for (const name of others) require(name)
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend does not start')
  await tf.ready()

  const { batchSize } = work
  const { sizes, activation, layers: given } = denseNet(work)
  const outputs = sizes[sizes.length - 1]
  const documented = product === 'as documented'
  const matMul = documented ? tf.matMul : plainMatMul(tf)
  const matMulOfInput = documented ? tf.matMul : plainMatMulOfInput(tf)
  const layers = given.map(({ weight, bias }, i) => ({
    weight: tf.variable(tf.tensor2d(weight, [sizes[i], sizes[i + 1]])),
    bias: tf.variable(tf.tensor1d(bias)),
  }))
  const batches = work.batches.map(({ inputs, targets }) => ({
    inputs: tf.tensor2d(inputs, [batchSize, sizes[0]]),
    targets: tf.tensor2d(targets instanceof Int32Array ? oneHot(targets, outputs) : targets, [batchSize, outputs]),
  }))
  const forward = (inputs: TfTensor, targets: TfTensor): TfTensor => {
    let value = inputs
    layers.forEach(({ weight, bias }, i) => {
      value = tf.add((i === 0 ? matMulOfInput : matMul)(value, weight), bias)
      if (i < layers.length - 1) value = activation === 'relu' ? tf.relu(value) : tf.tanh(value)
    })
    if (work.loss === 'squaredError') return tf.mean(tf.square(tf.sub(value, targets)))
    return tf.losses.softmaxCrossEntropy(targets, value)
  }
  const optimizer = tf.train.momentum(work.learningRate, work.momentum)
  const variables = layers.flatMap(({ weight, bias }) => [weight, bias])
  let taken = 0
  let latest: TfTensor | undefined

  return {
    form: `minimize, ${product}; wasm, 1 thread`,
    async step(count) {
      for (let i = 0; i < count; i++) {
        const { inputs, targets } = batches[taken++ % batches.length]
        latest?.dispose()
        latest = optimizer.minimize(() => forward(inputs, targets), true, variables)
      }
      await latest?.data()
    },
    loss: async () => (latest ? (await latest.data())[0] : Number.NaN),
    close() {
      optimizer.dispose()
      for (const tensor of variables) tensor.dispose()
    },
  }
}

/** matMul whose gradients are plain products of tensors transposed beforehand. */
function plainMatMul(tf: Tf): Tf['matMul'] {
  return tf.customGrad((...args) => {
    const [a, b, save] = args as [TfTensor, TfTensor, (kept: TfTensor[]) => void]
    save([a, b])
    return {
      value: tf.matMul(a, b),
      gradFunc: (slope, [keptA, keptB]) => [
        tf.matMul(slope, tf.transpose(keptB)),
        tf.matMul(tf.transpose(keptA), slope),
      ],
    }
  })
}

/** The same for an `a` that needs no gradient: the net's input. */
function plainMatMulOfInput(tf: Tf): Tf['matMul'] {
  return (a, b) =>
    tf.customGrad(() => ({
      value: tf.matMul(a, b),
      gradFunc: (slope) => tf.matMul(tf.transpose(a), slope),
    }))(b)
}
