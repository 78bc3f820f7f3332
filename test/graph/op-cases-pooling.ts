/** @file Cases of pooling and selection. See op-cases.ts. */
import fc from 'fast-check'
import type { Attributes, PoolingKind, SelectionKind } from '../../src/graph/types.ts'
import { between, distinct, float, ints, type OpCase, opCase } from './op-case.ts'
import { axisOf, flag, fromFront, option, seeds, shapes } from './op-draws.ts'

interface DrawnAxis {
  readonly length: number
  readonly size: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
}

/** One spatial axis on which at least one window fits and none covers padding alone. */
const windowAxis: fc.Arbitrary<DrawnAxis> = fc
  .record({
    extra: fc.nat(4),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.constantFrom(1, 1, 2),
    before: fc.nat(2),
    after: fc.nat(2),
  })
  .map(({ extra, ...drawn }) => {
    const before = Math.min(drawn.before, drawn.size - 1)
    const after = Math.min(drawn.after, drawn.size - 1)
    // Of a dilated window, one place at least must not fall into the padding on either side.
    const least = drawn.dilation > 1 ? drawn.dilation + 1 : 1
    const span = drawn.dilation * (drawn.size - 1) + 1
    return { ...drawn, before, after, length: Math.max(least, span - before - after) + extra }
  })

/** Where a window that hangs over the end would start behind the input, the input is made longer until the last one fits. */
function withoutIdleWindow(axis: DrawnAxis): DrawnAxis {
  const { length, size, stride, dilation, before, after } = axis
  const room = length + before + after - dilation * (size - 1) - 1
  const starts = (Math.floor(room / stride) + 1) * stride
  return room % stride === 0 || starts < length + before ? axis : { ...axis, length: length + stride - (room % stride) }
}

/** Windows over one to three spatial axes; what is as by default may be left out. */
const windows = fc
  .tuple(fc.constantFrom(1, 2, 2, 3), fc.array(windowAxis, { minLength: 3, maxLength: 3 }), flag, flag)
  .map(([rank, drawn, ceil, spelt]) => {
    const axes = drawn.slice(0, rank).map((axis) => (ceil ? withoutIdleWindow(axis) : axis))
    const list = (of: (axis: DrawnAxis) => number, usual: number) => {
      const numbers = axes.map(of)
      return spelt || numbers.some((n) => n !== usual) ? numbers : undefined
    }
    const pads = [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)]
    const lists = {
      kernel_shape: axes.map(({ size }) => size),
      strides: list(({ stride }) => stride, 1),
      dilations: list(({ dilation }) => dilation, 1),
      pads: spelt || pads.some((n) => n !== 0) ? pads : undefined,
      ceil_mode: ceil ? 1 : spelt ? 0 : undefined,
    }
    const attributes = Object.fromEntries(
      Object.entries(lists).filter(([, value]) => value !== undefined),
    ) as Attributes
    return { spatial: axes.map(({ length }) => length), attributes }
  })

const examples = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }))

const maxPool = fc
  .tuple(seeds, examples, windows)
  .map(([seed, leading, { spatial, attributes }]) =>
    opCase('MaxPool', seed, [float([...leading, ...spatial], distinct)], attributes),
  )

const averagePool = fc
  .tuple(
    seeds,
    examples,
    windows,
    fc.constantFrom<Attributes[]>({}, { count_include_pad: 0 }, { count_include_pad: 1 }),
  )
  .map(([seed, leading, { spatial, attributes }, counting]) =>
    opCase('AveragePool', seed, [float([...leading, ...spatial], between(0.1, 2, true))], {
      ...attributes,
      ...counting,
    }),
  )

const globalAveragePool = fc
  .tuple(seeds, shapes(3, 5))
  .map(([seed, shape]) => opCase('GlobalAveragePool', seed, [float(shape, between(0.1, 2, true))]))

const topK = fc.tuple(seeds, shapes(1, 4), fc.nat(2)).chain(([seed, shape, less]) =>
  fc
    .tuple(
      option(axisOf(shape.length)),
      fc.constantFrom<Attributes[]>({}, { largest: 0 }, { largest: 1 }),
      fc.constantFrom<Attributes[]>({}, { sorted: 0 }, { sorted: 1 }),
    )
    .map(([axis, largest, sorted]) => {
      const k = Math.max(1, shape[fromFront(axis.axis ?? -1, shape)] - less)
      return opCase('TopK', seed, [float(shape, distinct), ints([k])], { ...axis, ...largest, ...sorted })
    }),
)

export const poolingCases: Readonly<Record<PoolingKind | SelectionKind, fc.Arbitrary<OpCase>>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  TopK: topK,
}
