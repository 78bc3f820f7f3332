/** @file Faults that are put into a training drawn at random. */
import type { ClassificationDataset, Dataset } from '../../src/data/dataset.ts'
import { subset } from '../../src/data/dataset.ts'
import { split } from '../../src/data/split.ts'
import type { FindingCode } from '../../src/diagnose/finding.ts'
import * as op from '../../src/graph/op.ts'
import { init, nn, optim, penalty, schedule } from '../../src/index.ts'
import type { Config } from '../../src/train/config.ts'
import { some, withInputs, withLabels } from './data.ts'
import { mlp, softmaxLayer } from './nets.ts'
import { configOf, Dice, type Drawn, denseNet, type Hidden, rateOf } from './random-config.ts'
import { accumulated, ascent, clipped, decayedSgd, uncorrectedAdam } from './rules.ts'

export interface RandomFault {
  readonly name: string
  readonly cause: FindingCode
  readonly accepts: readonly FindingCode[]
  readonly config: Config
}

/** Three faults of those that can be put into this training. */
export function randomFaults(drawn: Drawn, seed: number): readonly RandomFault[] {
  const dice = new Dice(seed, 'faults')
  const all = [...ofUpdate(drawn, dice), ...ofData(drawn, dice, seed), ...ofNet(drawn, dice)]
  // What is remembered is learnt all at once: of a run too short for it nobody can say that it was getting better.
  const left = all.filter(({ name }) => !(name === 'too-short' && drawn.family === 'memory'))
  return Array.from({ length: 3 }, () => left.splice(dice.whole(1, left.length) - 1, 1)[0]).filter(Boolean)
}

const fault = (name: string, cause: FindingCode, accepts: readonly FindingCode[], config: Config): RandomFault => ({
  name,
  cause,
  accepts,
  config,
})

function ofUpdate(drawn: Drawn, dice: Dice): readonly RandomFault[] {
  const { rate, epochs } = drawn
  const high = { ...drawn, rate: rate * dice.log(30, 100) }
  const low = { ...drawn, rate: rate / dice.log(100, 3000) }
  const cut = { ...drawn, shape: 'constant', epochs: Math.max(1, Math.round(epochs / 8)) }
  const plain = drawn.rule === 'adam' || drawn.rule === 'rmsprop' ? 0.05 : rate
  const by = (update: Config['update']) => configOf(drawn, { update })
  return [
    fault('rate-high', 'lr-too-high', ['unstable', 'diverged'], configOf(high)),
    fault('rate-low', 'lr-too-low', [], configOf(low)),
    fault('too-short', 'train-longer', ['lr-too-low'], configOf(cut)),
    fault('ascent', 'wrong-sign', ['loss-rises'], by(ascent(plain / 5))),
    fault('accumulated', 'gradient-accumulated', [], by(accumulated(plain / 2))),
    fault('clipped', 'clipping-too-tight', ['lr-too-low'], by(clipped(plain, 1e-5, 0.9))),
    fault('decay', 'decay-scale', ['regularisation-too-strong'], by(decayedSgd(plain, 0.1, { scaled: false }))),
    fault(
      'schedule',
      'schedule-too-fast',
      [],
      configOf(
        { ...drawn, shape: 'constant' },
        {
          update: optim.sgd({
            learningRate: schedule.step({ from: plain, factor: 0.1, everyEpochs: Math.max(1, epochs / 20) }),
          }),
        },
      ),
    ),
    fault(
      'momentum',
      'momentum-too-high',
      ['unstable', 'lr-too-high'],
      by(optim.momentum({ learningRate: rateOf({ ...drawn, rate: plain, shape: 'constant' }), momentum: 0.998 })),
    ),
    fault('cold', 'first-steps-too-large', ['lr-too-high'], by(uncorrectedAdam(0.02, { beta1: 0, beta2: 0.9999 }))),
    fault(
      'penalty',
      'regularisation-too-strong',
      ['underfitting'],
      configOf(drawn, { penalty: penalty.l2(dice.log(0.5, 3)) }),
    ),
  ]
}

const isClasses = (data: Dataset): data is ClassificationDataset => data.task === 'classification'

function ofData(drawn: Drawn, dice: Dice, seed: number): readonly RandomFault[] {
  const { data } = drawn
  const scale = dice.log(50, 500)
  const scaled = (part: Dataset) => withInputs(part, (x) => scale * x)
  const both = split(data, { seed })
  const tiny = dice.whole(20, 40)
  const list = [
    fault('raw', 'inputs-not-normalised', [], configOf({ ...drawn, data: scaled(data), standardise: false })),
    fault(
      'validation-scaled',
      'validation-preprocessing',
      ['train-validation-mismatch'],
      configOf(drawn, { data: { ...both, validation: withInputs(both.validation, (x) => 5 * x + 2) } }),
    ),
    fault(
      'few',
      'little-data',
      ['overfitting'],
      configOf(drawn, { data: { ...both, training: some(both.training, tiny, seed) }, batchSize: 10, epochs: 40 }),
    ),
    fault(
      'leak',
      'train-validation-leak',
      [],
      configOf(drawn, {
        data: {
          ...both,
          validation: subset(
            both.training,
            Array.from({ length: both.validation.inputs.shape[0] }, (_, i) => i),
          ),
        },
      }),
    ),
  ]
  if (!isClasses(data)) return list
  const rows = data.targets.data.length
  const moved = withLabels(data, (_, row) => data.targets.data[(row * 7919 + 13) % rows])
  return [...list, fault('labels', 'labels-wrong', ['no-signal'], configOf(drawn, { data: moved }))]
}

function ofNet(drawn: Drawn, dice: Dice): readonly RandomFault[] {
  const { hidden, outputs, model } = drawn
  const isClassifier = isClasses(drawn.data)
  const list = isClassifier
    ? [fault('softmax', 'double-softmax', [], configOf({ ...drawn, model: nn.sequential(model, softmaxLayer()) }))]
    : []
  if (hidden === undefined) return list
  const by = (change: Partial<Hidden>) => configOf({ ...drawn, model: denseNet({ ...hidden, ...change }, outputs) })
  const more = [
    fault('zeros', 'zero-init', ['symmetric-units'], by({ init: init.zeros() })),
    fault('constant', 'symmetric-units', [], by({ init: init.constant(dice.log(0.01, 0.1)) })),
    fault(
      'large',
      'init-too-large',
      ['initial-loss-high', 'saturation', 'exploding-gradient'],
      by({ init: init.normal(dice.log(1, 3)), between: undefined }),
    ),
    fault(
      'linear',
      'no-nonlinearity',
      ['underfitting'],
      by({ activation: () => nn.functional('identity', (x) => op.identity(x)) }),
    ),
    fault('dropout', 'dropout-too-strong', ['underfitting'], by({ after: () => nn.dropout(0.9) })),
    fault(
      'narrow',
      'underfitting',
      [],
      configOf({ ...drawn, model: mlp([1, outputs], { activation: hidden.activation, init: hidden.init }) }),
    ),
  ]
  if (hidden.activation().kind === 'relu' && hidden.between === undefined)
    more.push(
      fault(
        'dead',
        'dead-units',
        ['vanishing-gradient'],
        configOf({
          ...drawn,
          model: mlp([...hidden.widths, outputs], { init: hidden.init, bias: init.constant(-10) }),
        }),
      ),
    )
  if (hidden.widths.length >= 3 && hidden.between === undefined)
    more.push(fault('small', 'init-too-small', ['vanishing-gradient'], by({ init: init.normal(0.003) })))
  return [...list, ...more]
}
