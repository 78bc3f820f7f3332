/** @file How many numbers are distributed: exact moments over all of them, quantiles and a histogram from a fixed sample. */
import { RandomStream } from '../../base/random.ts'
import { plainSums, type Sums } from '../../base/sums.ts'
import { type Distribution, quantileLevels } from '../events.ts'

/** Numbers in a sample: quantiles of probability p are then off by about √(p(1 − p)/2048) in probability, 1.1% at the median. */
const sampleSize = 2048
const bins = 40

/**
 * Describes numbers. Moments, least and greatest are of all finite ones; quantiles and histogram of all up to 2048, of a sample
 * of so many where there are more: one place drawn from each of 2048 equal stretches, the same in every call.
 *
 * @param sumsAbout sums of the values about a centre; default: a plain loop
 */
export function describe(
  values: Float32Array,
  sumsAbout: (values: Float32Array, centre: number) => Sums = (x, about) => plainSums(x, { about }),
): Distribution {
  const finite = sort(finiteSample(values))
  const centre = meanOf(finite)
  const { count, nonFinite, first, second, min, max } = sumsAbout(values, centre)
  const n = count - nonFinite
  const variance = Math.max(0, (second - (first * first) / n) / n)
  const known = n > 0
  return {
    count,
    nonFinite,
    mean: known ? centre + first / n : Number.NaN,
    deviation: known ? Math.sqrt(variance) : Number.NaN,
    min: known ? min : Number.NaN,
    max: known ? max : Number.NaN,
    quantiles: quantileLevels.map((p) => (known ? quantile(p, finite, min, max) : Number.NaN)),
    histogram: histogram(finite),
  }
}

/** Linear between the two neighbours (type 7 of Hyndman and Fan 1996); the ends are those of all numbers. */
function quantile(p: number, sorted: Float32Array, min: number, max: number): number {
  if (p === 0 || p === 1) return p === 0 ? min : max
  if (sorted.length === 0) return Number.NaN
  const place = p * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (place - below) * (sorted[above] - sorted[below])
}

/** Bins of one width over the sample's range; one bin where all numbers are the same, none where there are none. */
function histogram(sorted: Float32Array): Distribution['histogram'] {
  if (sorted.length === 0) return { edges: [], counts: [] }
  const [low, high] = [sorted[0], sorted[sorted.length - 1]]
  if (low === high) return { edges: [low, high], counts: [sorted.length] }
  const width = (high - low) / bins
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width))
  const counts = new Array<number>(bins).fill(0)
  let bin = 0
  for (const value of sorted) {
    while (bin < bins - 1 && value >= edges[bin + 1]) bin++
    counts[bin]++
  }
  return { edges, counts }
}

/** One place in each stretch of length 1. */
let offsets: Float64Array | undefined

/** A new array of the finite numbers among those sampled. Plain loops: this is done for every layer, and callbacks take half a millisecond. */
function finiteSample(values: Float32Array): Float32Array {
  const places = values.length > sampleSize ? samplePlaces() : undefined
  // A regular grid would meet the same units and pixels again and again.
  const stretch = values.length / sampleSize
  const sample = new Float32Array(Math.min(values.length, sampleSize))
  let found = 0
  for (let i = 0; i < sample.length; i++) {
    const value = places === undefined ? values[i] : values[Math.floor(places[i] * stretch)]
    if (value - value === 0) sample[found++] = value
  }
  return sample.subarray(0, found)
}

function samplePlaces(): Float64Array {
  if (offsets === undefined) {
    const stream = new RandomStream(0, 'probe/sample')
    offsets = Float64Array.from({ length: sampleSize }, (_, i) => i + stream.uniform())
  }
  return offsets
}

const digits = 2048
const places = new Uint32Array(digits)
const spare = new Uint32Array(sampleSize)

/** In place, by 11 bits at a time (radix sort, Knuth 1998, section 5.2.5): 4096 numbers take half of the built-in sort's time. */
function sort(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  // As whole numbers they then have the order of the float32 numbers.
  for (let i = 0; i < bits.length; i++) bits[i] ^= bits[i] >>> 31 ? 0xffffffff : 0x80000000
  let [from, to]: Uint32Array[] = [bits, spare]
  for (let shift = 0; shift < 32; shift += 11) {
    places.fill(0)
    for (let i = 0; i < bits.length; i++) places[(from[i] >>> shift) & (digits - 1)]++
    for (let digit = 0, place = 0; digit < digits; digit++) {
      const found = places[digit]
      places[digit] = place
      place += found
    }
    for (let i = 0; i < bits.length; i++) to[places[(from[i] >>> shift) & (digits - 1)]++] = from[i]
    ;[from, to] = [to, from]
  }
  for (let i = 0; i < bits.length; i++) bits[i] = from[i] ^ (from[i] >>> 31 ? 0x80000000 : 0xffffffff)
  return values
}

function meanOf(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? 0 : sum / values.length
}
