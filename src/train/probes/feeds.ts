/** @file A batch by the names that the graphs of a net have for it. */
import { sizeOf, type Tensor, tensor } from '../../base/tensor.ts'
import { inputName, type NetDescription, targetName } from '../graphs.ts'
import type { WatchedBatch } from './probe.ts'

/** @param random the layers' uniform random numbers; none where the net is measured */
export function batchFeeds(
  net: NetDescription,
  size: number,
  inputs: Float32Array,
  targets: Int32Array | Float32Array,
  random: WatchedBatch['random'] = {},
): Record<string, Tensor> {
  const shape = [size, ...net.targetShape]
  return {
    ...random,
    [inputName]: tensor('float32', [size, ...net.featureShape], inputs),
    [targetName]: targets instanceof Int32Array ? tensor('int32', shape, targets) : tensor('float32', shape, targets),
  }
}

/** The same of some rows of a batch. Random numbers are those of the same rows, where they are laid out by rows. */
export function rowFeeds(
  net: NetDescription,
  { size, inputs, targets, random }: WatchedBatch,
  { first = 0, rows }: { readonly first?: number; readonly rows: number },
): Record<string, Tensor> {
  const part = <T extends Float32Array | Int32Array>(values: T, width: number): T =>
    values.subarray(first * width, (first + rows) * width) as T
  const ofRows = ([name, { shape, data }]: [string, Tensor<'float32'>]) => {
    const [of, ...rest] = shape
    return [name, of === size ? tensor('float32', [rows, ...rest], part(data, sizeOf(rest))) : { shape, data }]
  }
  return batchFeeds(
    net,
    rows,
    part(inputs, sizeOf(net.featureShape)),
    part(targets, sizeOf(net.targetShape)),
    Object.fromEntries(Object.entries(random).map(ofRows)),
  )
}
