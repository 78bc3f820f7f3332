/** @file A plan with the number that a finding names, as a person would put it in. */
import { type Shape, sizeOf, tensor } from '../../src/base/tensor.ts'
import { type Dataset, type Examples, isRowSource } from '../../src/data/dataset.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import type { Initialiser } from '../../src/nn/init.ts'
import type { Layer, ParameterOptions } from '../../src/nn/model.ts'
import type { Rule } from '../../src/optim/rule.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'

/** Undefined where the finding names no number that can be put in. */
export function mended(plan: TrainingPlan, { suggestion, where }: Finding): TrainingPlan | undefined {
  if (suggestion === undefined) return undefined
  const { what, value, instead } = suggestion
  switch (what) {
    case 'learningRate':
      return instead === undefined ? undefined : { ...plan, update: scaled(plan.update, value / instead) }
    case 'initDeviation':
      return { ...plan, net: { ...plan.net, model: redrawn(plan, value, where) } }
    case 'inputScale':
      return onBoth(plan, (data) => withInputs(data, value))
    case 'targetScale':
      return onBoth(plan, (data) => withTargets(data, value))
    default:
      return undefined
  }
}

function scaled(rule: Rule, factor: number): Rule {
  return { ...rule, scalars: (at, out, rateFactor = 1) => rule.scalars(at, out, rateFactor * factor) }
}

/** Normal values of this deviation in the weight that is named, and in all others the one of the same √fanIn · deviation. */
function redrawn({ net }: TrainingPlan, deviation: number, where: string | undefined): Layer {
  const { model } = net
  let scale: number | undefined
  const fans: number[] = []
  const wrapped = (change: (options: ParameterOptions) => ParameterOptions): Layer => ({
    ...model,
    build(x, context) {
      const original = context.parameter.bind(context)
      context.parameter = (name, shape, options) => {
        const made = original(name, shape, change(options))
        if (isWeight(options)) fans.push(options.fans.fanIn)
        if (made.name === where) scale = deviation * Math.sqrt(options.fans.fanIn)
        return made
      }
      return model.build(x, context)
    },
  })
  return wrapped((options) => {
    if (!isWeight(options)) return options
    const { fanIn } = options.fans
    // The name of a weight is known only when it has been made: layers of other widths get theirs by the same rule.
    return { ...options, init: normal(() => (scale ?? deviation * Math.sqrt(fans[0] ?? fanIn)) / Math.sqrt(fanIn)) }
  })
}

const isWeight = ({ penalised, unitAxis }: ParameterOptions) => penalised && unitAxis !== undefined

function normal(deviation: () => number): Initialiser {
  return {
    name: 'advised',
    draw(shape: Shape, _fans, stream) {
      const of = deviation()
      return Float32Array.from({ length: sizeOf(shape) }, () => of * stream.normal())
    },
  }
}

function onBoth(plan: TrainingPlan, change: (data: Dataset) => Dataset): TrainingPlan | undefined {
  const { training, validation } = plan
  const both = [training, validation].map((part) => part && inMemory(part))
  if (both[0] === undefined) return undefined
  return { ...plan, training: change(both[0]), ...(both[1] && { validation: change(both[1]) }) }
}

const inMemory = (part: Examples): Dataset | undefined => (isRowSource(part) ? undefined : part)

function withInputs(data: Dataset, factor: number): Dataset {
  const { shape, data: values } = data.inputs
  return {
    ...data,
    inputs: tensor(
      'float32',
      shape,
      values.map((value) => value * factor),
    ),
  }
}

function withTargets(data: Dataset, factor: number): Dataset {
  if (data.task === 'classification') return data
  const { shape, data: values } = data.targets
  return {
    ...data,
    targets: tensor(
      'float32',
      shape,
      values.map((value) => value * factor),
    ),
  }
}
