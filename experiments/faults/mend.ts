/** @file A plan with the number that a finding names, as a person would put it in. */
import { type Shape, sizeOf, tensor } from '../../src/base/tensor.ts'
import { type Dataset, type Examples, isRowSource } from '../../src/data/dataset.ts'
import { fitStandardisation } from '../../src/data/standardise.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import * as op from '../../src/graph/op.ts'
import type { Initialiser } from '../../src/nn/init.ts'
import type { Layer, ParameterOptions } from '../../src/nn/model.ts'
import { rateScaled } from '../../src/optim/rate-scaled.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'

/** Undefined where the finding names no number that can be put in. */
export function mended(plan: TrainingPlan, { suggestion, where }: Finding): TrainingPlan | undefined {
  if (suggestion === undefined) return undefined
  if (suggestion.what === 'standardise') return standardised(plan, suggestion.value)
  const { what, value, instead, offset = 0 } = suggestion
  switch (what) {
    case 'learningRate':
      return instead === undefined ? undefined : { ...plan, update: rateScaled(plan.update, value / instead) }
    case 'initDeviation':
      return { ...plan, net: { ...plan.net, model: redrawn(plan, value, where) } }
    case 'outputDeviation':
      return { ...plan, net: { ...plan.net, model: outputsRedrawn(plan, value, where) } }
    case 'logOffset':
      return where === undefined ? undefined : { ...plan, net: { ...plan.net, model: shifted(plan, value, where) } }
    case 'epochs':
      return { ...plan, epochs: value }
    case 'inputScale':
      return onBoth(plan, (data) => withInputs(data, value))
    case 'targetScale':
      return onBoth(plan, (data) => withTargets(data, value, offset))
    default:
      return undefined
  }
}

/** Normal values of this deviation in the weight that is named, and in all others the one of the same √fanIn · deviation. */
function redrawn({ net }: TrainingPlan, deviation: number, where: string | undefined): Layer {
  // The name of a weight is known only when it has been made, and all are made before the first is drawn.
  let scale: number | undefined
  const init = (fanIn: number) => normal(() => (scale ?? deviation * Math.sqrt(fanIn)) / Math.sqrt(fanIn))
  const wrapped = (layer: Layer): Layer => ({
    ...layer,
    build: (x, context) =>
      layer.build(x, {
        builder: context.builder,
        training: context.training,
        apply: (inner, value) => context.apply(wrapped(inner), value),
        parameter(name, shape, options) {
          if (!isWeight(options)) return context.parameter(name, shape, options)
          const { fanIn } = options.fans
          const made = context.parameter(name, shape, { ...options, init: init(fanIn) })
          if (made.name === where) scale = deviation * Math.sqrt(fanIn)
          return made
        },
        buffer: (name, shape, initial) => context.buffer(name, shape, initial),
        setBuffer: (buffer, next) => context.setBuffer(buffer, next),
        uniform: (name, shape) => context.uniform(name, shape),
      }),
  })
  return wrapped(net.model)
}

/** Normal values of this deviation in the weight that is named alone, and zeros in what else its layer adds. */
function outputsRedrawn({ net }: TrainingPlan, deviation: number, where: string | undefined): Layer {
  const layer = where?.slice(0, where.lastIndexOf('.'))
  // Names are known only when parameters have been made, and all are made before the first is drawn.
  const wrapped = (inner: Layer): Layer => ({
    ...inner,
    build: (x, context) =>
      inner.build(x, {
        builder: context.builder,
        training: context.training,
        apply: (next, value) => context.apply(wrapped(next), value),
        parameter(name, shape, options) {
          let own = ''
          const init: Initialiser = {
            name: 'advised',
            draw(drawn, fans, stream) {
              if (own === where) return normal(() => deviation).draw(drawn, fans, stream)
              if (own.slice(0, own.lastIndexOf('.')) === layer && !isWeight(options))
                return new Float32Array(sizeOf(drawn))
              return options.init.draw(drawn, fans, stream)
            },
          }
          const made = context.parameter(name, shape, { ...options, init })
          own = made.name
          return made
        },
        buffer: (name, shape, initial) => context.buffer(name, shape, initial),
        setBuffer: (buffer, next) => context.setBuffer(buffer, next),
        uniform: (name, shape) => context.uniform(name, shape),
      }),
  })
  return wrapped(net.model)
}

/** What comes into the layer of this name, with so much added: a layer whose logarithm is its first operator. */
function shifted({ net }: TrainingPlan, offset: number, where: string): Layer {
  const counts = new Map<string, number>()
  const added: Layer = {
    ...net.model,
    build: (x, context) =>
      net.model.build(x, {
        builder: context.builder,
        training: context.training,
        apply(inner, value) {
          // Layers of one kind are counted, as the net itself does it.
          const count = (counts.get(inner.kind) ?? 0) + 1
          counts.set(inner.kind, count)
          return context.apply(inner, (inner.name ?? `${inner.kind}${count}`) === where ? op.add(value, offset) : value)
        },
        parameter: (name, shape, options) => context.parameter(name, shape, options),
        buffer: (name, shape, initial) => context.buffer(name, shape, initial),
        setBuffer: (buffer, next) => context.setBuffer(buffer, next),
        uniform: (name, shape) => context.uniform(name, shape),
      }),
  }
  // A net is built several times: each time the count begins anew.
  return { ...added, build: (x, context) => (counts.clear(), added.build(x, context)) }
}

/** As the setting of the configuration does it. */
function standardised(plan: TrainingPlan, per: 'feature' | 'all'): TrainingPlan {
  const { training, validation } = plan
  const fitted = fitStandardisation(training, { per })
  return {
    ...plan,
    training: fitted.apply(training),
    ...(validation && { validation: fitted.apply(validation) }),
  }
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

function withTargets(data: Dataset, factor: number, offset: number): Dataset {
  if (data.task === 'classification') return data
  const { shape, data: values } = data.targets
  return {
    ...data,
    targets: tensor(
      'float32',
      shape,
      values.map((value) => (value - offset) * factor),
    ),
  }
}
