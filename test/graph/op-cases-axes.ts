/** @file Cases of Squeeze, Unsqueeze, Tile and Einsum. See op-cases.ts. */
import fc from 'fast-check'
import type { AxesKind, EinsumKind } from '../../src/graph/types.ts'
import { between, float, ints, type OpCase, opCase, twice } from './op-case.ts'
import { broadcastShapes, flag, seeds, shapes } from './op-draws.ts'

const anyReal = between(0.1, 2, true)
const flags = fc.array(flag, { minLength: 6, maxLength: 6 })

/** Axes as they may be written: in any order, some counted from the end. */
const written = (axes: readonly number[], rank: number) =>
  fc
    .tuple(fc.shuffledSubarray([...axes], { minLength: axes.length }), flags)
    .map(([order, fromEnd]) => order.map((axis, i) => (fromEnd[i] ? axis - rank : axis)))

/** Some of the axes of length 1, or all of them without a list. */
const squeeze = fc.tuple(seeds, shapes(0, 4), flags, flag).chain(([seed, full, ones, listed]) => {
  const shape = full.map((dim, i) => (ones[i] ? 1 : dim))
  const long = shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
  return fc
    .subarray(long)
    .chain((axes) => written(axes, shape.length))
    .map((axes) => opCase('Squeeze', seed, [float(shape, anyReal), ...(listed && axes.length > 0 ? [ints(axes)] : [])]))
})

const unsqueeze = fc.tuple(seeds, shapes(0, 3), fc.integer({ min: 0, max: 3 })).chain(([seed, shape, count]) => {
  const rank = shape.length + count
  const all = Array.from({ length: rank }, (_, i) => i)
  return fc
    .subarray(all, { minLength: count, maxLength: count })
    .chain((axes) => written(axes, rank))
    .map((axes) => opCase('Unsqueeze', seed, [float(shape, anyReal), ints(axes)]))
})

const tile = fc
  .tuple(seeds, shapes(0, 4))
  .chain(([seed, shape]) =>
    fc
      .tuple(...shape.map(() => fc.integer({ min: 1, max: 3 })))
      .map((repeats) => opCase('Tile', seed, [float(shape, anyReal), ints(repeats)])),
  )

const lengths: Readonly<Record<string, number>> = { i: 2, j: 3, K: 2, l: 1 }

/** A term: up to three letters, some twice, with or without an ellipsis somewhere among them. */
const term = fc.record({
  letters: fc.array(fc.constantFrom(...Object.keys(lengths)), { maxLength: 3 }),
  ellipsis: fc.option(fc.nat(3)),
})

/** One to three terms; the result has any of their letters in any order, or is left to the rule. */
const einsum = fc
  .tuple(seeds, broadcastShapes(3, 2), fc.array(term, { minLength: 1, maxLength: 3 }), flag, flag)
  .chain(([seed, hidden, drawn, implicit, shared]) => {
    const rank = Math.min(...hidden.map((shape) => shape.length))
    const terms = drawn.map(({ letters, ellipsis }) => {
      const at = Math.min(ellipsis ?? 0, letters.length)
      return ellipsis === null ? letters.join('') : `${letters.slice(0, at).join('')}...${letters.slice(at).join('')}`
    })
    const operands = drawn.map(({ letters, ellipsis }, k) => {
      const dims = letters.map((letter) => lengths[letter])
      const under = hidden[shared ? 0 : k]
      if (ellipsis !== null) dims.splice(Math.min(ellipsis, letters.length), 0, ...under.slice(under.length - rank))
      return float(dims, anyReal)
    })
    const available = [...new Set(drawn.flatMap(({ letters }) => letters))]
    return fc.tuple(fc.shuffledSubarray(available), fc.nat(3)).map(([output, place]) => {
      const dots = terms.some((each) => each.includes('.')) ? '...' : ''
      const right = [...output.slice(0, place), dots, ...output.slice(place)].join('')
      // The runtime cannot find a result of capital letters itself.
      const equation = implicit ? terms.join().toLowerCase() : `${terms.join(', ')} -> ${right}`
      return opCase('Einsum', seed, operands, { equation })
    })
  })

/** One value in both places. */
const einsumTwice = seeds.map((seed) => twice('Einsum', seed, float([3, 3], anyReal), { equation: 'ij,jk->ik' }))

export const axesCases: Readonly<Record<AxesKind | EinsumKind, fc.Arbitrary<OpCase>>> = {
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Tile: tile,
  Einsum: fc.oneof({ weight: 9, arbitrary: einsum }, { weight: 1, arbitrary: einsumTwice }),
}
