/** @file Cases of convolutions: one to three spatial dimensions, groups, strides with a rest, dilation, padding. See op-cases.ts. */
import fc from 'fast-check'
import type { Attributes, ConvolutionKind } from '../../src/graph/types.ts'
import { between, float, type OpCase, opCase } from './op-case.ts'
import { flag, seeds } from './op-draws.ts'

const anyReal = between(0.1, 2, true)

/** One spatial dimension; `spare` is how far the input goes beyond the one window that must fit. */
const dimension = fc
  .record({
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    before: fc.nat(3),
    after: fc.nat(2),
    spare: fc.nat(3),
    extra: fc.nat(2),
  })
  .map((drawn) => ({ ...drawn, reach: drawn.dilation * (drawn.kernel - 1) + 1 }))

type Dimension = typeof dimension extends fc.Arbitrary<infer D> ? D : never

/** Lists are left out where all are the default, half of the time. */
function lists(dimensions: readonly Dimension[], written: boolean): Attributes {
  const entries: (readonly [string, readonly number[], number])[] = [
    ['strides', dimensions.map(({ stride }) => stride), 1],
    ['dilations', dimensions.map(({ dilation }) => dilation), 1],
    ['pads', [...dimensions.map(({ before }) => before), ...dimensions.map(({ after }) => after)], 0],
  ]
  return Object.fromEntries(entries.filter(([, list, usual]) => written || list.some((n) => n !== usual)))
}

const setting = fc.record({
  seed: seeds,
  // Three dimensions are slow to differ in every coordinate: few.
  dimensions: fc.constantFrom(1, 1, 2, 2, 2, 3).chain((rank) => fc.tuple(...new Array(rank).fill(dimension))),
  batch: fc.integer({ min: 1, max: 2 }),
  group: fc.constantFrom(1, 1, 2, 3),
  inputs: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  bias: flag,
  written: flag,
  constant: fc.nat(5),
})

const convolution = (kind: ConvolutionKind): fc.Arbitrary<OpCase> =>
  setting.map(({ seed, dimensions: drawn, batch, group, inputs, outputs, bias, written, constant }) => {
    const transposed = kind === 'ConvTranspose'
    const dimensions = (drawn as Dimension[]).map((d) => (transposed ? fitted(d) : d))
    const kernel = dimensions.map((d) => d.kernel)
    const spatial = dimensions.map((d) =>
      transposed ? 1 + d.spare : Math.max(1, d.reach + d.spare - d.before - d.after),
    )
    const shape = transposed ? [inputs * group, outputs, ...kernel] : [outputs * group, inputs, ...kernel]
    const operands = [
      float([batch, inputs * group, ...spatial], anyReal, constant === 0 ? 'constant' : 'input'),
      float(shape, anyReal, constant === 1 ? 'constant' : 'input'),
      ...(bias ? [float([outputs * group], anyReal)] : []),
    ]
    const extras = dimensions.map(({ extra }) => extra)
    return opCase(kind, seed, operands, {
      ...lists(dimensions, written),
      ...((written || group > 1) && { group }),
      ...(transposed && extras.some((n) => n > 0) && { output_padding: extras }),
    })
  })

/** Less output padding than the stride, and no more cut than leaves one element. */
function fitted(d: Dimension): Dimension {
  const extra = Math.min(d.extra, d.stride - 1)
  const full = d.stride * d.spare + d.reach + extra
  const before = Math.min(d.before, full - 1)
  return { ...d, extra, before, after: Math.min(d.after, full - 1 - before) }
}

export const convolutionCases: Readonly<Record<ConvolutionKind, fc.Arbitrary<OpCase>>> = {
  Conv: convolution('Conv'),
  ConvTranspose: convolution('ConvTranspose'),
}
