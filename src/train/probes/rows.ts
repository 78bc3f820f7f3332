/** @file The same rows of a part of the data at every measurement, in parts that a graph can take. */
import { sizeOf } from '../../base/tensor.ts'
import { withoutAugmentation } from '../../data/augmented.ts'
import { Batches } from '../../data/batches.ts'
import { type Examples, rowsOf } from '../../data/dataset.ts'
import type { NetDescription } from '../graphs.ts'

/** Some rows one after the other, valid until the next are read. */
export interface Rows {
  /** How many; the last may be fewer. */
  readonly size: number
  /** [size, ...features] */
  readonly inputs: Float32Array
  /** [size, ...] */
  readonly targets: Int32Array | Float32Array
}

export interface RowChoice {
  readonly net: NetDescription
  readonly seed: number
  /** How many, drawn once; or as many as there are. */
  readonly rows: number
  /** In one part. */
  readonly atOnce: number
}

/** Reads rows that were drawn by the seed, augmentation off. Whoever takes the first n of them gets the same n. */
export function* drawnRows(data: Examples, { net, seed, rows, atOnce }: RowChoice): Generator<Rows> {
  const wanted = Math.min(rows, rowsOf(data))
  const batchSize = Math.min(wanted, atOnce)
  const batches = batchesOf(data, batchSize, seed)
  const [width, outputs] = [sizeOf(net.featureShape), sizeOf(net.targetShape)]
  const inputs = new Float32Array(batchSize * width)
  const targets = new (data.task === 'classification' ? Int32Array : Float32Array)(batchSize * outputs)
  for (let done = 0, batch = 0; done < wanted; batch++) {
    // The order of epoch 0, whatever the epoch.
    const size = Math.min(batches.fill(0, batch, inputs, targets), wanted - done)
    yield { size, inputs: inputs.subarray(0, size * width), targets: targets.subarray(0, size * outputs) }
    done += size
  }
}

const inUse = new WeakMap<Examples, Map<string, Batches>>()

/** Kept, since drawing an order of all rows takes as long as a step. */
function batchesOf(data: Examples, batchSize: number, seed: number): Batches {
  const kept = inUse.get(data) ?? new Map<string, Batches>()
  inUse.set(data, kept)
  const key = `${batchSize} ${seed}`
  const made = kept.get(key) ?? new Batches(withoutAugmentation(data), { batchSize, seed })
  kept.set(key, made)
  return made
}
