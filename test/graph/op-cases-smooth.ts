/** @file Cases of Erf, Gelu, Softplus, Elu and Clip. See op-cases.ts. */
import fc from 'fast-check'
import type { Shape } from '../../src/base/tensor.ts'
import type { Attributes, ClipKind, OpKind, SmoothKind } from '../../src/graph/types.ts'
import { between, float, type OpCase, opCase } from './op-case.ts'
import { flag, seeds, shapes } from './op-draws.ts'

const awayFromZero = between(0.2, 3, true)

const unary = (kind: OpKind, sample: ReturnType<typeof between>, attributes: Attributes = {}) =>
  fc.tuple(seeds, shapes(0, 4)).map(([seed, shape]) => opCase(kind, seed, [float(shape, sample)], attributes))

/** Well inside the bounds, which are near −1 and 1, or well outside. */
const insideOrOut: ReturnType<typeof between> = (stream, shape) => {
  const inside = between(0, 0.7, true)(stream, shape)
  const outside = between(1.3, 2.5, true)(stream, shape)
  return inside.map((value, i) => (stream.integer(2) === 1 ? value : outside[i]))
}

const bound = fc.record({
  role: fc.constantFrom('input' as const, 'constant' as const),
  shape: fc.constantFrom<Shape[]>([], [1]),
})

/** Both bounds, either, or none; where both are there they may be crossed. */
const clip = fc
  .tuple(seeds, shapes(0, 4), fc.option(bound), fc.option(bound), flag)
  .map(([seed, shape, low, high, drawn]) => {
    const crossed = drawn && low !== null && high !== null
    const [negative, positive] = [
      (stream: Parameters<typeof insideOrOut>[0], s: Shape) => between(0.9, 1.1)(stream, s).map((x) => -x),
      between(0.9, 1.1),
    ]
    const bounds = [
      low === null ? undefined : float(low.shape, crossed ? positive : negative, low.role),
      high === null ? undefined : float(high.shape, crossed ? negative : positive, high.role),
    ]
    return opCase('Clip', seed, [
      float(shape, insideOrOut),
      ...(high === null ? bounds.slice(0, low === null ? 0 : 1) : bounds),
    ])
  })

export const smoothCases: Readonly<Record<SmoothKind | ClipKind, fc.Arbitrary<OpCase>>> = {
  // The power series below ½, and what lies beyond.
  Erf: fc.oneof(unary('Erf', between(0, 0.6, true)), unary('Erf', between(0.4, 2, true))),
  Gelu: fc.oneof(
    unary('Gelu', between(0, 3, true)),
    unary('Gelu', between(0, 3, true), { approximate: 'tanh' }),
    unary('Gelu', between(0, 3, true), { approximate: 'none' }),
  ),
  Softplus: unary('Softplus', between(0, 4, true)),
  Elu: fc.oneof(unary('Elu', awayFromZero), unary('Elu', awayFromZero, { alpha: 0.3 })),
  Clip: clip,
}
