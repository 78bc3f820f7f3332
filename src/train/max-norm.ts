/** @file Max-norm after an update, in both forms of a step: as nodes of a graph, and in place in the memory of the state. */
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import type { NormLimit } from '../nn/constraint.ts'
import { rule } from '../optim/rule.ts'
import { compileUpdate } from '../optim/wasm.ts'

/**
 * Weights with no unit above its greatest norm. Units that are below are multiplied by 1.
 *
 * @param weights [number of weights] in row-major order
 */
export function clampNodes(weights: Value, { most, groups, outer, units, inner }: NormLimit): Value {
  const byUnit = op.reshape(weights, [groups, outer, units, inner])
  const norm = op.sqrt(op.reduceSum(op.square(byUnit), { axes: [1, 3], keepDims: true }))
  // norm − norm is 0; where the squares overflow it is NaN, so that a run that diverges is not taken for one that was clamped.
  const scale = op.add(op.div(most, op.maximum(norm, most)), op.sub(norm, norm))
  return op.reshape(op.mul(byUnit, scale), weights.shape)
}

// The two passes over the weights, g the weights in one and the scales in the other, by the generator of the update loops.
const addSquares = rule({
  name: 'addSquares',
  hyper: {},
  state: {},
  update: (o, { x, g }) => ({ x: o.add(x, o.mul(g, g)) }),
})
const scaleBy = rule({ name: 'scaleBy', hyper: {}, state: {}, update: (o, { x, g }) => ({ x: o.mul(x, g) }) })

/** Squares are summed in a row of about so many numbers: with the weights that go over it, it stays in the first cache. */
const rowLength = 4096

/**
 * The same in place. Two vectorised passes over the weights; the second only where a unit is above its norm. The scale comes
 * from a sum of squares in another order than a graph's, so it may differ in the last bits.
 *
 * @param weights in the memory, like `scratch`
 * @param scratch as long as the weights; what it holds is lost
 * @returns what is to be called after each update
 */
export function compileClamp(
  memory: WebAssembly.Memory,
  weights: Float32Array,
  scratch: Float32Array,
  { most, groups, outer, units, inner }: NormLimit,
): () => void {
  const lengthOfOne = units * inner
  const together = Math.max(1, Math.min(outer, Math.floor(rowLength / lengthOfOne)))
  const row = scratch.subarray(0, together * lengthOfOne)
  const norms = new Float64Array(units)
  const passes = Array.from({ length: groups }, (_, group) => {
    const size = outer * lengthOfOne
    const chunks: { part: Float32Array; of: Float32Array }[] = []
    for (let at = 0; at < size; at += row.length) {
      const part = weights.subarray(group * size + at, group * size + Math.min(size, at + row.length))
      chunks.push({ part, of: row.subarray(0, part.length) })
    }
    return {
      sum: compileUpdate(addSquares, memory).over(chunks.map(({ part, of }) => ({ x: of, g: part }))),
      scale: compileUpdate(scaleBy, memory).over(chunks.map(({ part, of }) => ({ x: part, g: of }))),
    }
  })
  return () => {
    for (const { sum, scale } of passes) {
      row.fill(0)
      sum([])
      if (toScales(row, norms, inner, most)) scale([])
    }
  }
}

/**
 * From sums of squares to scales, in place: the row holds the same units again and again, each `inner` times.
 *
 * @returns whether any is above the norm
 */
function toScales(row: Float32Array, norms: Float64Array, inner: number, most: number): boolean {
  const units = norms.length
  norms.fill(0)
  for (let at = 0; at < row.length; )
    for (let unit = 0; unit < units; unit++) for (let i = 0; i < inner; i++) norms[unit] += row[at++]
  let above = false
  for (let unit = 0; unit < units; unit++) {
    const norm = Math.sqrt(norms[unit])
    if (norm > most) above = true
    norms[unit] = norm > most ? (norm < Number.POSITIVE_INFINITY ? most / norm : Number.NaN) : 1
  }
  if (!above) return false
  for (let at = 0; at < row.length; )
    for (let unit = 0; unit < units; unit++) for (let i = 0; i < inner; i++) row[at++] = norms[unit]
  return true
}
