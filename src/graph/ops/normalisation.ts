/** @file Normalisation by the statistics of a batch, of a layer's units, of groups of channels. */
import { RappelError } from '../../base/errors.ts'
import { type Shape, sameShape, sizeOf, tensor, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  Attributes,
  BatchedInput,
  BatchRule,
  GradientRule,
  LoweringRule,
  Node,
  NormalisationKind,
  OpDefinition,
  ShapeRule,
  Value,
} from '../types.ts'
import { axisIndex, required, requireFloat, requireSameDtype } from './shapes.ts'
import { coefficients, inverseDeviation, over, type Standard, standardise, sumAlong } from './standardise.ts'

type Inputs = readonly (Value | undefined)[]

/** What the attributes say, as float32 holds it. */
function options({ attributes }: { readonly attributes: Attributes }) {
  return {
    epsilon: (attributes.epsilon as number | undefined) ?? Math.fround(1e-5),
    momentum: (attributes.momentum as number | undefined) ?? Math.fround(0.9),
    training: attributes.training_mode === 1,
  }
}

/** An input that holds one number for each of something. */
function requireLength(value: Value, x: Value, length: number, what: string): void {
  requireSameDtype(x, value)
  if (!sameShape(value.shape, [length]))
    throw new RappelError(
      'shape',
      `${value.name} is ${typeText(value)}, expected [${length}], one number for each ${what}`,
    )
}

/** Sums what may be missing. */
function plus(a: Value | undefined, b: Value | undefined): Value | undefined {
  return a && b ? op.add(a, b) : (a ?? b)
}

/** Results of a rule with the shapes of the batched node's outputs; those that depend on nothing batched are repeated. */
function batchedResults(node: Node, results: readonly Value[], size: number): readonly Value[] {
  return results.map((result, i) => {
    const { shape } = node.outputs[i]
    const full = [size, ...shape]
    return sizeOf(result.shape) === sizeOf(full)
      ? op.reshape(result, full)
      : op.expand(op.reshape(result, [1, ...shape]), full)
  })
}

const leadOf = (input: BatchedInput | undefined) => (input?.batched ? 1 : 0)
const valuesOf = (inputs: readonly (BatchedInput | undefined)[]) => inputs.map((input) => input?.value)

// ---- BatchNormalization

/** A shape of the same elements in which what is measured lies along whole axes. */
interface View {
  readonly shape: Shape
  /** The axes that the statistics are over, from the last to the first. */
  readonly axes: readonly number[]
  /** One number for each channel or group, […, channels], in the shape that meets `shape`. */
  readonly along: (each: Value) => Value
}

/** [batch, channels, places], or [batch, channels] where a channel has one place; `lead` dimensions stand in front. */
function channelView(x: Value, lead = 0): View {
  const [batch, channels = 1, ...rest] = x.shape.slice(lead)
  const places = sizeOf(rest)
  const shape = [...x.shape.slice(0, lead), batch, channels, ...(places === 1 ? [] : [places])]
  const after = places === 1 ? [] : [1]
  return {
    shape,
    axes: places === 1 ? [lead] : [lead + 2, lead],
    along: (v) => op.reshape(v, [...v.shape.slice(0, -1), 1, channels, ...after]),
  }
}

const batchShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if (x.shape.length === 0) throw new RappelError('shape', `${x.name} is a scalar, expected [batch, channels, …]`)
  const channels = x.shape[1] ?? 1
  for (let i = 1; i < 5; i++) requireLength(required(inputs, i), x, channels, 'channel')
  const y = { dtype: x.dtype, shape: x.shape }
  const running = { dtype: x.dtype, shape: [channels] }
  return attributes.training_mode === 1 ? [y, running, running] : [y]
}

const fiveOf = (inputs: Inputs) => [0, 1, 2, 3, 4].map((i) => required(inputs, i))

/** Both modes, made of others. @param lead dimensions of x in front of the batch, which the other inputs may have too */
function batchFormula(node: Node, inputs: Inputs, lead = 0): readonly Value[] {
  const [x, scale, bias, mean, variance] = fiveOf(inputs)
  const { epsilon, training } = options(node)
  const { shape, axes, along } = channelView(x, lead)
  const view = op.reshape(x, shape)
  if (!training) {
    const factor = op.mul(along(scale), inverseDeviation(along(variance), epsilon))
    return [op.add(op.mul(op.sub(view, along(mean)), factor), along(bias))]
  }
  const standard = standardise(view, axes, epsilon)
  const y = op.add(op.mul(standard.centred, op.mul(along(scale), standard.inverse)), along(bias))
  return [y, ...runningValues(node, standard, mean, variance)]
}

/** running·momentum + batch·(1 − momentum), written so that no 1 − momentum is rounded. */
function runningValues(node: Node, standard: Standard, mean: Value, variance: Value): readonly Value[] {
  const { momentum } = options(node)
  return [mean, variance].map((old, i) => {
    const now = [standard.mean, standard.variance][i]
    const perChannel = op.reshape(now, [...now.shape.slice(0, standard.axes.at(-1)), ...node.outputs[1].shape])
    return momentum === 0 ? perChannel : op.add(perChannel, op.mul(op.sub(old, perChannel), momentum))
  })
}

const likeOutputs = (node: Node, results: readonly Value[]) =>
  results.map((result, i) => op.reshape(result, node.outputs[i].shape))

/**
 * Training mode as the gradient needs it too: mean and centred values are nodes that both share. The last pass over an image is
 * the runtime's own inference kernel on the centred values: 0.3 ms for 64×20×576 where Mul and Add take 0.4.
 */
function lowerBatch(node: Node, inputs: Inputs): readonly Value[] | undefined {
  const { epsilon, training } = options(node)
  if (!training) return undefined
  const [x, scale, bias, mean, variance] = fiveOf(inputs)
  const { shape, axes } = channelView(x)
  if (shape.length === 2) return likeOutputs(node, batchFormula(node, inputs))
  const standard = standardise(op.reshape(x, shape), axes, epsilon)
  const zeros = x.builder.constant(tensor(x.dtype, scale.shape))
  const of = op.reshape(standard.variance, scale.shape)
  const y = op.batchNormalization(standard.centred, scale, bias, zeros, of, { epsilon })
  return likeOutputs(node, [y, ...runningValues(node, standard, mean, variance)])
}

const trainingGradient: GradientRule = (node, [dy, dMean, dVariance]) => {
  const [x, scale, bias] = fiveOf(node.inputs)
  const { epsilon, momentum } = options(node)
  const view = channelView(x)
  const standard = standardise(op.reshape(x, view.shape), view.axes, epsilon)
  // What flows into the batch's own statistics: 1/n of it to each element, and 2(x − mean)/n.
  const into = (d: Value | undefined, factor: number) =>
    d && op.div(op.mul(view.along(op.sub(d, op.mul(d, momentum))), factor), standard.count)
  const main = dy && throughStandard(standard, op.reshape(dy, view.shape), view, scale)
  const slope = plus(main?.slope, into(dVariance, 2))
  const shift = plus(main?.shift, into(dMean, 1))
  const dx = plus(plus(main?.scaled, slope && op.mul(standard.centred, slope)), shift)
  const old = (d: Value | undefined) => d && op.mul(d, momentum)
  return [
    dx && op.reshape(op.expand(dx, view.shape), x.shape),
    main && op.reshape(op.mul(main.product, standard.inverse), scale.shape),
    main && op.reshape(main.sum, bias.shape),
    old(dMean),
    old(dVariance),
  ]
}

/** The parts of dx = dy·factor + (x − mean)·slope + shift that come from dy, and the sums that they are made of. */
function throughStandard(standard: Standard, dy: Value, { axes, along }: View, scale: Value) {
  const factor = op.mul(along(scale), standard.inverse)
  const sum = over(sumAlong, dy, axes)
  const product = over(sumAlong, op.mul(dy, standard.centred), axes)
  return { scaled: op.mul(dy, factor), sum, product, ...coefficients(standard, factor, sum, product) }
}

const inferenceGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [x, scale, bias, mean, variance] = fiveOf(node.inputs)
  const { shape, axes, along } = channelView(x)
  const [view, g] = [op.reshape(x, shape), op.reshape(dy, shape)]
  const perChannel = (v: Value) => op.reshape(over(sumAlong, v, axes), bias.shape)
  const sum = perChannel(g)
  const product = perChannel(op.mul(g, op.sub(view, along(mean))))
  const inverse = inverseDeviation(variance, options(node).epsilon)
  const factor = op.mul(scale, inverse)
  const dVariance = op.mul(op.mul(op.mul(factor, op.square(inverse)), product), -0.5)
  const dx = op.reshape(op.mul(g, along(factor)), x.shape)
  return [dx, op.mul(product, inverse), sum, op.neg(op.mul(factor, sum)), dVariance]
}

const batchBatch: BatchRule = (node, inputs, size) =>
  batchedResults(node, batchFormula(node, valuesOf(inputs), leadOf(inputs[0])), size)

// ---- GroupNormalization

/** [batch, groups, the rest]; `lead` dimensions stand in front. */
function groupView(x: Value, groups: number, lead = 0): View {
  const batch = x.shape.slice(0, lead + 1)
  return {
    shape: [...batch, groups, sizeOf(x.shape) / sizeOf(batch) / groups],
    axes: [lead + 2],
    along: (v) => op.reshape(v, [...v.shape.slice(0, -1), 1, groups, 1]),
  }
}

const groupsOf = ({ attributes }: Node) => attributes.num_groups as number

const groupShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if (x.shape.length < 2) throw new RappelError('shape', `${x.name} is ${typeText(x)}, expected [batch, channels, …]`)
  const groups = attributes.num_groups as number | undefined
  if (groups === undefined || !Number.isInteger(groups) || groups < 1 || x.shape[1] % groups !== 0)
    throw new RappelError('shape', `num_groups is ${groups}, expected a divisor of the ${x.shape[1]} channels`)
  for (const i of [1, 2]) requireLength(required(inputs, i), x, groups, 'group')
  return [{ dtype: x.dtype, shape: x.shape }]
}

function groupFormula(node: Node, inputs: Inputs, lead = 0): Value {
  const [x, scale, bias] = [0, 1, 2].map((i) => required(inputs, i))
  const { shape, axes, along } = groupView(x, groupsOf(node), lead)
  const { centred, inverse } = standardise(op.reshape(x, shape), axes, options(node).epsilon)
  const scaled = op.mul(centred, op.mul(along(scale), inverse))
  // Where scale and bias are the channels', the groups' bias is a constant 0: a pass over everything that does nothing.
  return bias.constant?.data.every((value: number | bigint) => value === 0) ? scaled : op.add(scaled, along(bias))
}

const lowerGroup: LoweringRule = (node, inputs) => likeOutputs(node, [groupFormula(node, inputs)])

const groupGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [x, scale] = [0, 1].map((i) => required(node.inputs, i))
  const view = groupView(x, groupsOf(node))
  const standard = standardise(op.reshape(x, view.shape), view.axes, options(node).epsilon)
  const { scaled, slope, shift, sum, product } = throughStandard(standard, op.reshape(dy, view.shape), view, scale)
  const dx = op.add(op.add(scaled, op.mul(standard.centred, slope)), shift)
  const overBatch = (v: Value) => op.reduceSum(op.reshape(v, view.shape.slice(0, 2)), { axes: [0] })
  return [op.reshape(dx, x.shape), overBatch(op.mul(product, standard.inverse)), overBatch(sum)]
}

const groupBatch: BatchRule = (node, inputs, size) =>
  batchedResults(node, [groupFormula(node, valuesOf(inputs), leadOf(inputs[0]))], size)

// ---- LayerNormalization

const layerAxis = ({ attributes }: { readonly attributes: Attributes }, rank: number) =>
  axisIndex((attributes.axis as number | undefined) ?? -1, rank)

const layerShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if (attributes.stash_type !== undefined && attributes.stash_type !== 1)
    throw new RappelError('op', `stash_type is ${attributes.stash_type}, expected 1`)
  const normalised = x.shape.slice(layerAxis({ attributes }, x.shape.length))
  for (const value of [required(inputs, 1), inputs[2]]) {
    if (value === undefined) continue
    requireSameDtype(x, value)
    if (!sameShape(value.shape, normalised))
      throw new RappelError(
        'shape',
        `${value.name} is ${typeText(value)}, expected [${normalised}], the normalised shape`,
      )
  }
  return [{ dtype: x.dtype, shape: x.shape }]
}

const layerGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [x, scale] = [0, 1].map((i) => required(node.inputs, i))
  const [units, bias] = [sizeOf(scale.shape), node.inputs[2]]
  const shape = [sizeOf(x.shape) / units, units]
  const standard = standardise(op.reshape(x, shape), [1], options(node).epsilon)
  const { centred, inverse } = standard
  const view = op.reshape(dy, shape)
  const products = op.mul(view, centred)
  const column = op.reshape(scale, [units, 1])
  const { slope, shift } = coefficients(standard, inverse, op.matMul(view, column), op.matMul(products, column))
  const scaled = op.mul(op.mul(view, op.reshape(scale, [units])), inverse)
  const dx = op.add(op.add(scaled, op.mul(centred, slope)), shift)
  const dScale = op.gemm(inverse, products, undefined, { transA: true })
  const dBias = bias && op.reshape(op.reduceSum(view, { axes: [0] }), bias.shape)
  return [op.reshape(dx, x.shape), op.reshape(dScale, scale.shape), dBias]
}

/** Statistics do not mix examples: the operator itself, but where each has a scale or a bias of its own these come after it. */
const layerBatch: BatchRule = (node, inputs, size) => {
  const [x, scale, bias] = [inputs[0] as BatchedInput, inputs[1] as BatchedInput, inputs[2]]
  const rank = required(node.inputs, 0).shape.length
  const axis = layerAxis(node, rank) - rank
  const ownScale = scale.batched
  const ownBias = bias !== undefined && (ownScale || bias.batched)
  const unit = () => x.value.builder.constant(filled(node, scale.value.shape.slice(1), 1))
  const y = op.layerNormalization(x.value, ownScale ? unit() : scale.value, ownBias ? undefined : bias?.value, {
    axis,
    epsilon: options(node).epsilon,
  })
  const along = ({ value, batched }: BatchedInput) =>
    batched ? op.reshape(value, [size, ...new Array<number>(rank + axis).fill(1), ...value.shape.slice(1)]) : value
  const scaled = ownScale ? op.mul(y, along(scale)) : y
  return batchedResults(node, [ownBias && bias ? op.add(scaled, along(bias)) : scaled], size)
}

const filled = (node: Node, shape: Shape, value: number) => {
  const { dtype } = required(node.inputs, 0)
  return tensor(dtype, shape, new Array<number>(sizeOf(shape)).fill(value))
}

export const normalisation: Record<NormalisationKind, OpDefinition> = {
  BatchNormalization: {
    inputs: [5, 5],
    attributes: { epsilon: 'float', momentum: 'float', training_mode: 'int' },
    shape: batchShape,
    gradient: (node, dys) => (options(node).training ? trainingGradient(node, dys) : inferenceGradient(node, dys)),
    batch: batchBatch,
    kink: 'smooth',
    // The kernel takes mean·scale/deviation from x·scale/deviation, which cancel: with a mean of 1000, 4e-14 are left of 1e-16.
    float64: (node, inputs) => likeOutputs(node, batchFormula(node, inputs)),
    lower: lowerBatch,
  },
  LayerNormalization: {
    inputs: [2, 3],
    attributes: { axis: 'int', epsilon: 'float', stash_type: 'int' },
    shape: layerShape,
    gradient: layerGradient,
    batch: layerBatch,
    kink: 'smooth',
    float64: 'kernel',
  },
  GroupNormalization: {
    inputs: [3, 3],
    attributes: { epsilon: 'float', num_groups: 'int' },
    shape: groupShape,
    gradient: groupGradient,
    batch: groupBatch,
    kink: 'smooth',
    // The runtime's variance is mean(x²) − mean(x)²: in float32, 4% off at a mean of 1000 and a deviation of 1.
    float64: lowerGroup,
    lower: lowerGroup,
  },
}
