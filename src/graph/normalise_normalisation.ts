/** @file Normalisations in files of other opsets and exporters, said with ours. */
import type { ForeignNode } from './foreign.ts'
import type { Value } from './types.ts'

type Given = readonly Value[] | undefined

const isUsed = (name: string | undefined) => (name ?? '') !== ''

/** Ours always has its running values: those that are left out get names. Before opset 14, outputs beyond y meant training. */
function batchNormalization(foreign: ForeignNode): Given {
  const { outputs } = foreign.node
  const training = foreign.int('training_mode', 0) === 1
  if (!training && outputs.slice(1).some(isUsed))
    throw foreign.error(
      'gives statistics outside of training mode',
      'export the model in evaluation mode: model.eval()',
    )
  const count = training ? 3 : 1
  if (outputs.length === count) return undefined
  const attributes = foreign.attributesOf('BatchNormalization')
  const values = foreign.give('BatchNormalization', foreign.inputs, attributes, count)
  // Outputs without a name take no value, but are counted.
  return [...values, ...outputs.slice(values.length).map(() => values[0])]
}

/** Mean and inverse deviation are made apart where they are asked for; scale and bias may broadcast to the normalised shape. */
function layerNormalization(foreign: ForeignNode): Given {
  const x = foreign.input(0)
  const axis = foreign.axis(foreign.int('axis', -1), x.shape.length)
  const normalised = x.shape.slice(axis)
  const whole = (value: Value | undefined) => value && expanded(foreign, value, normalised)
  const inputs = [x, whole(foreign.input(1)), whole(foreign.inputs[2])]
  const { outputs } = foreign.node
  if (outputs.length === 1 && inputs.every((value, i) => value === foreign.inputs[i])) return undefined
  const attributes = foreign.attributesOf('LayerNormalization')
  const [y] = foreign.give('LayerNormalization', inputs[2] ? inputs : inputs.slice(0, 2), attributes, 1)
  return outputs.slice(1).some(isUsed) ? [y, ...statistics(foreign, x, axis)] : outputs.map(() => y)
}

function expanded(foreign: ForeignNode, value: Value, shape: readonly number[]): Value {
  const fits =
    value.shape.length <= shape.length &&
    value.shape.every((dim, i) => dim === 1 || dim === shape[i - value.shape.length + shape.length])
  // What does not broadcast is left to the operator's own check.
  return fits && value.shape.join() !== shape.join() ? foreign.step('Expand', [value, foreign.integers(shape)]) : value
}

/** Mean and 1/√(variance + epsilon), with length 1 along the normalised axes. */
function statistics(foreign: ForeignNode, x: Value, axis: number): readonly Value[] {
  const axes = foreign.integers(x.shape.map((_, i) => i).slice(axis))
  const mean = foreign.step('ReduceMean', [x, axes])
  const centred = foreign.step('Sub', [x, mean])
  const variance = foreign.step('ReduceMean', [foreign.step('Mul', [centred, centred]), axes])
  const epsilon = foreign.attributes.get('epsilon')
  const added = foreign.constant(x.dtype, [], [epsilon?.type === 'float' ? epsilon.value : Math.fround(1e-5)])
  const deviation = foreign.step('Sqrt', [foreign.step('Add', [variance, added])])
  return [mean, foreign.step('Reciprocal', [deviation])]
}

/** From opset 21 on scale and bias belong to the channels, no longer to the groups. */
function groupNormalization(foreign: ForeignNode): Given {
  if (foreign.reading.opset < 21) return undefined
  const [x, scale, bias] = [0, 1, 2].map((i) => foreign.input(i))
  const groups = foreign.int('num_groups', 0)
  const [, channels, ...places] = x.shape
  for (const value of [scale, bias])
    if (value.shape.join() !== String(channels))
      throw foreign.error(`has ${value.name} of shape [${value.shape}], expected [${channels}], one for each channel`)
  const unit = (value: number) => foreign.constant(x.dtype, [groups], new Array<number>(groups).fill(value))
  const attributes = foreign.attributesOf('GroupNormalization', 'stash_type')
  const standard = foreign.step('GroupNormalization', [x, unit(1), unit(0)], attributes)
  const along = (value: Value) =>
    places.length === 0 ? value : foreign.step('Reshape', [value, foreign.integers([channels, ...places.map(() => 1)])])
  return foreign.give('Add', [foreign.step('Mul', [standard, along(scale)]), along(bias)])
}

/** By the operator's name, for src/graph/normalise.ts. */
export const normalisationRules = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
}
