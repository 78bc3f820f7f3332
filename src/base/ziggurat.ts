/**
 * @file Normal numbers by the ziggurat of Marsaglia and Tsang 2000, in the form of Doornik 2005 ('ZIGNOR', 128 boxes). Where one
 * is needed for every value of a batch: 99 of 100 cost a draw and a product, where Box and Muller need a logarithm and a sine.
 */

/** Gives 32 random bits as an integer. */
interface Bits {
  next(): number
}

/** Where the tail begins, and the area of each box (Doornik 2005, fig. 2). */
const [boxes, tail, area] = [128, 3.442619855899, 9.91256303526217e-3]

const density = (x: number) => Math.exp(-0.5 * x * x)

/** Right ends of the boxes from the lowest up, which is as wide as it would be if its tail were part of it. */
const ends = Float64Array.of(area / density(tail), tail, ...new Array<number>(boxes - 1).fill(0))
for (let i = 2; i < boxes; i++) ends[i] = Math.sqrt(-2 * Math.log(area / ends[i - 1] + density(ends[i - 1])))
/** The share of each box that lies under the curve all through. */
const inner = ends.slice(0, boxes).map((end, i) => ends[i + 1] / end)

/** A standard normal number. */
export function zigguratNormal(bits: Bits): number {
  for (;;) {
    const drawn = bits.next()
    // The box comes from other bits than the place in it: Doornik 2005, part 3.
    const box = drawn & (boxes - 1)
    const place = (drawn >> 8) * 2 ** -23
    if (Math.abs(place) < inner[box]) return place * ends[box]
    if (box === 0) return place < 0 ? -tailNumber(bits) : tailNumber(bits)
    const x = place * ends[box]
    const [low, high] = [density(ends[box]), density(ends[box + 1])]
    if (low + uniform(bits) * (high - low) < density(x)) return x
  }
}

/** A number from the tail (Marsaglia 1964). */
function tailNumber(bits: Bits): number {
  for (;;) {
    const x = -Math.log(uniform(bits)) / tail
    const y = -Math.log(uniform(bits))
    if (2 * y >= x * x) return tail + x
  }
}

/** In (0, 1]. */
function uniform(bits: Bits): number {
  return ((bits.next() >>> 0) + 1) * 2 ** -32
}
