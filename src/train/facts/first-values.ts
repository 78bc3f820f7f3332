/** @file What can be said of a parameter's first values: their moments, their range, and whether its units differ. */
import type { Parameter } from '../../nn/model.ts'
import { type UnitLayout, unitLayout } from '../../nn/units.ts'
import type { ParameterFacts } from '../events.ts'

type FirstValues = NonNullable<ParameterFacts['initial']>

/** @param values in row-major order */
export function firstValues(parameter: Parameter, values: Float32Array): FirstValues {
  const layout = unitLayout(parameter)
  const units = layout === undefined ? 0 : layout.groups * layout.units
  return {
    ...moments(values),
    ...(layout && units >= 2 && { units, distinctUnits: distinctUnits(values, layout) }),
  }
}

/** Mean first, then squares about it: exact also where the deviation is small beside the mean. */
function moments(values: Float32Array): Pick<FirstValues, 'mean' | 'deviation' | 'min' | 'max'> {
  let [sum, squares] = [0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  // All alike is told exactly, whatever a sum rounds to.
  const mean = min === max ? min : sum / values.length
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / values.length), min, max }
}

/** So many of a unit's weights in each direction tell nearly all from each other. */
const few = 8

/** How many of the units have weights that no unit before them has, number for number. */
function distinctUnits(values: Float32Array, layout: UnitLayout): number {
  const units = layout.groups * layout.units
  // Random weights differ in the first ones: then the rest need not be read.
  if (new Set(hashedUnits(values, layout, few)).size === units) return units
  const seen = new Map<number, number[]>()
  let distinct = 0
  hashedUnits(values, layout).forEach((hash, unit) => {
    const alike = seen.get(hash) ?? []
    if (alike.some((other) => equalUnits(values, layout, unit, other))) return
    distinct++
    seen.set(hash, [...alike, unit])
  })
  return distinct
}

/** In the order in which the values lie. FNV-1a over the numbers' bits, with what it leaves high brought down. */
function hashedUnits(values: Float32Array, layout: UnitLayout, most = Number.POSITIVE_INFINITY): Int32Array {
  const { groups, outer, units, inner } = layout
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  const hashes = new Int32Array(groups * units)
  const [rows, columns] = [Math.min(outer, most), Math.min(inner, most)]
  for (let group = 0; group < groups; group++)
    for (let row = 0; row < rows; row++)
      for (let unit = 0; unit < units; unit++) {
        const start = ((group * outer + row) * units + unit) * inner
        let hash = hashes[group * units + unit]
        for (let at = start; at < start + columns; at++) {
          // −0 and 0 are one number.
          hash = Math.imul(hash ^ (bits[at] === -0x80000000 ? 0 : bits[at]), 0x01000193)
          hash ^= hash >>> 15
        }
        hashes[group * units + unit] = hash
      }
  return hashes
}

function equalUnits(values: Float32Array, { outer, units, inner }: UnitLayout, a: number, b: number): boolean {
  const start = (unit: number) => (Math.floor(unit / units) * outer * units + (unit % units)) * inner
  const [first, second] = [start(a), start(b)]
  for (let o = 0; o < outer; o++)
    for (let i = o * units * inner; i < o * units * inner + inner; i++)
      if (values[first + i] !== values[second + i]) return false
  return true
}
