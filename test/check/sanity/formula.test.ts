/** @file Losses in plain numbers, and the loss at chance, against hand calculation and against the graphs' own losses. */
import { beforeAll, describe, expect, test } from 'vitest'
import { RandomStream } from '../../../src/base/random.ts'
import { tensor } from '../../../src/base/tensor.ts'
import { chooseFew, reachable } from '../../../src/check/sanity/few.ts'
import { bestConstant, lossOf } from '../../../src/check/sanity/formula.ts'
import type { Sample } from '../../../src/check/sanity/sample.ts'
import { type Engine, evaluate } from '../../../src/engine/engine.ts'
import { nativeEngine } from '../../../src/engine/native.ts'
import { Builder } from '../../../src/graph/graph.ts'
import { operators } from '../../../src/graph/ops/index.ts'
import type { Loss, LossFormula } from '../../../src/nn/loss.ts'
import * as loss from '../../../src/nn/loss.ts'

let engine: Engine
beforeAll(async () => {
  engine = await nativeEngine({ threads: 1 })
})

const rows = (count: number) => Array.from({ length: count }, (_, k) => k)

describe('each loss says a formula that gives its own values', () => {
  const all: [Loss, number[], number[]][] = [
    [loss.softmaxCrossEntropy(), [6, 4], [6]],
    [loss.softmaxCrossEntropy({ smoothing: 0.2 }), [6, 4], [6]],
    [loss.softmaxCrossEntropy(), [6, 3, 4], [6, 3]],
    [loss.structuredSvm({ margin: 0.7 }), [6, 4], [6]],
    [loss.structuredSvm(), [6, 3, 4], [6, 3]],
    [loss.softCrossEntropy(), [6, 4], [6, 4]],
    [loss.softCrossEntropy(), [6, 2, 4], [6, 2, 4]],
    [loss.binaryCrossEntropy(), [6, 4], [6, 4]],
    [loss.binaryCrossEntropy().forClasses as Loss, [6, 1], [6]],
    [loss.squaredError(), [6, 4], [6, 4]],
    [loss.absoluteError(), [6, 4], [6, 4]],
    [loss.huber({ delta: 0.5 }), [6, 4], [6, 4]],
  ]
  test.each(all.map(([of, scores, targets]) => [`${of.name} on [${scores}]`, of, scores, targets] as const))(
    '%s',
    async (_, of, scoresShape, targetsShape) => {
      const random = new RandomStream(1, 'scores')
      const draw = (shape: readonly number[], next: () => number) =>
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, next)
      const scores = tensor(
        'float32',
        scoresShape,
        draw(scoresShape, () => 2 * random.normal()),
      )
      const classes = scoresShape.at(-1) as number
      const labelled = of.task === 'classification'
      const values = draw(targetsShape, () => (labelled ? random.integer(Math.max(2, classes)) : random.uniform()))
      const targets = labelled
        ? tensor('int32', targetsShape, Int32Array.from(values))
        : tensor('float32', targetsShape, values)
      const builder = new Builder(operators)
      const each = of.perExample(
        builder.input('scores', 'float32', scoresShape),
        builder.input('targets', targets.dtype, targetsShape),
      )
      const { losses } = await evaluate(engine, builder.graph('loss', { losses: each }), { scores, targets })
      const formula = of.formula?.(scoresShape) as LossFormula
      const [scoresLength, targetsLength] = [scores.data.length / 6, targets.data.length / 6]
      rows(6).forEach((k) => {
        const example = {
          scores: scores.data,
          scoresAt: k * scoresLength,
          scoresLength,
          targets: targets.data,
          targetsAt: k * targetsLength,
          targetsLength,
        }
        expect(losses.data[k]).toBeCloseTo(lossOf(formula, example), 4)
      })
    },
  )
})

describe('the loss at chance', () => {
  const labels = (...values: number[]) => ({ values, width: 1, classes: 4 })
  test('softmax: ln C where classes are equally frequent', () =>
    expect(bestConstant({ kind: 'softmax', smoothing: 0 }, labels(0, 1, 2, 3), rows(4))).toBeCloseTo(Math.log(4), 12))
  test('softmax: the entropy of the shares ½, ¼, ¼, which is 1.5 ln 2', () =>
    expect(bestConstant({ kind: 'softmax', smoothing: 0 }, labels(0, 0, 1, 2), rows(4))).toBeCloseTo(
      1.5 * Math.LN2,
      12,
    ))
  test('smoothing: one class alone has the entropy of its smoothed target', () => {
    // 0.7 and three times 0.1.
    const expected = -(0.7 * Math.log(0.7) + 0.3 * Math.log(0.1))
    expect(bestConstant({ kind: 'softmax', smoothing: 0.4 }, labels(1, 1), rows(2))).toBeCloseTo(expected, 12)
  })
  test('distributions: the entropy of their mean', () => {
    const targets = { values: [1, 0, 0.5, 0.5], width: 2, classes: 2 }
    const expected = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))
    expect(bestConstant({ kind: 'distribution', classes: 2 }, targets, rows(2))).toBeCloseTo(expected, 12)
  })
  test('binary: ln 2 for a half, averaged over outputs', () => {
    const targets = { values: [1, 1, 0, 1], width: 2, classes: 2 }
    expect(bestConstant({ kind: 'binary' }, targets, rows(2))).toBeCloseTo(Math.LN2 / 2, 12)
  })
  test('hinge: (C − 1)·margin', () =>
    expect(bestConstant({ kind: 'hinge', margin: 2 }, labels(0, 1, 2, 3), rows(4))).toBe(6))
  test('hinge: a rare class is given up: a tenth of 2 + 2·1', () => {
    const targets = labels(...new Array<number>(9).fill(0), 1)
    expect(bestConstant({ kind: 'hinge', margin: 1 }, targets, rows(10))).toBeCloseTo(0.4, 12)
  })
  test('squared: the variance; absolute: the distance from the median', () => {
    const targets = { values: [0, 0, 1, 7], width: 1, classes: 1 }
    expect(bestConstant({ kind: 'squared' }, targets, rows(4))).toBe(8.5)
    expect(bestConstant({ kind: 'absolute' }, targets, rows(4))).toBeCloseTo(2, 9)
  })
  test('Huber: half the variance where all are near, δ·(distance − ½δ) where far', () => {
    expect(bestConstant({ kind: 'huber', delta: 10 }, { values: [0, 2], width: 1, classes: 1 }, rows(2))).toBeCloseTo(
      0.5,
      9,
    )
    // 1·(5 − ½) on both sides of the middle.
    expect(bestConstant({ kind: 'huber', delta: 1 }, { values: [0, 10], width: 1, classes: 1 }, rows(2))).toBeCloseTo(
      4.5,
      6,
    )
  })
})

describe('the least that a net can reach', () => {
  const sample = (inputs: number[], width: number, targets: number[], targetWidth = 1): Sample => ({
    rows: Uint32Array.from(rows(inputs.length / width)),
    inputs: Float32Array.from(inputs),
    width,
    targets: Int32Array.from(targets),
    targetWidth,
    whole: true,
  })
  const softmax: LossFormula = { kind: 'softmax', smoothing: 0 }

  test('0 where all inputs differ', () => expect(reachable(softmax, sample([1, 2, 3], 1, [0, 1, 0]), 2, 1)).toBe(0))
  test('two rows alike with other labels: ln 2 for these two of three', () =>
    expect(reachable(softmax, sample([1, 1, 3], 1, [0, 1, 0]), 2, 1)).toBeCloseTo((2 * Math.LN2) / 3, 12))
  test('sequences that begin alike: ln 2 at the first of two steps', () => {
    const two = sample([5, 1, 5, 2], 2, [0, 0, 1, 1], 2)
    expect(reachable(softmax, two, 2, 2)).toBeCloseTo(Math.LN2 / 2, 12)
  })
  test('examples are chosen with different inputs, every class in its turn', () => {
    const given = sample([1, 1, 2, 3, 4, 5, 6, 7], 1, [0, 0, 0, 0, 0, 0, 1, 2])
    const few = chooseFew(given, 4, true, 0)
    expect(new Set(few.inputs).size).toBe(4)
    expect([...new Set(few.targets)].sort()).toEqual([0, 1, 2])
  })
})
