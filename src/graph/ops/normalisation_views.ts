/** @file What the rules of the normalisations share: attributes, checks, views in which statistics lie along whole axes. */
import { RappelError } from '../../base/errors.ts'
import { type Shape, sameShape, sizeOf, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { Attributes, BatchedInput, Node, Value } from '../types.ts'
import { requireSameDtype } from './shapes.ts'
import { coefficients, over, type Standard, sumAlong } from './standardise.ts'

export type Inputs = readonly (Value | undefined)[]

/** What the attributes say, as float32 holds it. */
export function options({ attributes }: { readonly attributes: Attributes }) {
  return {
    epsilon: (attributes.epsilon as number | undefined) ?? Math.fround(1e-5),
    momentum: (attributes.momentum as number | undefined) ?? Math.fround(0.9),
    training: attributes.training_mode === 1,
  }
}

/** An input that holds one number for each of something. */
export function requireLength(value: Value, x: Value, length: number, what: string): void {
  requireSameDtype(x, value)
  if (!sameShape(value.shape, [length]))
    throw new RappelError(
      'shape',
      `${value.name} is ${typeText(value)}, expected [${length}], one number for each ${what}`,
    )
}

/** A shape of the same elements in which what is measured lies along whole axes. */
export interface View {
  readonly shape: Shape
  /** The axes that the statistics are over, from the last to the first. */
  readonly axes: readonly number[]
  /** One number for each channel or group, […, channels], in the shape that meets `shape`. */
  readonly along: (each: Value) => Value
}

/** The parts of dx = dy·factor + (x − mean)·slope + shift that come from dy, and the sums that they are made of. */
export function throughStandard(standard: Standard, dy: Value, { axes, along }: View, scale: Value) {
  const factor = op.mul(along(scale), standard.inverse)
  const sum = over(sumAlong, dy, axes)
  const product = over(sumAlong, op.mul(dy, standard.centred), axes)
  return { scaled: op.mul(dy, factor), sum, product, ...coefficients(standard, factor, sum, product) }
}

export const likeOutputs = (node: Node, results: readonly Value[]) =>
  results.map((result, i) => op.reshape(result, node.outputs[i].shape))

/** Results of a rule with the shapes of the batched node's outputs; those that depend on nothing batched are repeated. */
export function batchedResults(node: Node, results: readonly Value[], size: number): readonly Value[] {
  return results.map((result, i) => {
    const { shape } = node.outputs[i]
    const full = [size, ...shape]
    return sizeOf(result.shape) === sizeOf(full)
      ? op.reshape(result, full)
      : op.expand(op.reshape(result, [1, ...shape]), full)
  })
}

export const leadOf = (input: BatchedInput | undefined) => (input?.batched ? 1 : 0)
export const valuesOf = (inputs: readonly (BatchedInput | undefined)[]) => inputs.map((input) => input?.value)
