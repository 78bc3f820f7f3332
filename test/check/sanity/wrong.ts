/** @file Set-ups in which one thing is wrong, and what is to be said of it: verdict, check, code. Nothing else may be said. */
import { dataset, rowSource, subset } from '../../../src/data/dataset.ts'
import type { RowSource } from '../../../src/data/row-source.ts'
import * as op from '../../../src/graph/op.ts'
import type { Value } from '../../../src/graph/types.ts'
import * as init from '../../../src/nn/init.ts'
import type { Loss } from '../../../src/nn/loss.ts'
import * as loss from '../../../src/nn/loss.ts'
import * as nn from '../../../src/nn/nn.ts'
import type { Penalty } from '../../../src/nn/penalty.ts'
import * as penalty from '../../../src/nn/penalty.ts'
import type { Config } from '../../../src/train/config.ts'
import * as data from './data.ts'

type Setup = Pick<Config, 'data' | 'model' | 'loss'> & Partial<Config>

interface Wrong {
  readonly expected: string
  readonly setup: () => Setup
}

const { sequential, dense, relu, functional } = nn
const softmax = loss.softmaxCrossEntropy()
const small = sequential(dense(30), relu(), dense(10))
const digits = (more: Partial<Setup> = {}): Setup => ({ data: data.someDigits(), model: small, loss: softmax, ...more })

/** The loss with something done to each example's. */
const changed = (of: Loss, change: (each: Value, output: Value, target: Value) => Value): Loss => ({
  ...of,
  perExample: (output, target) => change(of.perExample(output, target), output, target),
})

const penaltyOf = (name: string, of: (squares: Value) => Value): Penalty => ({
  name,
  of: (parameters) => of(parameters.map(({ value }) => op.reduceSum(op.square(value))).reduce(op.add)),
})

const table = (change: (value: number, feature: number) => number, width = 5) => {
  const whole = data.blobs([120, 120, 120], width)
  return {
    data: data.withInputs(whole, (value, i) => change(value, i % width)),
    model: sequential(dense(16), relu(), dense(3)),
    loss: softmax,
  }
}

/** A part of the data as it is, and one that was changed. */
function parts(change: (value: number, feature: number, row: number) => number) {
  const whole = data.blobs([200, 200, 200], 6)
  const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  return {
    data: {
      training: subset(whole, rows(0, 400)),
      validation: data.withInputs(subset(whole, rows(400, 600)), (value, i) => change(value, i % 6, Math.floor(i / 6))),
    },
    model: sequential(dense(16), relu(), dense(3)),
    loss: softmax,
  }
}

export const wrong: Readonly<Record<string, Wrong>> = {
  'the loss times ten': {
    expected: 'fail loss loss-reduction',
    setup: () => digits({ loss: changed(softmax, (each) => op.mul(each, 10)) }),
  },
  'a logarithm to the base 2': {
    expected: 'fail loss loss-reduction',
    setup: () => digits({ loss: changed(softmax, (each) => op.div(each, Math.LN2)) }),
  },
  'a sum over the outputs': {
    expected: 'fail loss loss-reduction',
    setup: () => ({
      data: data.bent(),
      model: sequential(dense(16), nn.tanh(), dense(3)),
      loss: changed(loss.squaredError(), (each) => op.mul(each, 3)),
    }),
  },
  'divided by the batch size': {
    expected: 'fail loss loss-reduction',
    setup: () => digits({ loss: changed(softmax, (each) => op.div(each, each.shape[0])) }),
  },
  'the mean over the batch in the loss': {
    expected: 'fail loss loss-reduction',
    setup: () => digits({ loss: changed(softmax, (each) => op.reduceMean(each)) }),
  },
  'a loss of the wrong sign': {
    expected: 'fail loss wrong-sign',
    setup: () => digits({ loss: changed(softmax, op.neg) }),
  },
  'a squared error of the wrong sign': {
    expected: 'fail loss wrong-sign',
    setup: () => ({ data: data.plane(), model: dense(1), loss: changed(loss.squaredError(), op.neg) }),
  },
  'a softmax layer before the softmax': {
    expected: 'fail loss double-softmax',
    setup: () =>
      digits({
        model: sequential(
          dense(30),
          relu(),
          dense(10),
          functional('softmax', (x) => op.softmax(x)),
        ),
      }),
  },
  "a softmax of one's own before the softmax": {
    expected: 'fail loss double-softmax',
    setup: () =>
      digits({
        model: sequential(
          dense(10),
          functional('probabilities', (x) => {
            const powers = op.exp(x)
            return op.div(powers, op.reduceSum(powers, { axes: [1], keepDims: true }))
          }),
        ),
      }),
  },
  'a softmax in the loss': {
    expected: 'fail loss double-softmax',
    setup: () =>
      digits({ loss: { ...softmax, perExample: (output, target) => softmax.perExample(op.softmax(output), target) } }),
  },
  'a sigmoid layer before the sigmoid': {
    expected: 'fail loss double-softmax',
    setup: () => ({
      data: data.questions(),
      model: sequential(dense(16), relu(), dense(3), nn.sigmoid()),
      loss: loss.binaryCrossEntropy(),
    }),
  },
  'labels from 1 in the loss': {
    expected: 'fail loss labels-wrong',
    setup: () =>
      digits({
        loss: {
          ...softmax,
          perExample: (output, target) => {
            const turned = op.concat([op.slice(output, [1], [10], [1]), op.slice(output, [0], [1], [1])], 1)
            return softmax.perExample(turned, target)
          },
        },
      }),
  },
  'scores of the logarithm of what may be negative': {
    expected: 'fail loss init-too-large',
    setup: () =>
      digits({
        model: sequential(
          dense(10),
          functional('log', (x) => op.log(x)),
        ),
      }),
  },
  'first values far too large': {
    expected: 'warning loss initial-loss-high',
    setup: () =>
      digits({ model: sequential(dense(50, { init: init.normal(1) }), relu(), dense(10, { init: init.normal(1) })) }),
  },
  'first values that give everything away': {
    expected: 'fail loss init-too-large',
    setup: () =>
      digits({
        model: sequential(dense(30, { init: init.normal(1e30) }), relu(), dense(10, { init: init.normal(1e30) })),
      }),
  },
  'grey values up to 255': {
    expected: 'warning inputs inputs-not-normalised',
    setup: () => digits({ data: data.withInputs(data.someDigits(), (value) => value * 16), standardise: false }),
  },
  'features around 1000': {
    expected: 'warning inputs inputs-not-normalised',
    setup: () => ({ ...table((value) => 1000 + value), standardise: false }),
  },
  'one feature in other units': {
    expected: 'warning inputs feature-scale',
    setup: () => ({ ...table((value, feature) => (feature === 2 ? 1e4 * value : value)), standardise: false }),
  },
  'a column that is always the same': {
    expected: 'warning inputs constant-feature',
    setup: () => table((value, feature) => (feature === 3 ? 4 : value)),
  },
  'inputs that are all the same': {
    expected: 'fail inputs constant-feature',
    setup: () => table(() => 1),
  },
  'a NaN in a row that is read': {
    expected: 'fail inputs nan-in-inputs',
    setup: () => {
      const source = rowSource(data.someDigits())
      const read: RowSource['read'] = (rows, start, count, inputs, ...rest) => {
        source.read(rows, start, count, inputs, ...rest)
        for (let k = 0; k < count; k++) if (rows[start + k] === 77) inputs[k * 64 + 5] = Number.NaN
      }
      return digits({ data: { ...source, read }, standardise: false })
    },
  },
  'prices as targets': {
    expected: 'warning targets targets-not-scaled',
    setup: () => ({
      data: data.numbersFrom(300, [5], (x) => [200_000 + 50_000 * data.weighted(x)]),
      model: sequential(dense(16), relu(), dense(1)),
      loss: loss.squaredError(),
    }),
  },
  'targets that are always the same': {
    expected: 'fail targets labels-wrong',
    setup: () => ({ data: data.numbersFrom(300, [5], () => [3]), model: dense(1), loss: loss.squaredError() }),
  },
  'labels that count from 1': {
    expected: 'warning targets labels-wrong',
    setup: () => {
      const from1 = data.someDigits()
      return digits({
        data: dataset({
          inputs: from1.inputs,
          targets: Array.from(from1.targets.data, (label) => label + 1),
          task: 'classification',
          sameUnit: true,
        }),
        model: sequential(dense(30), relu(), dense(11)),
      })
    },
  },
  'classes as ones and zeros, squared error': {
    expected: 'warning targets labels-wrong',
    setup: () => ({
      data: data.numbersFrom(300, [5], (x) => (data.weighted(x) > 0 ? [1, 0] : [0, 1])),
      model: sequential(dense(16), relu(), dense(2)),
      loss: loss.squaredError(),
    }),
  },
  'several true classes, softmax': {
    expected: 'fail targets labels-wrong',
    setup: () => ({
      data: data.questions(),
      model: sequential(dense(16), relu(), dense(3)),
      loss: loss.softCrossEntropy(),
    }),
  },
  'targets of −1 and 1, binary cross-entropy': {
    expected: 'fail targets labels-wrong',
    setup: () => ({
      data: data.numbersFrom(300, [5], (x) => [Math.sign(data.weighted(x))]),
      model: dense(1),
      loss: loss.binaryCrossEntropy(),
    }),
  },
  'one class nearly always': {
    expected: 'warning targets class-imbalance',
    setup: () => ({ data: data.blobs([600, 12], 4), model: sequential(dense(16), relu(), dense(2)), loss: softmax }),
  },
  'labels shuffled': {
    expected: 'warning signal no-signal',
    setup: () => digits({ data: data.shuffledLabels(data.someDigits()) }),
  },
  'numbers that have nothing to do with the inputs': {
    expected: 'warning signal no-signal',
    setup: () => ({
      data: data.numbersFrom(400, [5], (_, random) => [random.normal()]),
      model: sequential(dense(32), relu(), dense(1)),
      loss: loss.squaredError(),
    }),
  },
  'the same inputs with other labels': {
    expected: 'warning duplicates label-noise',
    setup: () => {
      const whole = data.someDigits()
      const twice = subset(
        whole,
        Array.from({ length: 500 }, (_, i) => i % 400),
      )
      const training = data.withLabels(
        twice,
        twice.targets.data.map((label, i) => (i >= 400 ? (label + 1 + (i % 8)) % 10 : label)),
      )
      const others = Array.from({ length: 199 }, (_, i) => 400 + i)
      return digits({ data: { training, validation: subset(whole, others) } })
    },
  },
  'copies on both sides of the split': {
    expected: 'fail duplicates train-validation-leak',
    setup: () =>
      digits({
        data: subset(
          data.someDigits(),
          Array.from({ length: 1000 }, (_, i) => i % 599),
        ),
      }),
  },
  'some of the validation part in the training part': {
    expected: 'warning duplicates train-validation-leak',
    setup: () => {
      const whole = data.someDigits()
      const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
      return digits({ data: { training: subset(whole, rows(0, 450)), validation: subset(whole, rows(440, 599)) } })
    },
  },
  'a validation part of another scale': {
    expected: 'fail parts validation-preprocessing',
    setup: () => parts((value) => value / 255),
  },
  'a validation part that was standardised by itself': {
    expected: 'fail parts validation-preprocessing',
    setup: () => parts((value, feature) => (value - 2) * (0.3 + 0.05 * feature)),
  },
  'one feature that differs between the parts': {
    expected: 'warning parts train-validation-mismatch',
    setup: () => parts((value, feature) => (feature === 1 ? value + 6 : value)),
  },
  'a sorted file cut in two': {
    expected: 'warning parts train-validation-mismatch',
    setup: () => {
      const whole = data.blobs([200, 200, 200], 6, 0.3)
      const order = Array.from({ length: 600 }, (_, i) => i).sort(
        (a, b) => whole.targets.data[a] - whole.targets.data[b] || a - b,
      )
      return {
        data: { training: subset(whole, order.slice(0, 450)), validation: subset(whole, order.slice(450)) },
        model: sequential(dense(16), relu(), dense(3)),
        loss: softmax,
      }
    },
  },
  'a penalty of the wrong sign': {
    expected: 'fail penalty wrong-sign',
    setup: () => digits({ penalty: penaltyOf('own', (squares) => op.mul(squares, -1e-4)) }),
  },
  'a penalty that falls with the weights': {
    expected: 'fail penalty wrong-sign',
    setup: () => digits({ penalty: penaltyOf('own', (squares) => op.exp(op.mul(squares, -0.01))) }),
  },
  'a penalty without effect': {
    expected: 'warning penalty',
    setup: () => digits({ penalty: penaltyOf('own', (squares) => op.mul(squares, 0)) }),
  },
  'a penalty that swamps the data': {
    expected: 'warning penalty regularisation-too-strong',
    setup: () => digits({ penalty: penalty.l2(100) }),
  },
  'a softmax over the batch': {
    expected: 'fail dependency',
    setup: () =>
      digits({
        model: sequential(
          dense(30),
          functional('attention', (x) => op.softmax(x, 0)),
          dense(10),
        ),
      }),
  },
  'a reshape that moves the batch': {
    expected: 'fail dependency',
    setup: () =>
      digits({
        model: sequential(
          dense(30),
          relu(),
          functional('turn', (x) => op.reshape(op.transpose(x, [1, 0]), x.shape)),
          dense(10),
        ),
      }),
  },
  'the mean over the batch taken off': {
    expected: 'fail dependency',
    setup: () =>
      digits({
        model: sequential(
          dense(30),
          functional('centre', (x) => op.sub(x, op.reduceMean(x, { axes: [0], keepDims: true }))),
          dense(10),
        ),
      }),
  },
  'a loss that mixes the batch': {
    expected: 'fail dependency',
    setup: () => {
      const { formula: _, ...own } = softmax
      return digits({
        loss: {
          ...own,
          name: 'own',
          perExample: (output, target) => softmax.perExample(op.softmax(output, 0), target),
        },
      })
    },
  },
  'all weights 0': {
    expected: 'fail overfit zero-init',
    setup: () =>
      digits({ model: sequential(dense(30, { init: init.zeros() }), relu(), dense(10, { init: init.zeros() })) }),
  },
  'all weights the same': {
    expected: 'fail overfit symmetric-units',
    setup: () =>
      digits({
        model: sequential(
          dense(30, { init: init.constant(0.05) }),
          nn.tanh(),
          dense(10, { init: init.constant(0.05) }),
        ),
      }),
  },
  'units that are all off': {
    expected: 'fail overfit dead-units',
    setup: () => digits({ model: sequential(dense(30, { bias: init.constant(-1000) }), relu(), dense(10)) }),
  },
  'a step that lets no gradient through': {
    expected: 'fail overfit frozen-layer',
    setup: () =>
      digits({
        model: sequential(
          dense(30),
          functional('sign', (x) => op.sign(x)),
          dense(10),
        ),
      }),
  },
  'a ReLU behind the last layer': {
    expected: 'fail overfit underfitting',
    setup: () => ({
      data: data.plane(),
      model: sequential(dense(64), relu(), dense(1), relu()),
      loss: loss.squaredError(),
    }),
  },
  'a sigmoid as the answer to numbers beyond 1': {
    expected: 'fail overfit underfitting',
    setup: () => ({
      data: data.plane(),
      model: sequential(dense(64), relu(), dense(1), nn.sigmoid()),
      loss: loss.squaredError(),
    }),
  },
  'a layer that throws the inputs away': {
    expected: 'fail overfit dead-units',
    setup: () =>
      digits({
        model: sequential(
          functional('off', (x) => op.mul(x, 0)),
          dense(30),
          relu(),
          dense(10),
        ),
      }),
  },
}
