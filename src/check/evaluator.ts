/**
 * @file What a gradient check needs of a function, whatever it is: its gradient at a point, and its values at many points nearby. A
 * foreign objective answers one call at a time; a net of Rappel answers for all coordinates in a few runs of a batched graph.
 */
import type { Shape } from '../base/tensor.ts'

/** One named array of the point. */
export interface CheckedTensor {
  /** Path of names in the tree, 'dense1.weight'; 'x' where the point is a single array. */
  readonly name: string
  readonly shape: Shape
  readonly size: number
}

/** The base point with one coordinate moved. */
export interface Move {
  /** Position in `tensors`. */
  readonly tensor: number
  /** Position in that tensor, row by row. */
  readonly index: number
  /** What is added to the coordinate. */
  readonly offset: number
}

/** Values at moved points, in the order of the moves. */
export interface Values {
  readonly loss: Float64Array
  /**
   * By how much each coordinate was really moved: floats near x are not evenly spaced, and a function in float32 rounds x + offset. The
   * divisor of a difference.
   */
  readonly moved: Float64Array
  /** How many winners (signs, sides, positions of maxima) differ from those at the base point; undefined where nobody knows. */
  readonly kinks?: Uint32Array
}

export interface Evaluator {
  readonly tensors: readonly CheckedTensor[]
  /** In which the loss is computed: it decides what differences can show. */
  readonly precision: 'float64' | 'float32'
  /** The values of each tensor at the base point. */
  readonly at: readonly Float64Array[]
  /** Loss and gradient at the base point, by tensor. */
  analytic(): Promise<{ readonly loss: number; readonly gradient: readonly Float64Array[] }>
  /** Losses with one coordinate moved at a time. The base point is as before afterwards, also after an error. */
  valuesAt(moves: readonly Move[]): Promise<Values>
  /** The same with the winners of the base point held fixed; only where winners are known. */
  frozenValuesAt?(moves: readonly Move[]): Promise<Values>
  /**
   * Losses along directions: at x + offset·v for each pair.
   *
   * @param directions for each, one array a tensor
   */
  valuesAlong(directions: readonly (readonly Float64Array[])[], offsets: readonly number[]): Promise<Values>
  /** Gradients at x + offset·v for each offset: for the check of Hessian-vector products, by tensor. */
  gradientsAlong?(
    direction: readonly Float64Array[],
    offsets: readonly number[],
  ): Promise<readonly (readonly Float64Array[])[]>
  /** Hessian-vector products at the base point, where the function gives them. */
  hessianVector?(vector: readonly Float64Array[]): Promise<readonly Float64Array[]>
  release?(): Promise<void>
}
