/** @file Examples that are augmented as they are read. */
import { CounterStreams } from '../base/counter-random.ts'
import { checkInteger } from '../base/errors.ts'
import { sizeOf } from '../base/tensor.ts'
import type { Augmentation } from './augment.ts'
import { type Examples, isRowSource, rowSource } from './dataset.ts'
import type { ReadRows, RowSource } from './row-source.ts'

/**
 * The examples, changed at random in every epoch: how depends on seed, epoch and row number alone, so that neither the order of
 * the batches nor a resumed run makes a difference, and a batch can be read again as it was.
 *
 * Augment values as they are in the data and standardise afterwards: then what comes in at an image's border is the data's own
 * 0 (black), noise is in grey values, and a moved pixel is measured by the mean of where it has come to.
 *
 * @throws RappelError 'usage' when the augmentation cannot change rows of this shape
 */
export function augmented(data: Examples, augmentation: Augmentation, seed: number): RowSource {
  checkInteger('seed', seed)
  const from = rowSource(data)
  const width = sizeOf(from.featureShape)
  const change = augmentation.on(from.featureShape)
  let streams: CounterStreams
  let drawn = -1
  const read: ReadRows = (rows, start, count, inputs, targets, epoch) => {
    from.read(rows, start, count, inputs, targets, epoch)
    if (epoch === undefined) return
    if (epoch !== drawn) streams = new CounterStreams(seed, `augment/epoch-${epoch}`)
    drawn = epoch
    for (let k = 0; k < count; k++) change(inputs, k * width, streams.at(rows[start + k]))
  }
  return { ...from, augmentation: [from.augmentation, augmentation.name].filter(Boolean).join(', '), read }
}

/** The examples as they are: for measuring. */
export function withoutAugmentation(data: Examples): Examples {
  if (!isRowSource(data) || data.augmentation === undefined) return data
  const read: ReadRows = (rows, start, count, inputs, targets) => data.read(rows, start, count, inputs, targets)
  return { ...data, augmentation: undefined, read }
}
