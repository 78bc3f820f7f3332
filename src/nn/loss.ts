/** @file Losses: how wrong each example is. What is minimised is their mean over the batch. */
import { checkOptions, checkRange, RappelError } from '../base/errors.ts'
import { type Shape, sameShape, sizeOf, type Tensor, tensor, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'

/**
 * What a loss computes from an example's scores and target, for checks that compute it once more by themselves. 'softmax' and 'hinge' take
 * class numbers; 'distribution' takes distributions over the classes; the others are means over the outputs.
 */
export type LossFormula =
  | { readonly kind: 'softmax'; readonly smoothing: number }
  | { readonly kind: 'distribution'; readonly classes: number }
  | { readonly kind: 'binary' }
  | { readonly kind: 'hinge'; readonly margin: number }
  | { readonly kind: 'squared' }
  | { readonly kind: 'absolute' }
  | { readonly kind: 'huber'; readonly delta: number }

export interface Loss {
  readonly name: string
  /** Classification: targets are class numbers, int32 [batch]. Regression: float32 of the output's shape. */
  readonly task: 'classification' | 'regression'
  /** Loss of each example, [batch]. @throws RappelError 'shape' when output and target do not fit */
  perExample(output: Value, target: Value): Value
  /** What the scores mean as probabilities, [batch, classes], for losses that say. */
  probabilities?(output: Value): Value
  /** Classification: how many outputs so many classes take; default: one each. @throws RappelError when it cannot tell so many apart */
  outputs?(classes: number): number
  /** Classification: how many examples of a batch are answered right, a float32 scalar; default: `correctCount`. */
  correct?(output: Value, target: Value): Value
  /**
   * Which of the known formulas it computes on scores of this shape, [batch, …], where it is one. A loss of your own that says so is
   * compared with the formula before it trains (`rappel check`).
   */
  formula?(scores: Shape): LossFormula
  /** Regression: the same loss for data whose targets are class numbers, where there is one. */
  readonly forClasses?: Loss
}

/**
 * Softmax and cross-entropy on class scores [batch, classes]: −log softmax(scores)[target]. The net gives scores, not
 * probabilities: no softmax layer in front of it. Sequences: scores [batch, length, classes] for targets [batch, length], and an
 * example's loss is the mean over its positions. Guessing among C classes has a loss of ln C.
 *
 * @param options.smoothing of the labels, in [0, 1), default 0: the target is (1 − smoothing)·(the class) + smoothing/C·(every class),
 *   so that scores need not grow without end (Szegedy et al. 2016, section 7; PyTorch's label_smoothing). The least possible
 *   loss is then the entropy of that target
 */
export function softmaxCrossEntropy(options: { smoothing?: number } = {}): Loss {
  checkOptions('softmaxCrossEntropy', options, ['smoothing'])
  const smoothing = checkRange('smoothing', options.smoothing ?? 0, { min: 0, max: 1, open: 'max' })
  return {
    name: smoothing === 0 ? 'softmaxCrossEntropy' : `softmaxCrossEntropy(smoothing ${smoothing})`,
    task: 'classification',
    perExample(output, target) {
      const chosen = oneHot(output, target)
      if (smoothing === 0) return crossEntropy(output, chosen)
      const classes = output.shape[output.shape.length - 1]
      return crossEntropy(output, op.add(op.mul(chosen, 1 - smoothing), smoothing / classes))
    },
    probabilities: (output) => op.softmax(output),
    formula: () => ({ kind: 'softmax', smoothing }),
  }
}

/**
 * Softmax and cross-entropy on scores, with targets that are distributions over the classes, of the scores' shape:
 * −Σ target·log softmax(scores). For labels that several people gave, or another net's probabilities. What a row of targets adds up to
 * is not checked. Where there is a length between batch and classes, an example's loss is the mean over it. The least possible loss is
 * the targets' entropy; equal scores for C classes have ln C.
 */
export function softCrossEntropy(): Loss {
  return {
    name: 'softCrossEntropy',
    task: 'regression',
    perExample(output, target) {
      checkAlike(output, target)
      if (output.shape.length < 2)
        throw new RappelError(
          'shape',
          `the net gives ${typeText(output)}, expected [batch, classes]`,
          'let the last layer be nn.dense(number of classes)',
        )
      return crossEntropy(output, target)
    },
    probabilities: (output) => op.softmax(output),
    formula: (scores) => ({ kind: 'distribution', classes: scores[scores.length - 1] }),
  }
}

/**
 * Sigmoid and cross-entropy, for targets in [0, 1] of the output's shape, each a question of its own (several may be true):
 * −t·log σ(x) − (1 − t)·log(1 − σ(x)), averaged over an example's outputs (PyTorch's BCEWithLogitsLoss). The net gives scores: no
 * sigmoid layer in front of it. It is computed as the softmax of the scores x and 0, which is finite and smooth everywhere.
 * Guessing ½ has a loss of ln 2; always saying the share p of ones has p's entropy.
 *
 * With data for classification in two classes the net has one output, the score of the second class.
 */
export function binaryCrossEntropy(): Loss {
  const perExample = (output: Value, target: Value) => {
    checkAlike(output, target)
    return crossEntropy(pair(output, op.full(output.builder, output, 0)), pair(target, op.sub(1, target)))
  }
  const name = 'binaryCrossEntropy'
  const asScores = (output: Value, target: Value) => op.reshape(op.cast(target, output.dtype), output.shape)
  return {
    name,
    task: 'regression',
    perExample,
    probabilities: op.sigmoid,
    formula: () => ({ kind: 'binary' }),
    forClasses: {
      name,
      task: 'classification',
      perExample(output, target) {
        checkOneScore(output, target)
        return perExample(output, asScores(output, target))
      },
      formula: () => ({ kind: 'binary' }),
      probabilities: (output) => op.concat([op.sigmoid(op.neg(output)), op.sigmoid(output)], output.shape.length - 1),
      outputs(classes) {
        if (classes === 2) return 1
        throw new RappelError(
          'data',
          `${name} tells two classes apart, the data have ${classes}`,
          'use loss.softmaxCrossEntropy()',
        )
      },
      correct(output, target) {
        const answer = op.cast(op.greater(output, 0), output.dtype)
        return op.reduceSum(overPositions(op.cast(op.equal(answer, asScores(output, target)), 'float32')))
      },
    },
  }
}

/**
 * Structured (multi-class) support vector machine, the CS231n notes' form of Weston and Watkins 1999:
 * Σ over j ≠ target of max(0, scores[j] − scores[target] + margin); at a margin of exactly 0 the slope is 0. Equal scores for C classes
 * have a loss of (C − 1)·margin.
 *
 * @param options.margin Δ > 0, default 1
 */
export function structuredSvm(options: { margin?: number } = {}): Loss {
  checkOptions('structuredSvm', options, ['margin'])
  const margin = checkRange('margin', options.margin ?? 1, { min: 0, open: 'min' })
  return {
    name: 'structuredSvm',
    task: 'classification',
    perExample(output, target) {
      const chosen = oneHot(output, target)
      const classes = { axes: [output.shape.length - 1] }
      const correct = op.reduceSum(op.mul(output, chosen), { ...classes, keepDims: true })
      const margins = op.relu(op.add(op.sub(output, correct), margin))
      return overPositions(op.reduceSum(op.mul(margins, op.sub(1, chosen)), classes))
    },
    formula: () => ({ kind: 'hinge', margin }),
  }
}

/**
 * Squared error, (output − target)², averaged over an example's outputs (PyTorch's MSELoss). Always saying the targets' mean has
 * their variance as loss.
 */
export function squaredError(): Loss {
  return ofDifference('squaredError', { kind: 'squared' }, op.square)
}

/**
 * Absolute error, |output − target|, averaged over an example's outputs (PyTorch's L1Loss); the slope at 0 is 0. Always saying the
 * targets' median has their mean distance from it as loss.
 */
export function absoluteError(): Loss {
  return ofDifference('absoluteError', { kind: 'absolute' }, op.abs)
}

/**
 * Huber 1964: ½·d² where the difference d is up to δ, δ·(|d| − ½δ) beyond, so that far outliers pull no harder than near ones;
 * averaged over an example's outputs (PyTorch's HuberLoss). Always saying the targets' mean has at most half their variance as loss.
 *
 * @param options.delta δ > 0, default 1
 */
export function huber(options: { delta?: number } = {}): Loss {
  checkOptions('huber', options, ['delta'])
  const delta = checkRange('delta', options.delta ?? 1, { min: 0, open: 'min' })
  return ofDifference(`huber(${delta})`, { kind: 'huber', delta }, (difference) => {
    const size = op.abs(difference)
    const near = op.minimum(size, delta)
    // ½·d² where near is |d|, δ·|d| − ½δ² where it is δ. The slopes of both meet at δ, also by the rule for ties.
    return op.mul(near, op.sub(size, op.mul(near, 0.5)))
  })
}

/** A loss of each output's difference from its target, averaged over an example's outputs. */
function ofDifference(name: string, formula: LossFormula, each: (difference: Value) => Value): Loss {
  return {
    name,
    task: 'regression',
    perExample(output, target) {
      checkAlike(output, target)
      return overPositions(each(op.sub(output, target)))
    },
    formula: () => formula,
  }
}

/** −Σ over the last axis of wanted·log softmax(scores), averaged over positions. */
function crossEntropy(scores: Value, wanted: Value): Value {
  const axes = [scores.shape.length - 1]
  return overPositions(op.neg(op.reduceSum(op.mul(op.logSoftmax(scores), wanted), { axes })))
}

/** The mean over all axes but the batch's. */
function overPositions(x: Value): Value {
  return x.shape.length === 1 ? x : op.reduceMean(x, { axes: x.shape.map((_, i) => i).slice(1) })
}

/** Two values of one shape side by side, on an axis of their own behind the others. */
function pair(a: Value, b: Value): Value {
  const shape = [...a.shape, 1]
  return op.concat([op.reshape(a, shape), op.reshape(b, shape)], a.shape.length)
}

function checkAlike(output: Value, target: Value): void {
  if (sameShape(output.shape, target.shape)) return
  throw new RappelError(
    'shape',
    `the net gives ${typeText(output)} and the targets are ${typeText(target)}`,
    `let the last layer have ${sizeOf(target.shape.slice(1))} units`,
  )
}

function checkOneScore(output: Value, target: Value): void {
  if (sameShape(output.shape, [...target.shape, 1])) return
  throw new RappelError(
    'shape',
    `the net gives ${typeText(output)} for targets ${typeText(target)}, expected one score each`,
    'let the last layer be nn.dense(1)',
  )
}

/** [batch, classes] with 1 at each example's class; [batch, length, classes] for targets [batch, length]. */
function oneHot(output: Value, target: Value): Value {
  const classes = output.shape[output.shape.length - 1]
  if (output.shape.length < 2 || target.shape.length < 1 || !sameShape(output.shape, [...target.shape, classes]))
    throw new RappelError(
      'shape',
      `the net gives ${typeText(output)} for targets ${typeText(target)}, expected [batch, classes] for [batch]`,
      'let the last layer be nn.dense(number of classes)',
    )
  const numbers: Tensor = tensor(
    'int32',
    [...target.shape.map(() => 1), classes],
    Array.from({ length: classes }, (_, i) => i),
  )
  const match = op.equal(op.reshape(target, [...target.shape, 1]), target.builder.constant(numbers))
  return op.cast(match, output.dtype)
}

/**
 * How many examples of a batch have their greatest score at their class, as a float32 scalar; of several equal scores the first
 * counts. In sequences each example counts by the share of its positions that are right.
 */
export function correctCount(output: Value, target: Value): Value {
  const match = op.equal(op.cast(op.argMax(output, output.shape.length - 1), target.dtype), target)
  return op.reduceSum(overPositions(op.cast(match, 'float32')))
}
