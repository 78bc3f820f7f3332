/** @file What every operator's cases draw: seeds, shapes, broadcasts, axes. */
import fc from 'fast-check'
import type { Shape } from '../../src/base/tensor.ts'

export const seeds = fc.integer({ min: 0, max: 1_000_000 })
export const flag = fc.boolean()

/** Shapes of a rank between the bounds, with lengths from 1 to 3. Every rank is as likely as another. */
export function shapes(minRank: number, maxRank: number): fc.Arbitrary<number[]> {
  return fc
    .integer({ min: minRank, max: maxRank })
    .chain((rank) => fc.array(fc.integer({ min: 1, max: 3 }), { minLength: rank, maxLength: rank }))
}

/** Shapes that broadcast together: any may lack leading dimensions and have length 1 anywhere, all at once too. */
export function broadcastShapes(count: number, maxRank = 4): fc.Arbitrary<number[][]> {
  return shapes(0, maxRank).chain((full) => {
    const narrowed = fc
      .tuple(fc.integer({ min: 0, max: full.length }), fc.array(flag, { minLength: 4, maxLength: 4 }), flag)
      .map(([dropped, ones, whole]) => (whole ? full : full.map((dim, i) => (ones[i] ? 1 : dim)).slice(dropped)))
    return fc.array(narrowed, { minLength: count, maxLength: count })
  })
}

/** An axis, counted from the front or from the end. */
export const axisOf = (rank: number) => fc.integer({ min: -rank, max: rank - 1 })

/** An axis attribute that may be left out. */
export const option = (axis: fc.Arbitrary<number>): fc.Arbitrary<{ axis?: number }> =>
  fc.option(axis).map((drawn) => (drawn === null ? {} : { axis: drawn }))

/** The axis as an index from 0, for building what stands along it. */
export const fromFront = (axis: number, shape: Shape) => (axis < 0 ? axis + shape.length : axis)

/** The shape with another length along one axis. */
export const withLength = (shape: Shape, axis: number, length: number) =>
  shape.map((dim, i) => (i === axis ? length : dim))
