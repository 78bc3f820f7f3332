/** @file A loss written in jax-js as an objective. The library is handed in: nothing is imported. */
import type { Shape } from '../../base/tensor.ts'
import type { Objective } from '../objective.ts'
import type { Float32Point } from './tfjs.ts'

/** The parts of an array of jax-js that are used. Every use consumes an array, except through `ref`. */
export interface JaxArray {
  reshape(shape: number[]): JaxArray
  dataSync(): ArrayLike<number>
}

/** The parts of jax-js that are used: `import * as jax from '@jax-js/jax'` fits. */
export interface Jax<A extends JaxArray> {
  readonly numpy: { array(values: Float32Array): { reshape(shape: number[]): A } }
  valueAndGrad(f: (parameters: Record<string, A>) => A): (parameters: Record<string, A>) => [A, Record<string, A>]
}

/**
 * The loss and the gradient of a function of named arrays, as `jax.valueAndGrad` gives them. jax-js computes in float32, where a difference
 * can be right to about 3e-5: give the check `Float32Array`s, so that it knows.
 *
 * @param f from the arrays by name to a scalar; it consumes them, as functions of jax-js do
 * @param shapes of the arrays
 */
export function jaxObjective<A extends JaxArray>(
  jax: Jax<A>,
  f: (parameters: Record<string, A>) => A,
  shapes: Readonly<Record<string, Shape>>,
): Objective<Float32Point> {
  const names = Object.keys(shapes)
  const arraysOf = (x: Float32Point) =>
    Object.fromEntries(
      names.map((name) => [name, jax.numpy.array(Float32Array.from(x[name])).reshape([...shapes[name]])]),
    )
  const both = jax.valueAndGrad(f)
  const lossAndGradient = (x: Float32Point) => {
    const [value, slopes] = both(arraysOf(x))
    const gradient = Object.fromEntries(names.map((name) => [name, Float32Array.from(slopes[name].dataSync())]))
    return { loss: value.dataSync()[0], gradient }
  }
  return { loss: (x) => f(arraysOf(x)).dataSync()[0], gradient: (x) => lossAndGradient(x).gradient, lossAndGradient }
}
