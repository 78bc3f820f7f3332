/** @file Losses: how wrong each example is. What is minimised is their mean over the batch. */
import { checkOptions, checkRange, RappelError } from '../base/errors.ts'
import { sizeOf, type Tensor, tensor, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'

export interface Loss {
  readonly name: string
  /** Classification: targets are class numbers, int32 [batch]. Regression: float32 of the output's shape. */
  readonly task: 'classification' | 'regression'
  /** Loss of each example, [batch]. @throws RappelError 'shape' when output and target do not fit */
  perExample(output: Value, target: Value): Value
  /** What the scores mean as probabilities, [batch, classes], for losses that say. */
  probabilities?(output: Value): Value
}

/**
 * Softmax and cross-entropy on class scores [batch, classes]: −log softmax(scores)[target].
 * The net gives scores, not probabilities: no softmax layer in front of it.
 */
export function softmaxCrossEntropy(): Loss {
  return {
    name: 'softmaxCrossEntropy',
    task: 'classification',
    perExample(output, target) {
      const chosen = oneHot(output, target)
      return op.neg(op.reduceSum(op.mul(op.logSoftmax(output), chosen), { axes: [1] }))
    },
    probabilities: (output) => op.softmax(output, 1),
  }
}

/**
 * Structured (multi-class) support vector machine, the CS231n notes' form of Weston and Watkins 1999:
 * Σ over j ≠ target of max(0, scores[j] − scores[target] + margin).
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
      const correct = op.reduceSum(op.mul(output, chosen), { axes: [1], keepDims: true })
      const margins = op.relu(op.add(op.sub(output, correct), margin))
      return op.reduceSum(op.mul(margins, op.sub(1, chosen)), { axes: [1] })
    },
  }
}

/** Squared error, (output − target)², averaged over an example's outputs (PyTorch's MSELoss). */
export function squaredError(): Loss {
  return {
    name: 'squaredError',
    task: 'regression',
    perExample(output, target) {
      if (output.shape.join() !== target.shape.join())
        throw new RappelError(
          'shape',
          `the net gives ${typeText(output)} and the targets are ${typeText(target)}`,
          `let the last layer have ${sizeOf(target.shape.slice(1))} units`,
        )
      const squares = op.square(op.sub(output, target))
      if (squares.shape.length === 1) return squares
      return op.reduceMean(squares, { axes: squares.shape.map((_, i) => i).slice(1) })
    },
  }
}

/** [batch, classes] with 1 at each example's class. */
function oneHot(output: Value, target: Value): Value {
  if (output.shape.length !== 2 || target.shape.length !== 1 || output.shape[0] !== target.shape[0])
    throw new RappelError(
      'shape',
      `the net gives ${typeText(output)} for targets ${typeText(target)}, expected [batch, classes] for [batch]`,
      'let the last layer be nn.dense(number of classes)',
    )
  const [batch, classes] = output.shape
  const numbers: Tensor = tensor(
    'int32',
    [1, classes],
    Array.from({ length: classes }, (_, i) => i),
  )
  const match = op.equal(op.reshape(target, [batch, 1]), target.builder.constant(numbers))
  return op.cast(match, output.dtype)
}

/** How many examples of a batch have their greatest score at their class, as a float32 scalar. */
export function correctCount(output: Value, target: Value): Value {
  const match = op.equal(op.cast(op.argMax(output, 1), target.dtype), target)
  return op.reduceSum(op.cast(match, 'float32'))
}
