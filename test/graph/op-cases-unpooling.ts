/** @file Cases of max-unpooling. See op-cases.ts. */
import fc from 'fast-check'
import { type Shape, sizeOf } from '../../src/base/tensor.ts'
import type { UnpoolingKind } from '../../src/graph/types.ts'
import { between, float, ints, type OpCase, opCase } from './op-case.ts'
import { flag, seeds } from './op-draws.ts'

/** Windows of 2 that meet each other, or leave a gap; the result may be longer than they reach. */
const maxUnpool = fc
  .tuple(
    seeds,
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 4 }),
    fc.integer({ min: 2, max: 3 }),
    flag,
  )
  .map(([seed, shape, stride, longer]): OpCase => {
    const spatial = shape.slice(2)
    const lengths = spatial.map((n) => (n - 1) * stride + 2 + (longer ? 1 : 0))
    const result = [...shape.slice(0, 2), ...lengths]
    const indices = {
      role: 'input' as const,
      dtype: 'int64' as const,
      shape,
      sample: (stream: { permutation(n: number): Uint32Array }, own: Shape) =>
        Array.from(stream.permutation(sizeOf(result))).slice(0, sizeOf(own)),
    }
    const attributes = { kernel_shape: spatial.map(() => 2), strides: spatial.map(() => stride) }
    return opCase(
      'MaxUnpool',
      seed,
      [float(shape, between(0.1, 2, true)), indices, ...(longer ? [ints(result)] : [])],
      attributes,
    )
  })

export const unpoolingCases: Readonly<Record<UnpoolingKind, fc.Arbitrary<OpCase>>> = { MaxUnpool: maxUnpool }
