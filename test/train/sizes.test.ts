/** @file How much is done in one call: steps by their estimated time, rows of a measurement by the memory that they take. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'
import { dense, functional, relu, sequential } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import type { Layer } from '../../src/nn/model.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { measuringGraph, trainingGraph } from '../../src/train/graphs.ts'
import { runTraining } from '../../src/train/loop.ts'
import { rowsAtOnce } from '../../src/train/measure.ts'
import { makePlan } from '../../src/train/plan.ts'
import { stepsAtOnce } from '../../src/train/stepper.ts'
import { blobs, digitsPlan } from './nets.ts'
import { engine } from './steps.ts'

describe('steps in one call of about 20 ms', () => {
  function negated(length: number): Graph {
    const builder = new Builder(operators)
    return builder.graph('step', { y: op.neg(builder.input('x', 'float32', [length])) })
  }
  // Half a million numbers are taken to need a millisecond, ten million multiply-adds too.
  test.each([
    [1000, 50], // the most
    [1_000_000, 10],
    [5_000_000, 2],
    [100_000_000, 1], // one there must be
  ])('%i numbers: %i', (length, steps) => expect(stepsAtOnce(negated(length), 20)).toBe(steps))

  test('products: 200 × 500 × 300 are 3 ms, and the 60,000 numbers that they give 0.12', () => {
    const builder = new Builder(operators)
    const y = op.matMul(builder.input('a', 'float32', [200, 500]), builder.input('b', 'float32', [500, 300]))
    expect(stepsAtOnce(builder.graph('step', { y }), 20)).toBe(6)
  })

  test('what a Loop does counts as often as it does it', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [100_000])
    const body = builder.nested()
    const [, going, inner] = [
      body.input('i', 'int64', []),
      body.input('going', 'bool', []),
      body.input('inner', 'float32', [100_000]),
    ]
    const trips = builder.constant(tensor('int64', [], 10))
    const [y] = builder.node('Loop', [trips, undefined, x], {
      body: body.graph('body', { still: going, negated: op.neg(inner) }),
    })
    // Ten times 0.2 ms, and a copy of a bool.
    expect(stepsAtOnce(builder.graph('step', { y }), 20)).toBe(9)
  })

  test('digits: 50', () => {
    const { net } = digitsPlan(0)
    expect(stepsAtOnce(trainingGraph(net, 100).graph, 20)).toBe(50)
  })

  // A value of 10 · 5 · 40,000 numbers, 4 ms: a run that is stopped ends after 4 steps, not 50.
  test('few parameters and large values between them: a run can stop soon', async () => {
    const ones = tensor('float32', [40_000], new Float32Array(40_000).fill(1))
    const wide = functional('wide', (x, { builder }) =>
      op.reduceMean(op.mul(op.reshape(x, [...x.shape, 1]), builder.constant(ones)), { axes: [2] }),
    )
    const stop = new AbortController()
    const plan = makePlan({
      model: sequential(wide, dense(3)),
      loss: softmaxCrossEntropy(),
      update: sgd({ learningRate: 0.1 }),
      training: blobs(500, 5, 3),
      epochs: 1,
      batchSize: 10,
      seed: 1,
    })
    const { steps, outcome } = await runTraining(plan, engine, {
      form: 'nodes',
      signal: stop.signal,
      onEvent: ({ type }) => type === 'steps' && stop.abort(),
    })
    expect([outcome.reason, steps]).toEqual(['interrupted', 4])
  })
})

describe('rows in one call of a measurement', () => {
  const rows = (...layers: readonly Layer[]) =>
    rowsAtOnce({ model: sequential(...layers), loss: softmaxCrossEntropy(), featureShape: [4], targetShape: [] })
  /** Makes [rows, 4] to [rows, 4, times] and back. */
  const wide = (times: number) =>
    functional('wide', (x) =>
      op.reduceMean(op.expand(op.reshape(x, [...x.shape, 1]), [...x.shape, times]), { axes: [2] }),
    )
  test('512 for a dense net', () => expect(rows(dense(100), relu(), dense(3))).toBe(512))
  test('its parameters may be large', () => expect(rows(dense(10_000), dense(3_000), dense(3))).toBe(512))
  // 4 · 65,536 numbers of 4 bytes are 1 MiB.
  test('64 where one row makes a tensor of 1 MiB', () => expect(rows(wide(65_536), dense(3))).toBe(64))
  test('the largest tensor counts', () => expect(rows(wide(1024), wide(131_072), wide(16), dense(3))).toBe(32))
  test('one at least', () => expect(rows(wide(2 ** 26), dense(3))).toBe(1))
  test('the inputs count too', () => {
    const net = {
      model: sequential(
        functional('first', (x) => op.slice(x, [0], [2], [1])),
        dense(3),
      ),
    }
    // 2^18 numbers a row: 1 MiB.
    expect(rowsAtOnce({ ...net, loss: softmaxCrossEntropy(), featureShape: [2 ** 18], targetShape: [] })).toBe(64)
  })

  test('1,100 rows in three calls: what one call of all gives', async () => {
    const validation = blobs(1100, 5, 3)
    const plan = makePlan({
      model: sequential(dense(4), relu(), dense(3)),
      loss: softmaxCrossEntropy(),
      update: sgd({ learningRate: 0.1 }),
      training: blobs(20, 5, 3),
      validation,
      epochs: 1,
      batchSize: 10,
      seed: 1,
    })
    const { parameters, epochs } = await runTraining(plan, engine)
    const { graph } = measuringGraph(plan.net, 1100)
    const { inputs: input, targets: target } = validation
    const { loss: sum, correct } = await evaluate(engine, graph, { ...parameters, input, target })
    const measured = epochs[1].validation
    expect([measured?.accuracy, measured?.examples]).toEqual([Number(correct.data[0]) / 1100, 1100])
    expect(measured?.loss).toBeCloseTo(Number(sum.data[0]) / 1100, 5)
  })
})
