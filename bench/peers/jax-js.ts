/** @file jax-js: the whole step (loss, gradients, momentum) as one jitted function on its WebAssembly backend. */
import { type Case, denseNet, oneHot } from '../cases.ts'
import { installedVersion, whetherInstalled } from './installed.ts'
import type { Peer, Prepared } from './peer.ts'

/** The part of jax-js's arrays that is used. Every use consumes an array, except through `ref`. */
interface JaxArray {
  readonly ref: JaxArray
  reshape(shape: number[]): JaxArray
  transpose(): JaxArray
  add(other: JaxArray): JaxArray
  sub(other: JaxArray): JaxArray
  mul(other: JaxArray | number): JaxArray
  dataSync(): Float32Array
  dispose(): void
}

interface Jax {
  init(): Promise<string[]>
  defaultDevice(device: string): string
  jit<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R
  valueAndGrad<A extends unknown[]>(f: (...args: A) => JaxArray): (...args: A) => [JaxArray, A[0]]
  blockUntilReady(arrays: JaxArray[]): Promise<JaxArray[]>
  numpy: {
    array(data: Float32Array): JaxArray
    zeros(shape: number[]): JaxArray
    matmul(a: JaxArray, b: JaxArray): JaxArray
    tanh(x: JaxArray): JaxArray
    square(x: JaxArray): JaxArray
    mean(x: JaxArray): JaxArray
    sum(x: JaxArray, axis: number): JaxArray
  }
  nn: { relu(x: JaxArray): JaxArray; logSoftmax(x: JaxArray): JaxArray }
}

export const jaxJs: Peer = {
  name: 'jax-js',
  version: installedVersion('@jax-js/jax'),
  available: () => whetherInstalled('@jax-js/jax'),
  prepare,
}

async function prepare(work: Case): Promise<Prepared> {
  const packageName: string = '@jax-js/jax' // not a literal import: type checking must do without the package
  const jax: Jax = await import(packageName)
  const np = jax.numpy
  await jax.init()
  jax.defaultDevice('wasm')

  const { batchSize } = work
  const { sizes, activation, layers: given } = denseNet(work)
  const outputs = sizes[sizes.length - 1]
  const loss = (parameters: JaxArray[], inputs: JaxArray, targets: JaxArray): JaxArray => {
    let value = inputs
    for (let i = 0; i < parameters.length; i += 2) {
      value = np.matmul(value, parameters[i].transpose()).add(parameters[i + 1])
      if (i + 2 < parameters.length) value = activation === 'relu' ? jax.nn.relu(value) : np.tanh(value)
    }
    if (work.loss === 'squaredError') return np.mean(np.square(value.sub(targets)))
    return np.mean(np.sum(jax.nn.logSoftmax(value).mul(targets), 1)).mul(-1)
  }
  const update = jax.jit((parameters: JaxArray[], velocities: JaxArray[], inputs: JaxArray, targets: JaxArray) => {
    const [value, gradients] = jax.valueAndGrad(loss)(
      parameters.map((parameter) => parameter.ref),
      inputs,
      targets,
    )
    const moved = velocities.map((velocity, i) => velocity.mul(work.momentum).add(gradients[i]))
    return [value, parameters.map((parameter, i) => parameter.sub(moved[i].ref.mul(work.learningRate))), moved] as const
  })

  // Kept as [out, in]: measured, a little faster than [in, out].
  let parameters = given.flatMap(({ weight, bias }, i) => [
    np.array(turned(weight, sizes[i], sizes[i + 1])).reshape([sizes[i + 1], sizes[i]]),
    np.array(bias),
  ])
  let velocities = given.flatMap((_, i) => [np.zeros([sizes[i + 1], sizes[i]]), np.zeros([sizes[i + 1]])])
  const batches = work.batches.map(({ inputs, targets }) => ({
    inputs: np.array(inputs).reshape([batchSize, sizes[0]]),
    targets: np.array(targets instanceof Int32Array ? oneHot(targets, outputs) : targets).reshape([batchSize, outputs]),
  }))
  let taken = 0
  let latest = Number.NaN

  return {
    form: `one jit of value, gradient and update; wasm, 1 thread`,
    async step(count) {
      for (let i = 0; i < count; i++) {
        const { inputs, targets } = batches[taken++ % batches.length]
        const [value, nextParameters, nextVelocities] = update(parameters, velocities, inputs.ref, targets.ref)
        parameters = nextParameters
        velocities = nextVelocities
        latest = value.dataSync()[0] // runs the step; left lazy, the queue of steps makes small nets 15 times slower
      }
      await jax.blockUntilReady([...parameters, ...velocities])
    },
    loss: async () => latest,
    close() {
      for (const array of [...parameters, ...velocities]) array.dispose()
    },
  }
}

/** A row-by-row [rows, columns] as [columns, rows]. */
function turned(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)])
}
