/** @file One node with its operands: the unit in which every operator's rules are tested, drawn by fast-check or read from a fixture. */
import fc from 'fast-check'
import { RandomStream } from '../../src/base/random.ts'
import { type DType, type Shape, sizeOf, type Tensor, tensor, typeText } from '../../src/base/tensor.ts'
import type { Builder } from '../../src/graph/graph.ts'
import type { Attributes, OpKind, Value } from '../../src/graph/types.ts'

/** Draws all values of an operand at once, so that they may depend on each other (distinct, a permutation). */
type Sampler = (stream: RandomStream, shape: Shape) => readonly number[]

interface Operand {
  /** Inputs can be perturbed and batched; constants (axes, shapes, pads) are part of the graph. */
  readonly role: 'input' | 'constant'
  readonly dtype: DType
  readonly shape: Shape
  readonly sample: Sampler
  /** The very value that stands at an earlier position: x·x. */
  readonly sameAs?: number
}

export interface OpCase {
  readonly kind: OpKind
  /** `undefined` stands for an optional operand that is left out. */
  readonly operands: readonly (Operand | undefined)[]
  readonly attributes: Attributes
  /** Where the operands' values come from. */
  readonly seed: number
}

/** A case as it is printed when it fails: everything but the values, which the seed gives. */
function describeCase({ kind, operands, attributes, seed }: OpCase): string {
  const types = operands.map((operand) => {
    if (operand === undefined) return 'nothing'
    const fixed = operand.role === 'constant' && sizeOf(operand.shape) <= 8
    const values = fixed ? ` = [${operand.sample(new RandomStream(seed, ''), operand.shape)}]` : ''
    if (operand.sameAs !== undefined) return `the same as operand ${operand.sameAs}`
    return `${operand.role} ${typeText(operand)}${values}`
  })
  return `${kind}(${types.join(', ')}) ${JSON.stringify(attributes)} seed ${seed}`
}

export function opCase(
  kind: OpKind,
  seed: number,
  operands: readonly (Operand | undefined)[],
  attributes: Attributes = {},
): OpCase {
  const made = { kind, operands, attributes, seed }
  return Object.defineProperty(made, fc.toStringMethod, { value: () => describeCase(made), enumerable: false })
}

/** The name of the graph input for an operand. */
export const operandName = (position: number) => `x${position}`

/** Values of an operand. @param variant other values of the same operand, for batches */
export function operandTensor(given: OpCase, position: number, variant = 0): Tensor {
  const { dtype, shape, sample } = given.operands[position] as Operand
  const stream = new RandomStream(given.seed, `operand ${position} variant ${variant}`)
  return tensor(dtype, shape, sample(stream, shape))
}

/** Positions of the operands that are graph inputs. */
export function inputPositions({ operands }: OpCase): number[] {
  return operands.flatMap((operand, i) => (operand?.role === 'input' && operand.sameAs === undefined ? [i] : []))
}

/** Positions of the operands that can be differentiated. */
export function floatPositions(given: OpCase): number[] {
  return inputPositions(given).filter((i) => given.operands[i]?.dtype === 'float64')
}

/** Adds the case's node, and the inputs and constants that it needs. */
export function buildCase(builder: Builder, given: OpCase): { inputs: Map<number, Value>; outputs: readonly Value[] } {
  const inputs = new Map<number, Value>()
  const values: (Value | undefined)[] = []
  for (const [i, operand] of given.operands.entries()) {
    if (operand === undefined) values.push(undefined)
    else if (operand.sameAs !== undefined) values.push(values[operand.sameAs])
    else if (operand.role === 'constant') values.push(builder.constant(operandTensor(given, i)))
    else {
      const input = builder.input(operandName(i), operand.dtype, operand.shape)
      inputs.set(i, input)
      values.push(input)
    }
  }
  return { inputs, outputs: builder.node(given.kind, values, given.attributes) }
}

/** Numbers between the bounds, of either sign when `signed`. */
export function between(low: number, high: number, signed = false): Sampler {
  return (stream, shape) =>
    Array.from({ length: sizeOf(shape) }, () => {
      const size = low + (high - low) * stream.uniform()
      return signed && stream.integer(2) === 1 ? -size : size
    })
}

/** Whole numbers from `low` to `high`, both included. */
export function integers(low: number, high: number): Sampler {
  return (stream, shape) => Array.from({ length: sizeOf(shape) }, () => low + stream.integer(high - low + 1))
}

/** Numbers that are all different, at least 0.2 apart: no two compete for a maximum. */
export const distinct: Sampler = (stream, shape) =>
  Array.from(stream.permutation(sizeOf(shape)), (rank) => 0.3 * (rank - sizeOf(shape) / 2) + 0.1 * stream.uniform())

const fixed =
  (values: readonly number[]): Sampler =>
  () =>
    values

export function float(shape: Shape, sample: Sampler, role: Operand['role'] = 'input'): Operand {
  return { role, dtype: 'float64', shape, sample }
}

/** The operand again: one value in two places. */
export function twice(kind: OpKind, seed: number, operand: Operand, attributes: Attributes = {}): OpCase {
  return opCase(kind, seed, [operand, { ...operand, sameAs: 0 }], attributes)
}

/** A constant list of integers: axes, a shape, pads. */
export function ints(values: readonly number[]): Operand {
  return { role: 'constant', dtype: 'int64', shape: [values.length], sample: fixed(values) }
}
