/** @file The functions of normalisation, part of `op`. */
import type { Value } from './types.ts'

/** Added to the variance before its root is taken; default 1e-5. Rounded to float32. */
export interface EpsilonOptions {
  readonly epsilon?: number
}

const usualEpsilon = 1e-5

/**
 * (x − mean) / √(variance + epsilon) · scale + bias in each channel, with statistics that are given: how batch normalisation
 * acts once it is trained. ONNX BatchNormalization-15; Ioffe and Szegedy 2015, algorithm 2.
 *
 * @param x [batch, channels, …]; the other inputs are [channels]
 */
export const batchNormalization = (
  x: Value,
  scale: Value,
  bias: Value,
  mean: Value,
  variance: Value,
  options: EpsilonOptions = {},
): Value =>
  x.builder.node('BatchNormalization', [x, scale, bias, mean, variance], {
    epsilon: options.epsilon ?? usualEpsilon,
  })[0]

/**
 * The same with the mean and the variance of the batch, each over all of a channel: how batch normalisation acts while it is
 * trained. ONNX BatchNormalization-15 with `training_mode`; Ioffe and Szegedy 2015, algorithm 1.
 *
 * @param mean and `variance` [channels]: the running values before this step
 * @param options.momentum weight of the old running values, default 0.9: running·momentum + batch·(1 − momentum). The
 *   variance is the population's, divided by n. With 0 the batch's own statistics come out. Rounded to float32
 * @returns y, the running mean, the running variance
 */
export function batchNormalizationTraining(
  x: Value,
  scale: Value,
  bias: Value,
  mean: Value,
  variance: Value,
  options: EpsilonOptions & { readonly momentum?: number } = {},
): readonly [y: Value, runningMean: Value, runningVariance: Value] {
  const attributes = { epsilon: options.epsilon ?? usualEpsilon, momentum: options.momentum ?? 0.9, training_mode: 1 }
  const [y, runningMean, runningVariance] = x.builder.node(
    'BatchNormalization',
    [x, scale, bias, mean, variance],
    attributes,
  )
  return [y, runningMean, runningVariance]
}

/**
 * (x − mean) / √(variance + epsilon) · scale + bias with the statistics of each example over the dimensions from `axis` on.
 * ONNX LayerNormalization-17; Ba, Kiros and Hinton 2016.
 *
 * @param scale and `bias`, which may be left out, have the shape of the dimensions from `axis` on
 * @param options.axis default −1: the last dimension alone
 */
export function layerNormalization(
  x: Value,
  scale: Value,
  bias?: Value,
  options: EpsilonOptions & { readonly axis?: number } = {},
): Value {
  const attributes = { axis: options.axis ?? -1, epsilon: options.epsilon ?? usualEpsilon }
  return x.builder.node('LayerNormalization', bias === undefined ? [x, scale] : [x, scale, bias], attributes)[0]
}

/**
 * (x − mean) / √(variance + epsilon) · scale + bias with the statistics of each example's group of channels. ONNX
 * GroupNormalization-18, in which scale and bias belong to the groups; Wu and He 2018.
 *
 * @param x [batch, channels, …]
 * @param scale and `bias` [groups]
 * @param groups divides the number of channels; 1 normalises whole examples, as many as there are channels each on its own
 */
export const groupNormalization = (
  x: Value,
  scale: Value,
  bias: Value,
  groups: number,
  options: EpsilonOptions = {},
): Value =>
  x.builder.node('GroupNormalization', [x, scale, bias], {
    epsilon: options.epsilon ?? usualEpsilon,
    num_groups: groups,
  })[0]
