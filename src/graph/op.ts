/** @file One function for each operator: what layers, losses, gradient rules and passes are written with. */
import { RappelError } from '../base/errors.ts'
import { type DType, isFloat, numbers, type Shape, sameShape, sizeOf, tensor } from '../base/tensor.ts'
import { explicitEquation } from './equation.ts'
import type { Attributes, GraphBuilder, OpKind, Value, ValueType } from './types.ts'

export * from './op_normalisation.ts'
export * from './op_pooling.ts'

/** A value, or a number that becomes a scalar constant of the other operand's dtype. */
export type Operand = Value | number

/** ONNX's numbers for dtypes (TensorProto.DataType). */
export const dtypeNumbers = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const satisfies Record<DType, number>

function one(
  builder: GraphBuilder,
  kind: OpKind,
  inputs: readonly (Value | undefined)[],
  attributes?: Attributes,
): Value {
  return builder.node(kind, inputs, attributes)[0]
}

function binary(kind: OpKind, a: Operand, b: Operand): Value {
  const known = typeof a === 'number' ? b : a
  if (typeof known === 'number')
    throw new RappelError('op', `${kind} of two plain numbers, expected at least one value`)
  const lift = (x: Operand) => (typeof x === 'number' ? known.builder.scalar(known.dtype, x) : x)
  return one(innermost(a, b), kind, [lift(a), lift(b)])
}

/** In a Loop's body, values of the graph around it meet values of the body: the node belongs to the body. */
function innermost(...operands: readonly (Operand | undefined)[]): GraphBuilder {
  let builder: GraphBuilder | undefined
  for (const operand of operands) {
    if (operand === undefined || typeof operand === 'number') continue
    for (let outer: GraphBuilder | undefined = operand.builder; outer !== undefined; outer = outer.outer) {
      if (outer === builder || builder === undefined) {
        builder = operand.builder
        break
      }
    }
  }
  return builder as GraphBuilder
}

const unary = (kind: OpKind, attributes?: Attributes) => (x: Value) => one(x.builder, kind, [x], attributes)
/** A constant list of whole numbers: axes, a shape. */
export const int64s = (builder: GraphBuilder, values: readonly number[]) =>
  builder.constant(tensor('int64', [values.length], values))
const ints = int64s

export const add = (a: Operand, b: Operand) => binary('Add', a, b)
export const sub = (a: Operand, b: Operand) => binary('Sub', a, b)
export const mul = (a: Operand, b: Operand) => binary('Mul', a, b)
export const div = (a: Operand, b: Operand) => binary('Div', a, b)
export const pow = (a: Operand, b: Operand) => binary('Pow', a, b)
export const maximum = (a: Operand, b: Operand) => binary('Max', a, b)
export const minimum = (a: Operand, b: Operand) => binary('Min', a, b)
export const neg = unary('Neg')
export const reciprocal = unary('Reciprocal')
export const sqrt = unary('Sqrt')
export const exp = unary('Exp')
export const log = unary('Log')
export const abs = unary('Abs')
export const sign = unary('Sign')
export const identity = unary('Identity')
export const square = (x: Value) => mul(x, x)
export const cast = (x: Value, dtype: DType) =>
  x.dtype === dtype ? x : one(x.builder, 'Cast', [x], { to: dtypeNumbers[dtype] })

export const equal = (a: Operand, b: Operand) => binary('Equal', a, b)
export const less = (a: Operand, b: Operand) => binary('Less', a, b)
export const lessOrEqual = (a: Operand, b: Operand) => binary('LessOrEqual', a, b)
export const greater = (a: Operand, b: Operand) => binary('Greater', a, b)
export const greaterOrEqual = (a: Operand, b: Operand) => binary('GreaterOrEqual', a, b)
export const and = (a: Value, b: Value) => binary('And', a, b)
export const or = (a: Value, b: Value) => binary('Or', a, b)
export const not = unary('Not')

/** `condition ? a : b`, elementwise with broadcasting; at least one of `a` and `b` is a value. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const known = typeof a === 'number' ? b : a
  if (typeof known === 'number') throw new RappelError('op', 'Where of two plain numbers, expected at least one value')
  const lift = (x: Operand) => (typeof x === 'number' ? known.builder.scalar(known.dtype, x) : x)
  return one(innermost(condition, a, b), 'Where', [condition, lift(a), lift(b)])
}

export const relu = unary('Relu')
export const leakyRelu = (x: Value, alpha = 0.01) => one(x.builder, 'LeakyRelu', [x], { alpha })
/** max(0, min(1, alpha·x + beta)). */
export const hardSigmoid = (x: Value, alpha = 0.2, beta = 0.5) => one(x.builder, 'HardSigmoid', [x], { alpha, beta })
export const tanh = unary('Tanh')
export const sigmoid = unary('Sigmoid')
export const softmax = (x: Value, axis = -1) => one(x.builder, 'Softmax', [x], { axis })
export const logSoftmax = (x: Value, axis = -1) => one(x.builder, 'LogSoftmax', [x], { axis })

/** (2/√π)·∫₀ˣ e^(−t²) dt. */
export const erf = unary('Erf')
/** x·Φ(x) with the normal distribution Φ; or, with 'tanh', ½x(1 + tanh(√(2/π)(x + 0.044715x³))), which is near it. */
export const gelu = (x: Value, approximate: 'none' | 'tanh' = 'none') =>
  one(x.builder, 'Gelu', [x], approximate === 'none' ? {} : { approximate })
/** log(1 + e^x). */
export const softplus = unary('Softplus')
/** x where it is positive, alpha·(e^x − 1) elsewhere. */
export const elu = (x: Value, alpha = 1) => one(x.builder, 'Elu', [x], { alpha })
/** min(max(x, low), high) with scalar bounds; without a bound that side is open. */
export function clip(x: Value, low?: Operand, high?: Operand): Value {
  if (low === undefined && high === undefined) return x
  // A bound left out is the greatest finite number to the runtime, which would hide an infinity.
  const open = isFloat(x.dtype) ? Number.POSITIVE_INFINITY : undefined
  const lift = (bound: Operand | undefined) => (typeof bound === 'number' ? x.builder.scalar(x.dtype, bound) : bound)
  const [least, greatest] = [lift(low ?? (open && -open)), lift(high ?? open)]
  const inputs = greatest === undefined ? [x, least] : [x, least, greatest]
  return one(innermost(...inputs), 'Clip', inputs)
}

/** Matrix product of the last two dimensions, the others broadcast (numpy's matmul). */
export const matMul = (a: Value, b: Value) => one(innermost(a, b), 'MatMul', [a, b])

/**
 * Products summed over indices, as numpy's einsum writes them: `'bij,bjk->bik'`, `'ij->'`, `'ii->i'`, `'...ij->...ji'`. Without
 * an arrow the result has the ellipsis' dimensions, then the letters that occur once, in alphabetical order.
 */
export function einsum(equation: string, ...values: readonly Value[]): Value {
  if (values.length === 0) throw new RappelError('op', `Einsum '${equation}' of no values, expected at least one`)
  return one(innermost(...values), 'Einsum', values, { equation: explicitEquation(equation) })
}

/** alpha·op(a)·op(b) + beta·c for matrices, where op transposes or not and c broadcasts. */
export function gemm(
  a: Value,
  b: Value,
  c?: Value,
  options: { transA?: boolean; transB?: boolean; alpha?: number; beta?: number } = {},
): Value {
  const attributes: Record<string, number> = {}
  if (options.alpha !== undefined && options.alpha !== 1) attributes.alpha = options.alpha
  if (options.beta !== undefined && options.beta !== 1 && c !== undefined) attributes.beta = options.beta
  if (options.transA) attributes.transA = 1
  if (options.transB) attributes.transB = 1
  return one(innermost(a, b, c), 'Gemm', c === undefined ? [a, b] : [a, b, c], attributes)
}

/** How a kernel moves over the spatial dimensions, one number for each of them; padding is with zeros. */
export interface ConvOptions {
  /** Steps between neighbouring windows; default 1. */
  readonly strides?: readonly number[]
  /** Zeros before each dimension, then after each; default 0. */
  readonly pads?: readonly number[]
  /** Steps between neighbouring entries of the kernel; default 1. */
  readonly dilations?: readonly number[]
  /** Groups of channels that have nothing to do with each other; default 1. */
  readonly group?: number
}

/** Attributes of a convolution: what is the default is left out, but a list of the wrong length stays, to be refused. */
function convAttributes(x: Value, options: ConvOptions & { outputPadding?: readonly number[] }): Attributes {
  const rank = x.shape.length - 2
  const lists = [
    ['strides', options.strides, 1, rank],
    ['pads', options.pads, 0, 2 * rank],
    ['dilations', options.dilations, 1, rank],
    ['output_padding', options.outputPadding, 0, rank],
  ] as const
  const given = lists.flatMap(([name, list, usual, length]) =>
    list === undefined || (list.length === length && list.every((n) => n === usual)) ? [] : [[name, list]],
  )
  return { ...Object.fromEntries(given), ...((options.group ?? 1) !== 1 && { group: options.group }) }
}

/**
 * Convolution (without turning the kernel) of [batch, channels, ...spatial] with a kernel [filters, channels / group, ...kernel]
 * and, if given, a bias [filters]: [batch, filters, ...].
 */
export function conv(x: Value, w: Value, b?: Value, options: ConvOptions = {}): Value {
  return one(innermost(x, w, b), 'Conv', b === undefined ? [x, w] : [x, w, b], convAttributes(x, options))
}

/**
 * The transpose of a convolution: [batch, channels, ...spatial] and a kernel [channels, filters / group, ...kernel] give
 * [batch, filters, ...], where each input is spread over its window. `pads` cut the result; `outputPadding` makes it longer at
 * the end of each dimension.
 */
export function convTranspose(
  x: Value,
  w: Value,
  b?: Value,
  options: ConvOptions & { readonly outputPadding?: readonly number[] } = {},
): Value {
  const extra = options.outputPadding ?? []
  const stride = (i: number) => options.strides?.[i] ?? 1
  const more = extra.map((n, i) => Math.floor(n / stride(i)))
  // The runtime takes output padding below the stride only. A zero behind the input makes the result longer by a stride.
  const beyond = more.some((n) => n > 0) && more.length === x.shape.length - 2 && more.every((n) => n >= 0)
  const padded = beyond ? pad(x, [...x.shape.map(() => 0), 0, 0, ...more]) : x
  const outputPadding = beyond ? extra.map((n, i) => n - more[i] * stride(i)) : extra
  const attributes = convAttributes(x, extra.length === 0 ? options : { ...options, outputPadding })
  return one(innermost(x, w, b), 'ConvTranspose', b === undefined ? [padded, w] : [padded, w, b], attributes)
}

/** Over which axes to reduce (all by default, negative ones count from the end), and whether they stay with length 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}

function reduce(kind: OpKind, x: Value, options: ReduceOptions): Value {
  const axes = options.axes ?? x.shape.map((_, i) => i)
  if (axes.length === 0) return x
  // Over lengths of 1 there is nothing to add up: no arithmetic, only a shape.
  if (axes.every((axis) => x.shape.at(axis) === 1)) return reshape(x, reducedShape(x.shape, axes, options.keepDims))
  return one(x.builder, kind, [x, ints(x.builder, axes)], { keepdims: options.keepDims ? 1 : 0 })
}
function reducedShape(shape: Shape, axes: readonly number[], keepDims = false): Shape {
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)))
  return keepDims ? shape.map((dim, i) => (reduced.has(i) ? 1 : dim)) : shape.filter((_, i) => !reduced.has(i))
}

export const reduceSum = (x: Value, options: ReduceOptions = {}) => reduce('ReduceSum', x, options)
export const reduceMean = (x: Value, options: ReduceOptions = {}) => reduce('ReduceMean', x, options)
export const reduceMax = (x: Value, options: ReduceOptions = {}) => reduce('ReduceMax', x, options)

/** Position of the greatest element along an axis (int64), the first where several are equal. */
export const argMax = (x: Value, axis = -1, options: { keepDims?: boolean } = {}) =>
  one(x.builder, 'ArgMax', [x], { axis, keepdims: options.keepDims ? 1 : 0 })

/** The same elements in another shape; one dimension may be −1 and is worked out. */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1)
  const rest = sizeOf(x.shape) / known
  // What does not divide is left as it is: the operator's own shape rule says what is wrong.
  const full = shape.map((dim) => (dim === -1 && Number.isInteger(rest) ? rest : dim))
  return sameShape(full, x.shape)
    ? x
    : one(x.builder, 'Reshape', [x, ints(x.builder, full)], full.includes(0) ? { allowzero: 1 } : {})
}

/** Dimensions in another order; default: reversed. */
export function transpose(x: Value, perm: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i)): Value {
  return perm.every((axis, i) => axis === i) ? x : one(x.builder, 'Transpose', [x], { perm })
}

export function concat(values: readonly Value[], axis: number): Value {
  if (values.length === 0) throw new RappelError('op', 'Concat of no values, expected at least one')
  return values.length === 1 ? values[0] : one(innermost(...values), 'Concat', values, { axis })
}

/** Drops axes of length 1. */
export const squeeze = (x: Value, axes: readonly number[]) =>
  axes.length === 0 ? x : one(x.builder, 'Squeeze', [x, ints(x.builder, axes)])
/** Adds axes of length 1, which stand in the result where `axes` says. */
export const unsqueeze = (x: Value, axes: readonly number[]) =>
  axes.length === 0 ? x : one(x.builder, 'Unsqueeze', [x, ints(x.builder, axes)])
/** Copies side by side, `repeats` of them along each axis. */
export const tile = (x: Value, repeats: readonly number[]) =>
  repeats.length === x.shape.length && repeats.every((times) => times === 1)
    ? x
    : one(x.builder, 'Tile', [x, ints(x.builder, repeats)])

/** Cuts along an axis into pieces of the given lengths. */
export function split(x: Value, lengths: readonly number[], axis: number): readonly Value[] {
  return lengths.length === 1 ? [x] : x.builder.node('Split', [x, ints(x.builder, lengths)], { axis })
}

/** `x[starts:ends:steps]` along the given axes. */
export function slice(
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] = starts.map((_, i) => i),
  steps?: readonly number[],
): Value {
  const { builder } = x
  const inputs = [x, ints(builder, starts), ints(builder, ends), ints(builder, axes)]
  return one(builder, 'Slice', steps === undefined ? inputs : [...inputs, ints(builder, steps)])
}

/** What Pad puts around: a constant, the mirror image without the outermost element, that element again, or the other end. */
export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap'

/**
 * Puts `value`, or copies, around: `pads` holds the amount before each axis, then after each; negative amounts cut (with a
 * constant only).
 */
export function pad(x: Value, pads: readonly number[], value = 0, mode: PadMode = 'constant'): Value {
  if (pads.every((amount) => amount === 0)) return x
  if (mode !== 'constant') return one(x.builder, 'Pad', [x, ints(x.builder, pads)], { mode })
  return one(x.builder, 'Pad', [x, ints(x.builder, pads), x.builder.scalar(x.dtype, value)])
}

/** Broadcasts to a shape. */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : one(x.builder, 'Expand', [x, ints(x.builder, shape)])
}

/** Slices of `x` along an axis, chosen by integer indices of any shape. */
export const gather = (x: Value, indices: Value, axis = 0) =>
  one(innermost(x, indices), 'Gather', [x, indices], { axis })
/** `out[i][j] = x[i][indices[i][j]]` (axis 1; likewise for others). */
export const gatherElements = (x: Value, indices: Value, axis: number) =>
  one(innermost(x, indices), 'GatherElements', [x, indices], { axis })
/** `x` with `updates` put, or added, at the places that `indices` name along the axis. */
export const scatterElements = (
  x: Value,
  indices: Value,
  updates: Value,
  axis: number,
  reduction: 'none' | 'add' = 'none',
) =>
  one(
    innermost(x, indices, updates),
    'ScatterElements',
    [x, indices, updates],
    reduction === 'none' ? { axis } : { axis, reduction },
  )

/** A constant filled with one value. */
export function full(builder: GraphBuilder, type: ValueType, value: number): Value {
  return expand(builder.scalar(type.dtype, value), type.shape)
}

/** Sums over the axes along which `shape` was broadcast to get `x`: the gradient of broadcasting. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x
  const extra = x.shape.length - shape.length
  const axes = x.shape.map((_, i) => i).filter((i) => i < extra || (shape[i - extra] === 1 && x.shape[i] !== 1))
  return reshape(reduceSum(x, { axes, keepDims: false }), shape)
}

/** The integers that a constant holds: shapes, axes and the like must be known when the graph is built. */
export function constantInts(value: Value, role: string): number[] {
  if (value.constant !== undefined) {
    if (value.dtype === 'int64' || value.dtype === 'int32') return numbers(value.constant)
    throw new RappelError('op', `${role} is ${value.dtype} (${value.name}), expected int64`)
  }
  throw new RappelError('op', `${role} is computed in the graph (${value.name}), expected a constant`)
}
