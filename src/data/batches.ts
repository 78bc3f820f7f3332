/** @file Batches: which rows come when, and their copying into the arrays that the step reads. */
import { checkInteger, RappelError, usageError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { sizeOf } from '../base/tensor.ts'
import { type Examples, rowSource, rowsOf, targetShapeOf } from './dataset.ts'
import type { RowSource } from './row-source.ts'

export interface BatchOptions {
  /** Rows a batch; more than there are rows means one batch of all. */
  batchSize: number
  seed: number
  /** A new order in every epoch (default), or always the order of the data set. */
  shuffle?: boolean
  /** Leave out the last batch of an epoch when it is smaller than the others. Default false. */
  dropLast?: boolean
}

/**
 * Which rows make up each batch of each epoch. Knows numbers of rows, not data, so that data on disk can use it too. An epoch's
 * order comes from the seed and the epoch alone: a resumed run makes it again without the epochs before.
 */
export class BatchPlan {
  readonly rows: number
  readonly batchSize: number
  /** Batches an epoch. */
  readonly count: number
  readonly #seed: number
  readonly #shuffle: boolean
  #epoch = -1
  #order: Uint32Array

  /** @throws RappelError 'usage' when a number is out of range, or when `dropLast` would leave no batch */
  constructor(rows: number, { batchSize, seed, shuffle = true, dropLast = false }: BatchOptions) {
    this.rows = checkInteger('rows', rows, 1)
    this.#seed = checkInteger('seed', seed)
    this.#shuffle = shuffle
    checkInteger('batchSize', batchSize, 1)
    if (dropLast && batchSize > rows)
      throw usageError(
        `batchSize is ${batchSize}, there are ${rows} rows, and dropLast leaves out the only batch`,
        `choose a batchSize of at most ${rows}`,
      )
    this.batchSize = Math.min(batchSize, rows)
    this.count = dropLast ? Math.floor(rows / this.batchSize) : Math.ceil(rows / this.batchSize)
    this.#order = Uint32Array.from({ length: rows }, (_, i) => i)
  }

  /** Rows in a batch: `batchSize`, fewer in a last partial one. */
  sizeOf(batch: number): number {
    this.#check(batch)
    return Math.min(this.batchSize, this.rows - batch * this.batchSize)
  }

  /**
   * Every row number in the order of an epoch: batch b is the part from b·batchSize on. Valid until another epoch is asked
   * for; not to be changed.
   */
  order(epoch: number): Uint32Array {
    checkInteger('epoch', epoch)
    if (!this.#shuffle || epoch === this.#epoch) return this.#order
    this.#order = new RandomStream(this.#seed, `shuffle/epoch-${epoch}`).permutation(this.rows)
    this.#epoch = epoch
    return this.#order
  }

  /** @throws RappelError 'usage' unless the batches `first` to `first + count − 1` are in the epoch */
  #check(first: number, count = 1): void {
    checkInteger('batch', first)
    if (first + count > this.count)
      throw usageError(
        `batch is ${first + count - 1}, expected 0 to ${this.count - 1}: an epoch has ${this.count} batches`,
      )
  }

  /** Rows in `count` batches from `first` on. */
  rowsIn(first: number, count: number): number {
    checkInteger('count', count, 1)
    this.#check(first, count)
    return Math.min(count * this.batchSize, this.rows - first * this.batchSize)
  }
}

/** The batches of a data set, read into arrays that the caller keeps: nothing grows from step to step. */
export class Batches {
  readonly data: Examples
  readonly plan: BatchPlan
  readonly #source: RowSource
  /** Values in one row. */
  readonly #width: { readonly inputs: number; readonly targets: number }

  constructor(data: Examples, options: BatchOptions) {
    this.data = data
    this.#source = rowSource(data)
    this.#width = { inputs: sizeOf(this.#source.featureShape), targets: sizeOf(targetShapeOf(data)) }
    this.plan = new BatchPlan(rowsOf(data), options)
  }

  /**
   * Copies one batch to the start of the arrays, which may be longer (a partial batch leaves the rest as it was).
   *
   * @param inputs room for [batchSize, ...featureShape]
   * @param targets room for [batchSize] labels (Int32Array), or [batchSize, outputs] numbers (Float32Array)
   * @returns the number of rows copied
   * @throws RappelError 'usage' when there is no such batch; 'shape' when an array is too short or of the wrong kind; 'data'
   *   when the rows cannot be read
   */
  fill(epoch: number, batch: number, inputs: Float32Array, targets: Int32Array | Float32Array): number {
    return this.fillMany(epoch, batch, 1, inputs, targets)
  }

  /**
   * Copies consecutive batches of one epoch, one after the other: [count, batchSize, ...featureShape]. The last of them may be
   * the epoch's partial one; then the arrays' end stays as it was and the returned number of rows is smaller.
   */
  fillMany(
    epoch: number,
    first: number,
    count: number,
    inputs: Float32Array,
    targets: Int32Array | Float32Array,
  ): number {
    const { data, plan } = this
    const width = this.#width
    const rows = plan.rowsIn(first, count)
    const order = plan.order(epoch)
    const start = first * plan.batchSize
    checkRoom('inputs', inputs, Float32Array, rows, width.inputs)
    checkRoom('targets', targets, data.task === 'regression' ? Float32Array : Int32Array, rows, width.targets)
    this.#source.read(order, start, rows, inputs, targets, epoch)
    return rows
  }
}

function checkRoom(
  what: string,
  to: Int32Array | Float32Array,
  kind: typeof Int32Array | typeof Float32Array,
  rows: number,
  width: number,
): void {
  const needed = rows * width
  if (to?.constructor === kind && to.length >= needed) return
  const got = ArrayBuffer.isView(to) ? `${to.constructor.name} of ${to.length}` : String(to)
  throw new RappelError(
    'shape',
    `the array for ${what} is ${got}, expected ${kind.name} of ${needed} or more`,
    `${rows} rows of ${width} values go into it`,
  )
}
