/** @file Shape arithmetic in files of others: exporters compute shapes in the graph, and with static shapes they are constants. */
import { type DType, type Shape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import type { ForeignNode } from './foreign.ts'
import { dtypeNumbers } from './op.ts'

/** More elements than any shape has: larger tensors are left to the runtime. */
const most = 4096

/** Whole numbers of one dtype. */
interface Integers {
  readonly dtype: DType
  readonly shape: Shape
  readonly values: readonly bigint[]
}

type Fold = (inputs: readonly Integers[], foreign: ForeignNode) => Integers | undefined

/**
 * The result of a node whose inputs are constants of whole numbers, at least one of them made by rewriting (the length of a
 * dimension, say). A graph of ours is left as it is: its constants all stand in the file.
 *
 * @returns undefined when the node is not of that kind
 */
export function fold(foreign: ForeignNode): Tensor | undefined {
  const rule = Object.hasOwn(folds, foreign.node.kind) ? folds[foreign.node.kind] : undefined
  const { inputs } = foreign
  if (rule === undefined || !inputs.some((value) => value !== undefined && foreign.reading.derived.has(value)))
    return undefined
  const given: Integers[] = []
  for (const value of inputs) {
    const data = value?.constant
    if (data === undefined || data.dtype === 'float32' || data.dtype === 'float64' || data.data.length > most)
      return undefined
    given.push({
      dtype: data.dtype,
      shape: data.shape,
      values: Array.from(data.data as Iterable<number | bigint>, BigInt),
    })
  }
  const result = rule(given, foreign)
  return result && toTensor(result)
}

function toTensor({ dtype, shape, values }: Integers): Tensor | undefined {
  if (sizeOf(shape) !== values.length) return undefined
  if (dtype === 'int64')
    return tensor(
      'int64',
      shape,
      BigInt64Array.from(values, (value) => BigInt.asIntN(64, value)),
    )
  if (dtype === 'int32')
    return tensor(
      'int32',
      shape,
      Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value))),
    )
  return tensor(
    dtype,
    shape,
    Uint8Array.from(values, (value) => Number(BigInt.asUintN(8, value))),
  )
}

/** Element by element; ranks 0 and 1 only, of equal lengths or one of them 1. */
function elementwise(inputs: readonly Integers[], dtype: DType, compute: (...values: bigint[]) => bigint) {
  const length = Math.max(...inputs.map(({ values }) => values.length))
  const rank = Math.max(...inputs.map(({ shape }) => shape.length))
  const fits = rank <= 1 && inputs.every(({ values }) => values.length === length || values.length === 1)
  if (!fits) return undefined
  const at = ({ values }: Integers, i: number) => values[values.length === 1 ? 0 : i]
  const values = Array.from({ length }, (_, i) => compute(...inputs.map((input) => at(input, i))))
  return { dtype, shape: rank === 0 ? [] : [length], values }
}

const arithmetic =
  (compute: (a: bigint, b: bigint) => bigint): Fold =>
  (inputs) => {
    const [a, b] = inputs
    return inputs.length === 2 && a.dtype === b.dtype ? elementwise(inputs, a.dtype, compute) : undefined
  }

const cast: Fold = ([x], foreign) => {
  const to = foreign.int('to', 0)
  if (to === dtypeNumbers.bool)
    return { ...x, dtype: 'bool', values: x.values.map((value) => (value === 0n ? 0n : 1n)) }
  const dtype = (['int64', 'int32', 'uint8'] as const).find((candidate) => dtypeNumbers[candidate] === to)
  return dtype && { ...x, dtype }
}

const gather: Fold = ([x, indices], foreign) => {
  if (x.shape.length !== 1 || indices === undefined || foreign.int('axis', 0) !== 0) return undefined
  const places = indices.values.map((index) => Number(index) + (index < 0n ? x.values.length : 0))
  if (places.some((place) => place < 0 || place >= x.values.length)) return undefined
  return { dtype: x.dtype, shape: indices.shape, values: places.map((place) => x.values[place]) }
}

const slice: Fold = ([x, starts, ends, axes, steps]) => {
  if (x.shape.length !== 1 || starts?.values.length !== 1 || ends?.values.length !== 1) return undefined
  const forward = (steps?.values ?? [1n]).every((step) => step === 1n)
  if (!forward || !(axes?.values ?? [0n]).every((axis) => axis === 0n || axis === -1n)) return undefined
  const values = x.values.slice(Number(starts.values[0]), Number(ends.values[0]))
  return { dtype: x.dtype, shape: [values.length], values }
}

/** To a list, or to a single number. */
const reshape: Fold = ([x, target]) => {
  if (target === undefined || target.values.length > 1) return undefined
  return { ...x, shape: target.values.length === 0 ? [] : [x.values.length] }
}

const concat: Fold = (inputs) => {
  if (inputs.some(({ shape, dtype }) => shape.length !== 1 || dtype !== inputs[0].dtype)) return undefined
  const values = inputs.flatMap((input) => input.values)
  return { dtype: inputs[0].dtype, shape: [values.length], values }
}

const folds: Readonly<Record<string, Fold>> = {
  Identity: ([x]) => x,
  Cast: cast,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Reshape: reshape,
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: (inputs, foreign) => (inputs[1]?.values.includes(0n) ? undefined : arithmetic((a, b) => a / b)(inputs, foreign)),
  Equal: (inputs) => (inputs.length === 2 ? elementwise(inputs, 'bool', (a, b) => (a === b ? 1n : 0n)) : undefined),
  Where: (inputs) =>
    inputs.length === 3
      ? elementwise(inputs, inputs[1].dtype, (condition, a, b) => (condition === 0n ? b : a))
      : undefined,
}
