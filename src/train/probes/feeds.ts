/** @file A batch by the names that the graphs of a net have for it. */
import { type Tensor, tensor } from '../../base/tensor.ts'
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
