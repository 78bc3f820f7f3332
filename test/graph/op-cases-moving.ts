/** @file Cases of the operators that move elements: shapes, slices, indices. See op-cases.ts. */
import fc from 'fast-check'
import { type Shape, sizeOf } from '../../src/base/tensor.ts'
import type { Attributes, IndexingKind, ShapeKind } from '../../src/graph/types.ts'
import { between, float, ints, type OpCase, opCase } from './op-case.ts'
import { axisOf, broadcastShapes, flag, fromFront, option, seeds, shapes, withLength } from './op-draws.ts'

const anyReal = between(0.1, 2, true)

const reshape = fc
  .tuple(seeds, shapes(0, 4), fc.integer({ min: 0, max: 7 }), flag)
  .map(([seed, shape, form, inferred]) => {
    const reversed = [...shape].reverse()
    const forms = [[...shape, 1], [1, ...shape], reversed, [sizeOf(shape)], shape]
    const target = [...(forms[form] ?? forms[0])]
    // A −1 is worked out; a 0 copies the length at its place.
    if (form === 5 && shape.length > 0) target.splice(0, target.length, 0, -1)
    else if (form === 6 && sizeOf(shape) === 1) target.length = 0
    else if (form === 7 && shape.length > 0) target.splice(0, target.length, 0, ...shape.slice(1))
    else if (inferred && target.length > 0) target[target.length - 1] = -1
    return opCase('Reshape', seed, [float(shape, anyReal), ints(target)])
  })

const transpose = fc.tuple(seeds, shapes(0, 4)).chain(([seed, shape]) => {
  const axes = shape.map((_, i) => i)
  return fc
    .option(fc.shuffledSubarray(axes, { minLength: axes.length }))
    .map((perm) => opCase('Transpose', seed, [float(shape, anyReal)], perm === null ? {} : { perm }))
})

const lengths = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })

const concat = fc.tuple(seeds, shapes(1, 4), lengths, fc.nat(3)).chain(([seed, shape, pieces, constant]) =>
  axisOf(shape.length).map((axis) => {
    const along = fromFront(axis, shape)
    const role = (i: number) => (i > 0 && i === constant ? 'constant' : 'input')
    const operands = pieces.map((length, i) => float(withLength(shape, along, length), anyReal, role(i)))
    return opCase('Concat', seed, operands, { axis })
  }),
)

/** Pieces by a list of lengths, or by their number: then the last may be shorter. */
const split = fc
  .tuple(seeds, shapes(1, 4), lengths, flag, fc.integer({ min: 1, max: 3 }), fc.nat(1))
  .chain(([seed, shape, pieces, byNumber, count, short]) =>
    option(axisOf(shape.length)).map((axis) => {
      const along = fromFront(axis.axis ?? 0, shape)
      if (byNumber) {
        const x = float(withLength(shape, along, count * 2 - (count > 1 ? short : 0)), anyReal)
        return opCase('Split', seed, [x], { ...axis, num_outputs: count })
      }
      const total = pieces.reduce((sum, n) => sum + n, 0)
      return opCase('Split', seed, [float(withLength(shape, along, total), anyReal), ints(pieces)], axis)
    }),
  )

interface SliceRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** A range that takes at least one element, its ends written as they are, from the end, or out of bounds where that is clamped. */
const sliceRange = (dim: number): fc.Arbitrary<SliceRange> =>
  fc
    .record({
      first: fc.nat(dim - 1),
      other: fc.nat(dim - 1),
      step: fc.constantFrom(1, 1, 2, 3, -1, -1, -2, -3),
      startForm: fc.nat(2),
      endForm: fc.nat(2),
    })
    .map(({ first, other, step, startForm, endForm }) => {
      const [low, high] = [Math.min(first, other), Math.max(first, other)]
      const forwards = step > 0
      const start = forwards ? low : high
      const end = forwards ? high + 1 : low - 1
      const clamped = forwards ? { start: 0, end: dim } : { start: dim - 1, end: -1 }
      const outside = forwards ? { start: -dim - 2, end: dim + 3 } : { start: dim + 2, end: -dim - 3 }
      // An end of −1 or of the length cannot be written from the end: −1 would be the last element.
      const plainEnd = end === -1 ? -dim - 1 : end
      return {
        start: startForm === 0 && start === clamped.start ? outside.start : startForm === 1 ? start - dim : start,
        end:
          endForm === 0 && end === clamped.end
            ? outside.end
            : endForm === 1 && end > 0 && end < dim
              ? end - dim
              : plainEnd,
        step,
      }
    })

const slice = fc
  .tuple(
    seeds,
    shapes(1, 4).map((shape) => shape.map((dim) => dim + 1)),
    flag,
  )
  .chain(([seed, shape, withoutAxes]) =>
    fc
      .shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: 1 },
      )
      .chain((drawn) => {
        const axes = withoutAxes ? drawn.map((_, i) => i) : drawn
        return fc.tuple(
          fc.constant(axes),
          fc.tuple(...axes.map((axis) => sliceRange(shape[axis]))),
          fc.array(flag, { minLength: 4, maxLength: 4 }),
        )
      })
      .map(([axes, ranges, fromEnd]) => {
        const listed = axes.map((axis, i) => (fromEnd[i] ? axis - shape.length : axis))
        const steps = ranges.some(({ step }) => step !== 1)
        const operands = [
          float(shape, anyReal),
          ints(ranges.map(({ start }) => start)),
          ints(ranges.map(({ end }) => end)),
          ...(withoutAxes && !steps ? [] : [withoutAxes ? undefined : ints(listed)]),
          ...(steps ? [ints(ranges.map(({ step }) => step))] : []),
        ]
        return opCase('Slice', seed, operands)
      }),
  )

const pad = fc.tuple(seeds, shapes(1, 4), fc.constantFrom('none', 'constant', 'input')).chain(([seed, shape, value]) =>
  fc
    .tuple(
      ...shape.map((dim) =>
        fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }), fc.constant(dim)),
      ),
    )
    .map((amounts) => {
      // At least one element stays.
      const kept = amounts.map(([before, after, dim]) => (dim + before + after < 1 ? [0, 0] : [before, after]))
      const pads = [...kept.map(([before]) => before), ...kept.map(([, after]) => after)]
      const filler = value === 'none' ? [] : [float([], anyReal, value as 'constant' | 'input')]
      return opCase('Pad', seed, [float(shape, anyReal), ints(pads), ...filler])
    }),
)

/** Copies of what is there, as many as each mode has on every side. */
const padCopies = fc
  .tuple(seeds, shapes(1, 3), fc.constantFrom('reflect', 'edge', 'wrap'))
  .chain(([seed, shape, mode]) =>
    fc
      .tuple(
        ...[...shape, ...shape].map((dim) =>
          fc.integer({ min: 0, max: mode === 'edge' ? 3 : mode === 'wrap' ? dim : dim - 1 }),
        ),
      )
      .map((pads) => opCase('Pad', seed, [float(shape, anyReal), ints(pads)], { mode })),
  )

/** The target may lack leading dimensions too, and have length 1 where the data has more. */
const expand = fc
  .tuple(seeds, broadcastShapes(2))
  .map(([seed, [shape, target]]) => opCase('Expand', seed, [float(shape, anyReal), ints(target)]))

/** Positions along an axis, some counted from the end, with repetitions. */
const indexSampler =
  (length: number) =>
  (stream: { integer(n: number): number }, shape: Shape): number[] =>
    Array.from({ length: sizeOf(shape) }, () => stream.integer(2 * length) - length)

const indexDtypes = fc.constantFrom('int64' as const, 'int32' as const)

const gather = fc.tuple(seeds, shapes(1, 4), shapes(0, 2), indexDtypes).chain(([seed, shape, indexShape, dtype]) =>
  option(axisOf(shape.length)).map((axis) => {
    const sample = indexSampler(shape[fromFront(axis.axis ?? 0, shape)])
    return opCase('Gather', seed, [float(shape, anyReal), { role: 'input', dtype, shape: indexShape, sample }], axis)
  }),
)

/** Indices are as long as the data or shorter, and along the axis of any length. */
const elementIndices = (shape: Shape, axis: number) =>
  fc
    .tuple(fc.tuple(...shape.map((dim) => fc.integer({ min: 1, max: dim }))), fc.integer({ min: 1, max: 4 }))
    .map(([shorter, length]) => withLength(shorter, axis, length))

const gatherElements = fc.tuple(seeds, shapes(1, 4), indexDtypes).chain(([seed, shape, dtype]) =>
  option(axisOf(shape.length)).chain((axis) => {
    const along = fromFront(axis.axis ?? 0, shape)
    return elementIndices(shape, along).map((indexShape) => {
      const indices = { role: 'input' as const, dtype, shape: indexShape, sample: indexSampler(shape[along]) }
      return opCase('GatherElements', seed, [float(shape, anyReal), indices], axis)
    })
  }),
)

/** Each line along the axis names different places. */
const uniqueIndices =
  (length: number, axis: number) =>
  (stream: { permutation(n: number): Uint32Array; integer(n: number): number }, shape: Shape): number[] => {
    const values = new Array<number>(sizeOf(shape))
    const inner = sizeOf(shape.slice(axis + 1))
    for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++)
      for (let i = 0; i < inner; i++) {
        const places = stream.permutation(length)
        for (let k = 0; k < shape[axis]; k++)
          values[(outer * shape[axis] + k) * inner + i] = places[k] - (stream.integer(2) === 1 ? length : 0)
      }
    return values
  }

const scatterElements = fc
  .tuple(
    seeds,
    shapes(1, 4),
    indexDtypes,
    fc.constantFrom<Attributes[]>({}, { reduction: 'none' }, { reduction: 'add' }),
  )
  .chain(([seed, shape, dtype, reduction]) =>
    option(axisOf(shape.length)).chain((axis) => {
      const along = fromFront(axis.axis ?? 0, shape)
      return elementIndices(shape, along).map((drawn) => {
        const adds = reduction.reduction === 'add'
        const indexShape = adds ? drawn : withLength(drawn, along, Math.min(drawn[along], shape[along]))
        const sample = adds ? indexSampler(shape[along]) : uniqueIndices(shape[along], along)
        const indices = { role: 'input' as const, dtype, shape: indexShape, sample }
        return opCase('ScatterElements', seed, [float(shape, anyReal), indices, float(indexShape, anyReal)], {
          ...axis,
          ...reduction,
        })
      })
    }),
  )

export const movingCases: Readonly<Record<ShapeKind | IndexingKind, fc.Arbitrary<OpCase>>> = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: fc.oneof(pad, padCopies),
  Expand: expand,
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
}
