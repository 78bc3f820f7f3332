/** @file A loss written in TensorFlow.js as an objective. The library is handed in: nothing is imported. */
import type { Shape } from '../../base/tensor.ts'
import type { Objective } from '../objective.ts'

/** The parts of a tensor of TensorFlow.js that are used. */
export interface TfjsTensor {
  dataSync(): ArrayLike<number>
  dispose(): void
}

/** The parts of TensorFlow.js that are used: `import * as tf from '@tensorflow/tfjs'` fits. */
export interface Tfjs<T extends TfjsTensor> {
  tensor(values: Float32Array, shape: number[]): T
  tidy(run: () => void): void
  valueAndGrads(f: (...inputs: T[]) => T): (inputs: T[]) => { value: T; grads: T[] }
}

/** A point of named float32 arrays: what TensorFlow.js computes in. */
export type Float32Point = Record<string, Float32Array>

/**
 * The loss and the gradient of a function of named tensors, as `tf.valueAndGrads` gives them. TensorFlow.js computes in float32, where a
 * difference can be right to about 3e-5: give the check `Float32Array`s, so that it knows.
 *
 * @param f from the tensors by name to a scalar
 * @param shapes of the tensors
 */
export function tfjsObjective<T extends TfjsTensor>(
  tf: Tfjs<T>,
  f: (parameters: Record<string, T>) => T,
  shapes: Readonly<Record<string, Shape>>,
): Objective<Float32Point> {
  const names = Object.keys(shapes)
  const named = (tensors: readonly T[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
  const tensorsOf = (x: Float32Point) => names.map((name) => tf.tensor(x[name], [...shapes[name]]))
  // Copies leave the tidy; the tensors stay in it and are given back.
  const tidied = <R>(compute: () => R): R => {
    let result: R | undefined
    tf.tidy(() => {
      result = compute()
    })
    return result as R
  }
  const lossAndGradient = (x: Float32Point) =>
    tidied(() => {
      const { value, grads } = tf.valueAndGrads((...tensors) => f(named(tensors)))(tensorsOf(x))
      const gradient = Object.fromEntries(names.map((name, i) => [name, Float32Array.from(grads[i].dataSync())]))
      return { loss: value.dataSync()[0], gradient }
    })
  return {
    loss: (x) => tidied(() => f(named(tensorsOf(x))).dataSync()[0]),
    gradient: (x) => lossAndGradient(x).gradient,
    lossAndGradient,
  }
}
