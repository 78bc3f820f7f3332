/** @file Arithmetic, element by element, with broadcasting where there are two operands. */
import { RappelError } from '../../base/errors.ts'
import { type DType, dtypes, isFloat, numbers, tensor } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { ElementwiseKind, GradientRule, KinkRule, Node, OpDefinition, ShapeRule, Value } from '../types.ts'
import { batchBroadcast, broadcast, present, required, requireFloat, requireSameDtype } from './shapes.ts'

/** What a gradient rule for two operands gets: the node's values and the gradient of its output. */
type BinaryGradient = (
  a: Value,
  b: Value,
  dy: Value,
  y: Value,
) => readonly [da: Value | undefined, db: Value | undefined]

const binaryShape: ShapeRule = (inputs) => {
  const [a, b] = present(inputs)
  requireSameDtype(a, b)
  if (a.dtype === 'bool') throw new RappelError('shape', 'the inputs are bool, expected numbers', 'cast them first')
  return [{ dtype: a.dtype, shape: broadcast(a.shape, b.shape) }]
}

function binary(gradient: BinaryGradient, kink: KinkRule | 'smooth' = 'smooth'): OpDefinition {
  const rule: GradientRule = (node, [dy]) => {
    if (dy === undefined) return []
    const [a, b] = present(node.inputs)
    const [da, db] = gradient(a, b, dy, node.outputs[0])
    return [da && op.sumTo(da, a.shape), db && op.sumTo(db, b.shape)]
  }
  return {
    inputs: [2, 2],
    attributes: {},
    shape: binaryShape,
    gradient: rule,
    batch: batchBroadcast,
    kink,
    float64: 'kernel',
  }
}

const sameType: ShapeRule = (inputs) => {
  const x = required(inputs, 0)
  if (x.dtype === 'bool') throw new RappelError('shape', 'the input is bool, expected numbers', 'cast it first')
  return [{ dtype: x.dtype, shape: x.shape }]
}

const sameFloat: ShapeRule = (inputs) => {
  requireFloat(required(inputs, 0))
  return sameType(inputs, {})
}

function unary(gradient: (dy: Value, x: Value, y: Value) => Value, options: Partial<OpDefinition> = {}): OpDefinition {
  return {
    inputs: [1, 1],
    attributes: {},
    shape: sameFloat,
    gradient: (node, [dy]) => [dy && gradient(dy, required(node.inputs, 0), node.outputs[0])],
    batch: batchBroadcast,
    kink: 'smooth',
    float64: 'kernel',
    ...options,
  }
}

/** Max and Min: the winner is the sign of a − b; equal operands share the gradient, as in PyTorch. */
function extremum(firstWins: (a: Value, b: Value) => Value): OpDefinition {
  const share = (a: Value, b: Value) =>
    op.add(op.mul(op.cast(firstWins(a, b), a.dtype), 0.5), op.sub(0.5, op.mul(op.cast(firstWins(b, a), a.dtype), 0.5)))
  return binary(
    (a, b, dy) => {
      const shareOfA = share(a, b)
      return [op.mul(dy, shareOfA), op.mul(dy, op.sub(1, shareOfA))]
    },
    {
      winner: (_node, inputs) => op.sign(op.sub(required(inputs, 0), required(inputs, 1))),
      frozen: (node, inputs, winner) => {
        const [a, b] = present(inputs)
        const first = node.kind === 'Max' ? op.greater(winner, 0) : op.less(winner, 0)
        return [op.where(op.equal(winner, 0), op.mul(op.add(a, b), 0.5), op.where(first, a, b))]
      },
    },
  )
}

const absolute: KinkRule = {
  winner: (_node, inputs) => op.sign(required(inputs, 0)),
  frozen: (_node, inputs, winner) => [op.mul(required(inputs, 0), winner)],
}

/** Sign steps at 0: frozen, it is the sign that was. */
const step: KinkRule = {
  winner: (_node, inputs) => op.sign(required(inputs, 0)),
  frozen: (_node, _inputs, winner) => [winner],
}

function powGradient(a: Value, b: Value, dy: Value, y: Value): readonly [Value, Value | undefined] {
  const given = b.constant && numbers(b.constant)
  const less = given?.map((exponent) => exponent - 1)
  // As a constant only where it is exact: rounded to float32 it would be another exponent in the float64 twin.
  const exact = less?.every((exponent) => b.dtype === 'float64' || Math.fround(exponent) === exponent)
  const oneLess = less && exact ? a.builder.constant(tensor(b.dtype, b.shape, less)) : op.sub(b, 1)
  // At a = 0 the slope of a^0 is 0, not 0·(1/0) = NaN. Any finite power there will do, so that all further slopes are 0 too;
  // choosing between slopes would leave the NaN in the branch not taken, whence the next differentiation fetches it.
  const zeroToZero = () => op.and(op.equal(a, 0), op.equal(b, 0))
  const exponent = given && !given.includes(0) ? oneLess : op.where(zeroToZero(), 1, oneLess)
  const da = op.mul(dy, op.mul(b, op.pow(a, exponent)))
  if (given) return [da, undefined]
  // 0^b is 0 for every b > 0: its slope in b is 0, not 0·log 0 = NaN. Below 0 it has none, and log says so.
  const safe = op.where(op.and(op.equal(a, 0), op.greaterOrEqual(b, 0)), 1, a)
  return [da, op.mul(dy, op.mul(y, op.log(safe)))]
}

const castShape: ShapeRule = (inputs, attributes) => {
  const dtype = dtypes.find((candidate) => op.dtypeNumbers[candidate] === attributes.to)
  if (dtype === undefined)
    throw new RappelError('op', `casts to ONNX data type ${attributes.to}, expected one of ${dtypes.join(', ')}`)
  return [{ dtype, shape: required(inputs, 0).shape }]
}

function castGradient(node: Node, [dy]: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const x = required(node.inputs, 0)
  return [dy !== undefined && isFloat(x.dtype) ? op.cast(dy, x.dtype as DType) : undefined]
}

export const elementwise: Record<ElementwiseKind, OpDefinition> = {
  Add: binary((_a, _b, dy) => [dy, dy]),
  Sub: binary((_a, _b, dy) => [dy, op.neg(dy)]),
  // A square's two equal parts are one product, not two and a sum.
  Mul: binary((a, b, dy) => (a === b ? [op.mul(op.mul(dy, 2), a), undefined] : [op.mul(dy, b), op.mul(dy, a)])),
  Div: binary((_a, b, dy, y) => [op.div(dy, b), op.neg(op.div(op.mul(dy, y), b))]),
  Pow: binary(powGradient),
  Max: extremum((a, b) => op.greater(a, b)),
  Min: extremum((a, b) => op.less(a, b)),
  Neg: unary((dy) => op.neg(dy), { shape: sameType }),
  Reciprocal: unary((dy, _x, y) => op.neg(op.mul(dy, op.square(y)))),
  Sqrt: unary((dy, _x, y) => op.div(op.mul(dy, 0.5), y)),
  Exp: unary((dy, _x, y) => op.mul(dy, y)),
  Log: unary((dy, x) => op.div(dy, x)),
  Abs: unary((dy, x) => op.mul(dy, op.sign(x)), { shape: sameType, kink: absolute }),
  Sign: unary((dy) => dy, { shape: sameType, gradient: 'none', kink: step }),
  Identity: unary((dy) => dy, { shape: (inputs) => [required(inputs, 0)] }),
  Cast: unary((dy) => dy, { attributes: { to: 'int', saturate: 'int' }, shape: castShape, gradient: castGradient }),
}
