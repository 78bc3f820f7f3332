/** @file Layers that normalise: by the batch, by the example, by groups of channels. */
import { checkInteger, checkOptions, checkRange, RappelError, suggestion, usageError } from '../base/errors.ts'
import { type Shape, sizeOf, tensor, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { constant, zeros } from './init.ts'
import type { Layer, LayerContext } from './model.ts'

export interface NormOptions {
  /** Name of the layer, and prefix of its parameters; default: the kind and a number, 'batchNorm1'. */
  readonly name?: string
  /** Added to the variance before its root is taken; above 0, default 1e-5; rounded to float32. */
  readonly epsilon?: number
}

export interface BatchNormOptions extends NormOptions {
  /**
   * How fast the running values move, in [0, 1]. 'pytorch': the weight of the new value, default 0.1; 'onnx': the weight of the
   * old one, default 0.9.
   */
  readonly momentum?: number
  /** Whose definition of the running values; default 'pytorch'. */
  readonly dialect?: 'pytorch' | 'onnx'
}

const dialects = ['pytorch', 'onnx'] as const

/**
 * Batch normalisation: each channel less its mean, over its deviation, times `scale`, plus `shift`. In training the statistics
 * are those of the batch, and running values follow them; otherwise it uses the running ones. Ioffe and Szegedy 2015,
 * algorithms 1 and 2.
 *
 * Takes and gives [batch, features] or [batch, channels, …]. Parameters: `scale` (ones) and `shift` (zeros), which penalties leave
 * out; buffers: the running `mean` (zeros) and `variance` (ones); all [channels].
 *
 * @param options.dialect whose running values: 'pytorch' takes the unbiased variance, divided by n − 1, and its momentum is
 *   the weight of the new value (torch.nn.BatchNorm2d); 'onnx' takes the population's, divided by n, and its momentum is the
 *   weight of the old one (ONNX BatchNormalization; Keras). The output in training is the same in both
 * @throws RappelError 'shape', when it is built, without a channel dimension or in training with one value a channel
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  checkOptions('batchNorm', options, ['name', 'epsilon', 'momentum', 'dialect'])
  const { dialect = 'pytorch' } = options
  if (!dialects.includes(dialect))
    throw usageError(`batchNorm: dialect is ${JSON.stringify(dialect)}`, suggestion(String(dialect), dialects))
  const momentum = checkRange('momentum', options.momentum ?? (dialect === 'onnx' ? 0.9 : 0.1), { min: 0, max: 1 })
  const epsilon = checkEpsilon(options)
  return {
    kind: 'batchNorm',
    name: options.name,
    options: { momentum, epsilon, dialect },
    build(x, context) {
      const channels = channelsOf('batchNorm', x)
      const { scale, shift } = scaleAndShift(context, [channels])
      const mean = context.buffer('mean', [channels], 0)
      const variance = context.buffer('variance', [channels], 1)
      if (!context.training) return op.batchNormalization(x, scale, shift, mean, variance, { epsilon })
      const count = sizeOf(x.shape) / channels
      if (count < 2)
        throw new RappelError(
          'shape',
          `batchNorm trains on ${typeText(x)}: one value a channel has no variance`,
          'train on batches of at least 2 examples',
        )
      // With momentum 0 what comes out are the batch's own statistics.
      const ofBatch = { epsilon, momentum: 0 }
      const [y, newMean, population] = op.batchNormalizationTraining(x, scale, shift, mean, variance, ofBatch)
      const newVariance = dialect === 'onnx' ? population : op.div(op.mul(population, count), count - 1)
      const weight = dialect === 'onnx' ? 1 - momentum : momentum
      const follow = (old: Value, now: Value) => op.add(old, op.mul(op.sub(now, old), weight))
      context.setBuffer(mean, follow(mean, newMean))
      context.setBuffer(variance, follow(variance, newVariance))
      return y
    },
  }
}

/**
 * Layer normalisation: each example less its mean, over its deviation, times `scale`, plus `shift`. The same in training and
 * otherwise. Ba, Kiros and Hinton 2016.
 *
 * Parameters: `scale` (ones) and `shift` (zeros), which penalties leave out, of the shape that is normalised.
 *
 * @param options.axes how many of the last dimensions are normalised together; default: all but the first. For [batch, time,
 *   features] with the statistics of each time: 1 (torch.nn.LayerNorm(features))
 */
export function layerNorm(options: NormOptions & { readonly axes?: number } = {}): Layer {
  checkOptions('layerNorm', options, ['name', 'epsilon', 'axes'])
  if (options.axes !== undefined) checkInteger('axes', options.axes, 1)
  const epsilon = checkEpsilon(options)
  return {
    kind: 'layerNorm',
    name: options.name,
    options: { epsilon, ...(options.axes !== undefined && { axes: options.axes }) },
    build(x, context) {
      const most = x.shape.length - 1
      const { axes = most } = options
      if (axes > most || most < 1)
        throw new RappelError(
          'shape',
          `layerNorm over ${axes} dimensions got ${typeText(x)}, expected [batch, …] with as many behind the first`,
        )
      const { scale, shift } = scaleAndShift(context, x.shape.slice(-axes))
      return op.layerNormalization(x, scale, shift, { axis: -axes, epsilon })
    },
  }
}

/**
 * Group normalisation: the channels are cut into groups, and each example's group is normalised on its own; then each channel
 * is multiplied by `scale`, and `shift` added. The same in training and otherwise. Wu and He 2018.
 *
 * Takes and gives [batch, channels, …]. Parameters: `scale` (ones) and `shift` (zeros) [channels], which penalties leave out.
 *
 * @param groups divides the channels; 1 normalises all together, as many as there are channels each on its own (instance
 *   normalisation)
 */
export function groupNorm(groups: number, options: NormOptions = {}): Layer {
  checkInteger('groups', groups, 1)
  checkOptions('groupNorm', options, ['name', 'epsilon'])
  const epsilon = checkEpsilon(options)
  return {
    kind: 'groupNorm',
    name: options.name,
    options: { groups, epsilon },
    build(x, context) {
      const channels = channelsOf('groupNorm', x)
      if (channels % groups !== 0)
        throw new RappelError(
          'shape',
          `groupNorm(${groups}) got ${typeText(x)}: ${groups} does not divide ${channels} channels`,
        )
      const { scale, shift } = scaleAndShift(context, [channels])
      const each = (value: number) =>
        context.builder.constant(tensor(x.dtype, [groups], new Array<number>(groups).fill(value)))
      const standard = op.groupNormalization(x, each(1), each(0), groups, { epsilon })
      const along = (value: Value) => op.reshape(value, [channels, ...x.shape.slice(2).map(() => 1)])
      return op.add(op.mul(standard, along(scale)), along(shift))
    },
  }
}

const checkEpsilon = ({ epsilon = 1e-5 }: NormOptions) => checkRange('epsilon', epsilon, { min: 0, open: 'min' })

function channelsOf(layer: string, x: Value): number {
  if (x.shape.length >= 2) return x.shape[1]
  throw new RappelError('shape', `${layer} takes [batch, channels, …], got ${typeText(x)}`)
}

function scaleAndShift(context: LayerContext, shape: Shape): { scale: Value; shift: Value } {
  const common = { fans: { fanIn: 1, fanOut: 1 }, penalised: false }
  return {
    scale: context.parameter('scale', shape, { ...common, init: constant(1) }),
    shift: context.parameter('shift', shape, { ...common, init: zeros() }),
  }
}
