/** @file For every operator: fast-check draws ranks, broadcasts, axes, attributes and values, at points away from kinks. */
import fc from 'fast-check'
import type { Attributes, OpKind } from '../../src/graph/types.ts'
import { between, distinct, float, integers, ints, type OpCase, opCase, twice } from './op-case.ts'
import { axesCases } from './op-cases-axes.ts'
import { convolutionCases } from './op-cases-convolution.ts'
import { movingCases } from './op-cases-moving.ts'
import { normalisationCases } from './op-cases-normalisation.ts'
import { poolingCases } from './op-cases-pooling.ts'
import { smoothCases } from './op-cases-smooth.ts'
import { unpoolingCases } from './op-cases-unpooling.ts'
import { axisOf, broadcastShapes, flag, option, seeds, shapes } from './op-draws.ts'

const anyReal = between(0.1, 2, true)
const awayFromZero = between(0.2, 2, true)

const unary = (kind: OpKind, sample: ReturnType<typeof between>, attributes: Attributes = {}) =>
  fc.tuple(seeds, shapes(0, 4)).map(([seed, shape]) => opCase(kind, seed, [float(shape, sample)], attributes))

/** Two operands; at most one of them is a constant, or both are the same value. */
const binary = (kind: OpKind, samples: readonly ReturnType<typeof between>[]) =>
  fc.tuple(seeds, broadcastShapes(2), fc.integer({ min: 0, max: 6 })).map(([seed, list, form]) =>
    form === 6
      ? twice(kind, seed, float(list[0], samples[0]))
      : opCase(
          kind,
          seed,
          list.map((shape, i) => float(shape, samples[i], i === form ? 'constant' : 'input')),
        ),
  )

/** Never closer than 0.1 to each other: whole numbers plus a bit on one side, plus a half and a bit on the other. */
const apart = [0, 0.5].map(
  (offset): ReturnType<typeof between> =>
    (stream, shape) => {
      const bits = between(0, 0.4)(stream, shape)
      return integers(-2, 2)(stream, shape).map((whole, i) => whole + offset + bits[i])
    },
)

/** Real exponents, which need a positive base, and whole constant ones, which do not. */
const powers = fc.oneof(
  binary('Pow', [between(0.3, 2), between(0.2, 2.5, true)]),
  fc
    .tuple(seeds, broadcastShapes(2))
    .map(([seed, [base, exponent]]) =>
      opCase('Pow', seed, [float(base, between(0.3, 2, true)), float(exponent, integers(-2, 4), 'constant')]),
    ),
)

const comparison = (kind: OpKind) => binary(kind, apart)

const bools = (kind: OpKind, count: number) =>
  fc.tuple(seeds, broadcastShapes(count)).map(([seed, list]) =>
    opCase(
      kind,
      seed,
      list.map((shape) => ({ role: 'input' as const, dtype: 'bool' as const, shape, sample: integers(0, 1) })),
    ),
  )

const where = fc
  .tuple(seeds, broadcastShapes(3), flag)
  .map(([seed, [condition, a, b], known]) =>
    opCase('Where', seed, [
      { role: known ? 'constant' : 'input', dtype: 'bool', shape: condition, sample: integers(0, 1) },
      float(a, anyReal),
      float(b, anyReal),
    ]),
  )

const cast = fc
  .tuple(seeds, shapes(0, 4))
  // From float64 to float64: to float32 the function is a staircase, whose rule is tested by value in pytorch.test.ts.
  .map(([seed, shape]) => opCase('Cast', seed, [float(shape, anyReal)], { to: 11 }))

const alongAxis = (kind: OpKind) =>
  fc
    .tuple(seeds, shapes(1, 4))
    .chain(([seed, shape]) =>
      option(axisOf(shape.length)).map((axis) =>
        opCase(kind, seed, [float(shape, between(0.1, 3, true))], { ...axis }),
      ),
    )

/** Stacks broadcast; a vector stands alone on its side. */
const matMuls = fc
  .tuple(seeds, broadcastShapes(2, 2), shapes(3, 3), flag, flag, fc.integer({ min: 0, max: 6 }))
  .map(([seed, [stackA, stackB], [m, k, n], vectorA, vectorB, form]) => {
    if (form === 6) return twice('MatMul', seed, float(vectorA ? [k] : [...stackA, k, k], anyReal))
    const list = [vectorA ? [k] : [...stackA, m, k], vectorB ? [k] : [...stackB, k, n]]
    return opCase(
      'MatMul',
      seed,
      list.map((shape, i) => float(shape, anyReal, i === form ? 'constant' : 'input')),
    )
  })

const gemms = fc
  .tuple(
    seeds,
    shapes(3, 3),
    fc.record({ transA: flag, transB: flag, alpha: flag, beta: flag }),
    fc.constantFrom('none', '', 'n', '1', '1n', 'm1', 'mn', '11'),
  )
  .map(([seed, [m, k, n], has, form]) => {
    const lengths: Record<string, number> = { m, n, 1: 1 }
    const c =
      form === 'none'
        ? []
        : [
            float(
              [...form].map((letter) => lengths[letter]),
              anyReal,
            ),
          ]
    const attributes = {
      ...(has.transA && { transA: 1 }),
      ...(has.transB && { transB: 1 }),
      ...(has.alpha && { alpha: 0.7 }),
      ...(has.beta && { beta: -1.3 }),
    }
    const operands = [float(has.transA ? [k, m] : [m, k], anyReal), float(has.transB ? [n, k] : [k, n], anyReal), ...c]
    return opCase('Gemm', seed, operands, attributes)
  })

/** Axes: none given, an empty list (both mean all), or some of them, some counted from the end. */
const reduction = (kind: OpKind, sample: ReturnType<typeof between>) =>
  fc.tuple(seeds, shapes(0, 4)).chain(([seed, shape]) =>
    fc
      .tuple(
        fc.option(fc.subarray(shape.map((_, i) => i))),
        fc.array(flag, { minLength: 4, maxLength: 4 }),
        fc.constantFrom<Attributes[]>({}, { keepdims: 0 }, { keepdims: 1 }),
      )
      .map(([axes, fromEnd, keep]) => {
        const listed = axes?.map((axis, i) => (fromEnd[i] ? axis - shape.length : axis))
        return opCase(kind, seed, [float(shape, sample), ...(listed ? [ints(listed)] : [])], keep)
      }),
  )

const argMax = fc
  .tuple(seeds, shapes(1, 4))
  .chain(([seed, shape]) =>
    fc
      .tuple(
        option(axisOf(shape.length)),
        fc.constantFrom<Attributes[]>({}, { keepdims: 0 }),
        fc.constantFrom<Attributes[]>({}, { select_last_index: 1 }),
      )
      .map(([axis, keep, last]) => opCase('ArgMax', seed, [float(shape, distinct)], { ...axis, ...keep, ...last })),
  )

/** Loop is control flow: it has neither gradient nor batched form, and autodiff.test.ts shows that it says so. */
export type Cases = fc.Arbitrary<OpCase> | 'control flow'

export const opCases: Readonly<Record<OpKind, Cases>> = {
  Add: binary('Add', [anyReal, anyReal]),
  Sub: binary('Sub', [anyReal, anyReal]),
  Mul: binary('Mul', [anyReal, anyReal]),
  Div: binary('Div', [anyReal, between(0.4, 2, true)]),
  Pow: powers,
  Max: binary('Max', apart),
  Min: binary('Min', apart),
  Neg: unary('Neg', anyReal),
  Reciprocal: unary('Reciprocal', between(0.4, 2, true)),
  Sqrt: unary('Sqrt', between(0.2, 3)),
  Exp: unary('Exp', anyReal),
  Log: unary('Log', between(0.2, 3)),
  Abs: unary('Abs', awayFromZero),
  Sign: unary('Sign', awayFromZero),
  Identity: unary('Identity', anyReal),
  Cast: cast,
  Equal: comparison('Equal'),
  Less: comparison('Less'),
  LessOrEqual: comparison('LessOrEqual'),
  Greater: comparison('Greater'),
  GreaterOrEqual: comparison('GreaterOrEqual'),
  And: bools('And', 2),
  Or: bools('Or', 2),
  Not: bools('Not', 1),
  Where: where,
  Relu: unary('Relu', awayFromZero),
  LeakyRelu: fc.oneof(unary('LeakyRelu', awayFromZero), unary('LeakyRelu', awayFromZero, { alpha: 0.3 })),
  // Kinks at −2.5 and 2.5: between them, and beyond.
  HardSigmoid: fc.oneof(unary('HardSigmoid', between(0, 2.4, true)), unary('HardSigmoid', between(2.6, 5, true))),
  Tanh: unary('Tanh', between(0, 3, true)),
  Sigmoid: unary('Sigmoid', between(0, 4, true)),
  Softmax: alongAxis('Softmax'),
  LogSoftmax: alongAxis('LogSoftmax'),
  MatMul: matMuls,
  Gemm: gemms,
  ReduceSum: reduction('ReduceSum', anyReal),
  ReduceMean: reduction('ReduceMean', anyReal),
  ReduceMax: reduction('ReduceMax', distinct),
  ArgMax: argMax,
  ...movingCases,
  ...convolutionCases,
  ...poolingCases,
  ...unpoolingCases,
  ...normalisationCases,
  ...smoothCases,
  ...axesCases,
  Loop: 'control flow',
}

export const drawnKinds = (Object.keys(opCases) as OpKind[]).filter((kind) => opCases[kind] !== 'control flow')
