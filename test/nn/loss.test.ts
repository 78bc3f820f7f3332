/** @file Losses: values and gradients as PyTorch gives them, by hand, and messages. */
import { describe, expect, test } from 'vitest'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import {
  absoluteError,
  binaryCrossEntropy,
  correctCount,
  huber,
  type Loss,
  softCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
  structuredSvm,
} from '../../src/nn/loss.ts'
import { failure } from '../data/failure.ts'
import { lossCases as firstCases, moreLossCases } from './fixtures.ts'
import { apart, lossGraph, lossInFloat64, run } from './twin.ts'

const lossCases = { ...firstCases, ...moreLossCases }
const binaryOfClasses = binaryCrossEntropy().forClasses as Loss

describe('PyTorch’s float64 values and gradients', () => {
  // PyTorch's MultiMarginLoss is ours divided by the number of classes; the fixture has it multiplied.
  const losses: Record<string, Loss> = {
    softmaxCrossEntropy: softmaxCrossEntropy(),
    'softmaxCrossEntropy, large scores': softmaxCrossEntropy(),
    structuredSvm: structuredSvm(),
    'structuredSvm, margin 0.25': structuredSvm({ margin: 0.25 }),
    'structuredSvm, tie': structuredSvm(),
    squaredError: squaredError(),
    'squaredError, one output': squaredError(),
    binaryCrossEntropy: binaryCrossEntropy(),
    // Among them scores of 0, of 1000, and targets between 0 and 1.
    'binaryCrossEntropy, hard': binaryCrossEntropy(),
    'binaryCrossEntropy, classes': binaryOfClasses,
    'softmaxCrossEntropy, smoothing 0.25': softmaxCrossEntropy({ smoothing: 0.25 }),
    'softmaxCrossEntropy, sequences': softmaxCrossEntropy(),
    softCrossEntropy: softCrossEntropy(),
    // Among them no difference (slope 0), and one of exactly δ.
    absoluteError: absoluteError(),
    huber: huber(),
    'huber 0.5': huber({ delta: 0.5 }),
  }
  test('every case has its loss', () => expect(Object.keys(losses)).toEqual(Object.keys(lossCases)))

  test.each(Object.entries(losses))('%s', async (name, loss) => {
    const { output, target, perExample, gradient } = lossCases[name]
    const found = await lossInFloat64(loss, output, target)
    expect(apart(found.perExample, perExample.values)).toBeLessThan(1e-13)
    expect(apart(found.gradient, gradient.values)).toBeLessThan(1e-13)
  })
  test('the comparison sees another margin', async () => {
    const { output, target, perExample } = lossCases.structuredSvm
    const found = await lossInFloat64(structuredSvm({ margin: 1.001 }), output, target)
    expect(apart(found.perExample, perExample.values)).toBeGreaterThan(1e-4)
  })

  test('large scores in float32, as they are trained on: finite, and right to 1e-6 of the largest', async () => {
    const { output, target, perExample, gradient } = lossCases['softmaxCrossEntropy, large scores']
    const graph = lossGraph(softmaxCrossEntropy(), output.shape, target.shape)
    const found = await run(graph, { output: output.values, target: target.values })
    expect(apart(found.perExample, perExample.values)).toBeLessThan(1e-6)
    expect(apart(found.gradient, gradient.values)).toBeLessThan(1e-6)
  })
})

describe('by hand', () => {
  const one = (values: number[]) => ({ shape: [1, values.length], values })
  test('equal scores of C classes: ln C; C − 1 margins', async () => {
    const scores = one([2, 2, 2, 2, 2])
    const target = { shape: [1], values: [3] }
    expect((await lossInFloat64(softmaxCrossEntropy(), scores, target)).perExample[0]).toBeCloseTo(Math.log(5), 14)
    expect((await lossInFloat64(structuredSvm(), scores, target)).perExample[0]).toBe(4)
    expect((await lossInFloat64(structuredSvm({ margin: 0.5 }), scores, target)).perExample[0]).toBe(2)
  })
  test('CS231n’s example: scores 3.2, 5.1, −1.7 for the first class: margins 2.9 and 0; −log .13', async () => {
    // Lecture 3 of the course: the cat's structured SVM loss is 2.9; its softmax loss in natural logarithms is −ln .13 = 2.04.
    const scores = one([3.2, 5.1, -1.7])
    const target = { shape: [1], values: [0] }
    expect((await lossInFloat64(structuredSvm(), scores, target)).perExample[0]).toBeCloseTo(2.9, 6)
    expect((await lossInFloat64(softmaxCrossEntropy(), scores, target)).perExample[0]).toBeCloseTo(2.04, 2)
  })
  test('squared error is averaged over the outputs: (1 + 9) / 2, gradient 2·difference / 2', async () => {
    const found = await lossInFloat64(squaredError(), one([2, 5]), one([1, 2]))
    expect(found).toEqual({ perExample: [5], gradient: [1, 3] })
  })
  test('outputs of any rank, and of none but the batch', async () => {
    const cube = await lossInFloat64(
      squaredError(),
      { shape: [1, 2, 1], values: [2, 5] },
      { shape: [1, 2, 1], values: [1, 2] },
    )
    expect(cube.perExample).toEqual([5])
    const flat = await lossInFloat64(squaredError(), { shape: [2], values: [2, 5] }, { shape: [2], values: [1, 2] })
    expect(flat.perExample).toEqual([1, 9])
  })
  test('equal scores in a binary question: ln 2, and slope ½ − target', async () => {
    const found = await lossInFloat64(binaryCrossEntropy(), one([0]), one([1]))
    expect(found.perExample[0]).toBeCloseTo(Math.LN2, 15)
    expect(found.gradient).toEqual([-0.5])
  })
  test('binary scores of any size in float32: finite, and the loss grows as they do', async () => {
    const output = [1e30, -1e30, 200, -200, 0]
    const graph = lossGraph(binaryCrossEntropy(), [5, 1], [5, 1])
    const found = await run(graph, { output, target: [0, 0, 1, 1, 0] })
    expect(found.perExample.map(Math.abs)).toEqual([1e30, 0, 0, 200, Math.LN2].map(Math.fround))
    expect(found.gradient).toEqual([1, 0, 0, -1, 0.5].map((slope) => Math.fround(slope / 5)))
  })
  test('binary answers: scores above 0 are the second class; of 0 the first, as of equal scores', async () => {
    const builder = new Builder(operators)
    const scores = builder.input('scores', 'float32', [4, 1])
    const target = builder.input('target', 'int32', [4])
    const { correct, probabilities, outputs } = binaryOfClasses
    if (!correct || !probabilities || !outputs) throw new Error('something is missing')
    const graph = builder.graph('binary', { correct: correct(scores, target), probabilities: probabilities(scores) })
    const found = await run(graph, { scores: [2, -2, 0, Math.log(3)], target: [1, 1, 0, 1] })
    expect(found.correct).toEqual([3])
    expect(apart(found.probabilities.slice(4), [1 / 2, 1 / 2, 1 / 4, 3 / 4])).toBeLessThan(1e-6)
    expect(outputs(2)).toBe(1)
    expect(await failure(() => outputs(3))).toBe(
      'data: binaryCrossEntropy tells two classes apart, the data have 3 → use loss.softmaxCrossEntropy()',
    )
  })
  test('smoothed labels by hand: 0.9·(−log p of the class) + 0.1·(their mean)', async () => {
    const scores = one([Math.log(1), Math.log(2), Math.log(5)])
    const [of1, of2, of5] = [8, 4, 8 / 5].map(Math.log)
    const found = await lossInFloat64(softmaxCrossEntropy({ smoothing: 0.1 }), scores, { shape: [1], values: [2] })
    // The constants are float32 numbers.
    expect(found.perExample[0]).toBeCloseTo(0.9 * of5 + (0.1 / 3) * (of1 + of2 + of5), 6)
    expect(softmaxCrossEntropy({ smoothing: 0.1 }).name).toBe('softmaxCrossEntropy(smoothing 0.1)')
  })
  test('sequences: each example counts by the share of its positions that are right; the SVM’s mean', async () => {
    const builder = new Builder(operators)
    const scores = builder.input('scores', 'float32', [2, 2, 2])
    const target = builder.input('target', 'int32', [2, 2])
    const graph = builder.graph('count', {
      correct: correctCount(scores, target),
      margins: structuredSvm().perExample(scores, target),
    })
    const feeds = { scores: [1, 2, 3, 1, 0, 5, 5, 0], target: [1, 1, 1, 0] }
    // Margins: 1 − 1 = 0 and 3 − 1 + 1 = 3; none.
    expect(await run(graph, feeds)).toEqual({ correct: [1.5], margins: [1.5, 0] })
  })
  test('correct answers are counted; of equal scores the first one counts', async () => {
    const builder = new Builder(operators)
    const scores = builder.input('scores', 'float32', [4, 3])
    const target = builder.input('target', 'int32', [4])
    const graph = builder.graph('count', { correct: correctCount(scores, target) })
    const feeds = { scores: [1, 2, 3, 3, 2, 1, 5, 5, 0, 5, 5, 0], target: [2, 1, 0, 1] }
    expect((await run(graph, feeds)).correct).toEqual([2])
  })
  test('probabilities: softmax of the scores, and only for the loss that gives them a meaning', async () => {
    const builder = new Builder(operators)
    const scores = builder.input('scores', 'float32', [1, 3])
    const probabilities = softmaxCrossEntropy().probabilities?.(scores)
    if (probabilities === undefined) throw new Error('no probabilities')
    const found = await run(builder.graph('p', { probabilities }), { scores: [Math.log(1), Math.log(2), Math.log(5)] })
    expect(apart(found.probabilities, [1 / 8, 2 / 8, 5 / 8])).toBeLessThan(1e-6)
    expect([structuredSvm().probabilities, squaredError().probabilities]).toEqual([undefined, undefined])
  })
})

describe('what does not fit', () => {
  const told = (loss: Loss, output: number[], target: number[]) => failure(() => lossGraph(loss, output, target))
  test('scores and class numbers', async () => {
    const hint = 'let the last layer be nn.dense(number of classes)'
    expect(await told(softmaxCrossEntropy(), [4, 3, 2], [4])).toBe(
      `shape: the net gives float32[4,3,2] for targets int32[4], expected [batch, classes] for [batch] → ${hint}`,
    )
    expect(await told(structuredSvm(), [4, 3], [5])).toBe(
      `shape: the net gives float32[4,3] for targets int32[5], expected [batch, classes] for [batch] → ${hint}`,
    )
    expect(await told(softmaxCrossEntropy(), [4, 3], [4, 1])).toBe(
      `shape: the net gives float32[4,3] for targets int32[4,1], expected [batch, classes] for [batch] → ${hint}`,
    )
  })
  test('outputs and target values', async () => {
    expect(await told(squaredError(), [4, 3], [4, 2])).toBe(
      'shape: the net gives float32[4,3] and the targets are float32[4,2] → let the last layer have 2 units',
    )
  })
  test('distributions, binary scores', async () => {
    expect(await told(softCrossEntropy(), [4, 3], [4, 2])).toBe(
      'shape: the net gives float32[4,3] and the targets are float32[4,2] → let the last layer have 2 units',
    )
    expect(await told(binaryOfClasses, [4, 2], [4])).toBe(
      'shape: the net gives float32[4,2] for targets int32[4], expected one score each → let the last layer be nn.dense(1)',
    )
  })
  test('numbers out of range', async () => {
    expect(await failure(() => softmaxCrossEntropy({ smoothing: 1 }))).toBe(
      'usage: smoothing is 1, expected a number in [0, 1)',
    )
    expect(await failure(() => huber({ delta: 0 }))).toBe('usage: delta is 0, expected a number above 0')
  })
  test('a margin of 0', async () => {
    expect(await failure(() => structuredSvm({ margin: 0 }))).toBe('usage: margin is 0, expected a number above 0')
  })
})
