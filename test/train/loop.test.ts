/** @file The training loop: events, weights of batches, measurements, interruption, divergence, regression. */
import { describe, expect, test } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { dataset, subset } from '../../src/data/dataset.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { dense, dropout, relu, sequential, tanh } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy, squaredError } from '../../src/nn/loss.ts'
import { l1, l2, sum } from '../../src/nn/penalty.ts'
import { momentum } from '../../src/optim/momentum.ts'
import { constant, step } from '../../src/optim/schedule.ts'
import { sgd } from '../../src/optim/sgd.ts'
import type { TrainingEvent } from '../../src/train/events.ts'
import { forwardGraph } from '../../src/train/graphs.ts'
import { type RunOptions, runTraining, type TrainingResult } from '../../src/train/loop.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../src/train/plan.ts'
import { blobs, waves } from './nets.ts'
import { engine } from './steps.ts'

function plan(parts: Partial<PlanParts> = {}): TrainingPlan {
  return makePlan({
    model: sequential(dense(8), tanh(), dense(3)),
    loss: softmaxCrossEntropy(),
    update: momentum({ learningRate: 0.1 }),
    training: blobs(50, 6, 3),
    validation: blobs(20, 6, 3, 2),
    epochs: 2,
    batchSize: 10,
    seed: 1,
    ...parts,
  })
}

async function train(
  of: TrainingPlan,
  options: RunOptions = {},
): Promise<TrainingResult & { events: TrainingEvent[] }> {
  const events: TrainingEvent[] = []
  const result = await runTraining(of, engine, {
    ...options,
    onEvent(event) {
      events.push(event)
      options.onEvent?.(event)
    },
  })
  return { ...result, events }
}

/** Mean cross-entropy and accuracy of a net on data, by the definition, in float64 from the net's float32 scores. */
async function measuredByHand({ net }: TrainingPlan, { parameters }: TrainingResult, data = blobs(20, 6, 3, 2)) {
  const [rows] = data.inputs.shape
  const { graph } = forwardGraph(net, rows)
  const { output } = await evaluate(engine, graph, { ...parameters, input: data.inputs })
  const scores = numbers(output)
  const classes = data.classes.length
  let [loss, correct] = [0, 0]
  for (let row = 0; row < rows; row++) {
    const of = scores.slice(row * classes, (row + 1) * classes)
    const target = data.targets.data[row]
    loss += Math.log(of.reduce((total, score) => total + Math.exp(score - of[target]), 0))
    if (of[target] === Math.max(...of)) correct++
  }
  return { loss: loss / rows, accuracy: correct / rows, examples: rows }
}

describe('events', () => {
  const of = plan({
    name: 'two parts of blobs',
    penalty: sum(l1(0.25), l2(0.5)),
    update: momentum({ learningRate: step({ from: 0.1, factor: 0.5, everyEpochs: 1 }) }),
    hyper: { hidden: 8 },
  })

  test.each(['wasm', 'nodes'] as const)('%s: start, epoch 0, steps and epochs in turn, end', async (form) => {
    const { events, epochs, start, steps, outcome } = await train(of, { form })
    const kinds = events.map(({ type }) => type).filter((type, i, all) => type !== 'steps' || all[i - 1] !== 'steps')
    expect(kinds).toEqual(['start', 'epoch', 'steps', 'epoch', 'steps', 'epoch', 'end'])
    expect(events[0]).toBe(start)
    expect(events.filter(({ type }) => type === 'epoch')).toEqual(epochs)
    expect(events.at(-1)).toEqual({ type: 'end', outcome: { reason: 'finished' }, epoch: 2, step: 10 })
    expect([outcome, steps]).toEqual([{ reason: 'finished' }, 10])
  })

  test('start: what is trained, on what, with what', async () => {
    const { start } = await train(of)
    const zero = { mean: 0, deviation: 0, min: 0, max: 0 }
    const drawn = (units: number) => expect.objectContaining({ units, distinctUnits: units })
    expect(start).toEqual({
      type: 'start',
      seed: 1,
      data: {
        name: 'two parts of blobs',
        task: 'classification',
        training: 50,
        validation: 20,
        featureShape: [6],
        classes: ['class 0', 'class 1', 'class 2'],
      },
      parameters: [
        { name: 'dense1.weight', shape: [6, 8], fanIn: 6, fanOut: 8, layer: 'dense1', initial: drawn(8) },
        { name: 'dense1.bias', shape: [8], layer: 'dense1', initial: zero },
        { name: 'dense2.weight', shape: [8, 3], fanIn: 8, fanOut: 3, layer: 'dense2', initial: drawn(3) },
        { name: 'dense2.bias', shape: [3], layer: 'dense2', initial: zero },
      ],
      layers: [
        { name: 'dense1', kind: 'dense', shape: [8], options: { units: 8, init: 'he', bias: true } },
        { name: 'tanh1', kind: 'tanh', shape: [8] },
        { name: 'dense2', kind: 'dense', shape: [3], options: { units: 3, init: 'he', bias: true } },
      ],
      graph: { output: 'Gemm', linear: [], nonlinear: ['Tanh'], unused: [] },
      rule: {
        name: 'momentum',
        dialect: 'cs231n',
        hyper: { learningRate: 0.1, mu: 0.9 },
        scheduled: ['learningRate'],
        states: ['velocity'],
      },
      // Five steps an epoch, half the rate in the second.
      learningRates: Array.from({ length: 10 }, (_, step) => ({ epoch: step / 5, rate: step < 5 ? 0.1 : 0.05 })),
      loss: 'softmaxCrossEntropy',
      penalty: 'l1(0.25) + l2(0.5)',
      update: 'momentum (cs231n), learningRate step(0.1, times 0.5 every 1 epochs), mu 0.9',
      epochs: 2,
      batchSize: 10,
      hyper: { hidden: 8 },
      engine: engine.description,
      form: 'nodes',
      threads: 1,
    })
  })

  test('steps: every loss once, in order, with the epochs done before the first', async () => {
    for (const form of ['wasm', 'nodes'] as const) {
      const { events } = await train(of, { form })
      const told = events.filter((event) => event.type === 'steps')
      let next = 0
      for (const { first, epoch, losses } of told) {
        expect([first, epoch]).toEqual([next, next / 5])
        next += losses.length
      }
      expect(next).toBe(10)
      expect(told.flatMap(({ losses }) => losses).every(Number.isFinite)).toBe(true)
    }
  })

  test('epochs: before the first without training; the learning rate of the last update; no times without a clock', async () => {
    const { epochs } = await train(of)
    expect(epochs.map(({ epoch, step: at, learningRate }) => [epoch, at, learningRate])).toEqual([
      [0, 0, 0.1],
      [1, 5, 0.1],
      [2, 10, 0.05],
    ])
    expect(epochs.map(({ training }) => training?.examples)).toEqual([undefined, 50, 50])
    expect(epochs.every((event) => !('seconds' in event))).toBe(true)
  })

  test('with a clock: seconds since the start, and steps a second of training alone', async () => {
    let now = 5000
    const { epochs, stepsPerSecond, events } = await train(of, { now: () => (now += 100) })
    expect(epochs.map(({ seconds }) => Number(seconds) > 0)).toEqual([true, true, true])
    expect(epochs[2].seconds).toBeLessThanOrEqual((now - 5000) / 1000)
    expect(stepsPerSecond).toBeGreaterThan(10 / ((now - 5000) / 1000))
    expect(events.length).toBeGreaterThan(4)
  })

  test('the penalty of the parameters as they are, by hand: ¼·Σ|w| + ½·½·Σw² over the weights, not the biases', async () => {
    const { epochs, parameters } = await train(of)
    const weights = Object.entries(parameters).filter(([name]) => name.endsWith('weight'))
    const values = weights.flatMap(([, { data }]) => [...data])
    const byHand = values.reduce((total, w) => total + 0.25 * Math.abs(w) + 0.25 * w * w, 0)
    expect(epochs[2].penalty / byHand).toBeCloseTo(1, 6)
    expect((await train(plan())).epochs.map(({ penalty }) => penalty)).toEqual([0, 0, 0])
  })
})

describe('measuring', () => {
  test.each(['wasm', 'nodes'] as const)('%s: validation equals the mean over examples by hand', async (form) => {
    const of = plan()
    const result = await train(of, { form })
    const byHand = await measuredByHand(of, result)
    const { validation } = result.epochs[2]
    expect(validation?.loss).toBeCloseTo(byHand.loss, 6)
    expect([validation?.accuracy, validation?.examples]).toEqual([byHand.accuracy, 20])
  })

  test('in several calls, the last one partial: 1100 rows', async () => {
    const validation = blobs(1100, 6, 3, 3)
    const of = plan({ validation, epochs: 1 })
    const result = await train(of)
    const byHand = await measuredByHand(of, result, validation)
    expect(result.epochs[1].validation?.loss).toBeCloseTo(byHand.loss, 6)
    expect(result.epochs[1].validation?.accuracy).toBe(byHand.accuracy)
  })

  test('dropout is off: before the first step the measurements with it and without it are the same bits', async () => {
    const layers = [dense(8), tanh(), dense(3)]
    const plain = await train(plan({ epochs: 1 }))
    const dropped = await train(plan({ model: sequential(layers[0], layers[1], dropout(0.9), layers[2]), epochs: 1 }))
    expect(dropped.epochs[0].validation).toEqual(plain.epochs[0].validation)
    expect(dropped.epochs[1].validation).not.toEqual(plain.epochs[1].validation)
  })

  test('without validation data there is none', async () => {
    const { epochs, start } = await train(plan({ validation: undefined }))
    expect(epochs.every((event) => !('validation' in event))).toBe(true)
    expect(start.data.validation).toBe(0)
  })
})

describe('the last, partial batch', () => {
  // With a learning rate of 0 nothing moves: the epoch's training loss is then that of the whole data.
  const still = sgd({ learningRate: constant(0) })

  test.each([
    ['wasm', 7, 3],
    ['nodes', 7, 3],
    ['nodes', 50, 49],
    ['nodes', 53, 1],
    ['wasm', 10, 10],
  ] as const)('%s, %i rows in batches of %i: the epoch’s loss is the mean over rows', async (form, rows, batchSize) => {
    const training = blobs(rows, 6, 3)
    const of = plan({ training, validation: training, batchSize, update: still, epochs: 1 })
    const result = await train(of, { form })
    const byHand = await measuredByHand(of, result, training)
    const [, { training: measured, validation }] = result.epochs
    expect(measured?.loss).toBeCloseTo(byHand.loss, 6)
    expect(validation?.loss).toBeCloseTo(byHand.loss, 6)
    expect([measured?.accuracy, measured?.examples]).toEqual([byHand.accuracy, rows])
    expect(result.steps).toBe(Math.ceil(rows / batchSize))
  })

  test('its step is the mean over its own rows: one row alone moves as far as the same row thrice', async () => {
    const one = blobs(1, 6, 3)
    const thrice = subset(one, [0, 0, 0])
    const found = await Promise.all(
      [one, thrice].map((training) =>
        train(plan({ training, validation: undefined, batchSize: 3, epochs: 1, update: sgd({ learningRate: 1 }) })),
      ),
    )
    const [a, b] = found.map(({ parameters }) => parameters)
    for (const name of Object.keys(a))
      for (const [i, value] of a[name].data.entries()) expect(b[name].data[i]).toBeCloseTo(value, 6)
  })

  test('a batch size above the number of rows is one batch of all', async () => {
    const { start, steps } = await train(plan({ batchSize: 1000 }))
    expect([start.batchSize, steps]).toEqual([50, 2])
  })
})

describe('interruption', () => {
  /** Aborts in the event in which the given step is told. */
  const abortAt = (atStep: number, of: TrainingPlan, form: 'wasm' | 'nodes') => {
    const stop = new AbortController()
    return train(of, {
      form,
      signal: stop.signal,
      onEvent(event) {
        if (event.type === 'steps' && event.first + event.losses.length > atStep) stop.abort()
      },
    })
  }

  test('within a call: no step is made after it, and the outcome says so', async () => {
    const { outcome, steps, events } = await abortAt(2, plan({ epochs: 100 }), 'wasm')
    expect(outcome).toEqual({ reason: 'interrupted' })
    expect(steps).toBe(3)
    expect(events.at(-1)).toEqual({ type: 'end', outcome, epoch: 0.6, step: 3 })
  })

  test('where several steps are one call, after that call', async () => {
    const { outcome, steps } = await abortAt(2, plan({ epochs: 100 }), 'nodes')
    expect([outcome.reason, steps]).toEqual(['interrupted', 5])
  })

  test('what was reached is measured and kept: the same bits as a run of that length', async () => {
    const whole = await train(plan({ epochs: 1 }), { form: 'wasm' })
    const cut = await abortAt(4, plan({ epochs: 100 }), 'wasm')
    expect(cut.outcome.reason).toBe('interrupted')
    expect(cut.parameters).toEqual(whole.parameters)
    const [last] = cut.epochs.slice(-1)
    expect([last.epoch, last.step, last.validation]).toEqual([1, 5, whole.epochs[1].validation])
    expect(last.validation?.loss).toBeCloseTo((await measuredByHand(plan(), cut)).loss, 6)
  })

  test('in the middle of an epoch too', async () => {
    const cut = await abortAt(6, plan({ epochs: 100 }), 'wasm')
    const [last] = cut.epochs.slice(-1)
    expect([last.epoch, last.step, last.training?.examples]).toEqual([1.4, 7, 20])
    expect(last.validation?.loss).toBeCloseTo((await measuredByHand(plan(), cut)).loss, 6)
  })

  test('before it began: no step', async () => {
    const { outcome, steps, events } = await train(plan({ epochs: 100 }), { signal: AbortSignal.abort(), form: 'wasm' })
    expect([outcome.reason, steps]).toEqual(['interrupted', 0])
    expect(events.map(({ type }) => type)).toEqual(['start', 'epoch', 'end'])
  })

  test('after the last step it changes nothing: the run is finished', async () => {
    const { outcome, epochs } = await abortAt(9, plan({ epochs: 2 }), 'wasm')
    expect(outcome).toEqual({ reason: 'finished' })
    expect(epochs).toHaveLength(3)
    expect(epochs[2].training?.examples).toBe(50)
  })

  test('at the end of an epoch nothing of it is lost', async () => {
    const cut = await abortAt(4, plan({ epochs: 100 }), 'wasm')
    expect(cut.epochs.map(({ epoch, training }) => [epoch, training?.examples])).toEqual([
      [0, undefined],
      [1, 50],
    ])
  })

  test('from outside, by a timer, with a clock', async () => {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), 30)
    const { outcome } = await train(plan({ epochs: 100_000 }), { signal: stop.signal, now: () => performance.now() })
    clearTimeout(timer)
    expect(outcome).toEqual({ reason: 'interrupted' })
  })
})

test('a schedule is never asked for a place after the last update', async () => {
  const asked: number[] = []
  const decay = ({ step }: { step: number }) => {
    asked.push(step)
    return 0.1 * (1 - step / 9)
  }
  const { outcome, epochs } = await train({ ...plan({ epochs: 2 }), update: momentum({ learningRate: decay }) })
  expect(outcome.reason).toBe('finished')
  expect(Math.max(...asked)).toBe(9)
  expect(epochs[2].learningRate).toBe(0)
})

describe('divergence', () => {
  const hint =
    'lower the learning rate, a tenth of it at first; if that does not help, check the inputs for extreme values'

  test.each(['wasm', 'nodes'] as const)('%s, learning rate a million: an outcome, no exception', async (form) => {
    const of = plan({ model: sequential(dense(8), relu(), dense(8), relu(), dense(3)), epochs: 50 })
    const wild = { ...of, update: momentum({ learningRate: 1e6 }) }
    const { outcome, events, steps, stepsPerSecond } = await train(wild, { form, now: () => performance.now() })
    if (outcome.reason !== 'diverged') throw new Error(`the outcome is ${outcome.reason}`)
    const losses = events.flatMap((event) => (event.type === 'steps' ? event.losses : []))
    const bad = losses.findIndex((loss) => !(loss < 1e6 * losses[0]))
    expect(bad).toBe(losses.length - 1) // told up to the loss that went wrong, and no further
    expect(outcome).toEqual({
      reason: 'diverged',
      message: expect.stringMatching(
        `^the loss exploded to [^ ]+ at step ${bad}, from 1\\.\\d+ at the first; `,
      ) as string,
      hint,
      first: 'loss',
    })
    expect(steps).toBe(bad) // the parameters are those before it
    expect(stepsPerSecond).toBeLessThan(1e7)
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome })
    expect(events.filter(({ type }) => type === 'end')).toHaveLength(1)
  })

  test.each(['wasm', 'nodes'] as const)('%s: by the very last update, which no loss shows', async (form) => {
    const of = plan({ training: blobs(10, 6, 3), epochs: 1, update: sgd({ learningRate: 1e300 }) })
    const { outcome, epochs } = await train(of, { form })
    expect(outcome).toEqual({
      reason: 'diverged',
      message: expect.stringMatching(
        /^a value of dense1\.weight became (NaN|-?Infinity) in the update of step 0$/,
      ) as string,
      hint,
      first: 'dense1.weight',
    })
    expect(epochs).toHaveLength(2)
  })

  test('a sound run is left alone', async () => expect((await train(plan())).outcome.reason).toBe('finished'))
})

describe('regression', () => {
  // Least squares by the normal equations: x = 0, 1, 2, 3; y = 1, 3, 2, 5; means 1.5 and 2.75; Σ(x − x̄)(y − ȳ) = 5.5, Σ(x − x̄)² = 5:
  // slope 1.1, intercept 2.75 − 1.1·1.5 = 1.1. Residuals −.1, .8, −1.3, .6: mean square (.01 + .64 + 1.69 + .36) / 4 = .675.
  const line = dataset({
    name: 'line',
    inputs: [[0], [1], [2], [3]],
    targets: [[1], [3], [2], [5]],
    task: 'regression',
  })

  test('one linear unit finds the least-squares line', async () => {
    const { epochs, parameters, start } = await train(
      makePlan({
        model: sequential(dense(1)),
        loss: squaredError(),
        update: sgd({ learningRate: 0.1 }),
        training: line,
        validation: line,
        epochs: 300,
        batchSize: 4,
        seed: 1,
      }),
    )
    expect(parameters['dense1.weight'].data[0]).toBeCloseTo(1.1, 5)
    expect(parameters['dense1.bias'].data[0]).toBeCloseTo(1.1, 5)
    const last = epochs[300]
    expect(last.validation?.loss).toBeCloseTo(0.675, 5)
    expect(last.training?.loss).toBeCloseTo(0.675, 5)
    expect([last.validation, last.training, start.data].some((told) => 'accuracy' in (told ?? {}))).toBe(false)
    expect('classes' in start.data).toBe(false)
  })

  test('several outputs: the loss is the mean over examples and outputs', async () => {
    const data = waves(30, 2, 3)
    const of = makePlan({
      model: sequential(dense(3)),
      loss: squaredError(),
      update: sgd({ learningRate: constant(0) }),
      training: data,
      epochs: 1,
      batchSize: 7,
      seed: 1,
    })
    const { epochs, parameters } = await train(of)
    const { output } = await evaluate(engine, forwardGraph(of.net, 30).graph, { ...parameters, input: data.inputs })
    const squares = numbers(output).map((value, i) => (value - data.targets.data[i]) ** 2)
    expect(epochs[1].training?.loss).toBeCloseTo(squares.reduce((total, square) => total + square, 0) / 90, 5)
  })
})

describe('order and randomness', () => {
  test('another seed: another order, other first values, other masks; the same seed: the same', async () => {
    const of = (seed: number) => plan({ model: sequential(dense(8), dropout(0.5), dense(3)), seed })
    const [a, b, c] = [await train(of(1)), await train(of(1)), await train(of(2))]
    expect(b.parameters).toEqual(a.parameters)
    expect(c.parameters['dense1.weight']).not.toEqual(a.parameters['dense1.weight'])
  })
  test('every epoch shuffles anew: rows are visited once each, in another order', async () => {
    // One row a batch and a learning rate of 0: the losses of an epoch are those of the rows, in the order of the epoch.
    const of = plan({ batchSize: 1, update: sgd({ learningRate: constant(0) }), training: blobs(20, 6, 3) })
    const { events } = await train(of)
    const losses = events.flatMap((event) => (event.type === 'steps' ? event.losses : []))
    const [first, second] = [losses.slice(0, 20), losses.slice(20)]
    expect(second).not.toEqual(first)
    expect(second.toSorted((x, y) => x - y)).toEqual(first.toSorted((x, y) => x - y))
  })
  test('masks differ from step to step and from epoch to epoch', async () => {
    // The same row again and again, and nothing moves: only the mask can change the loss.
    const of = plan({
      model: sequential(dropout(0.5), dense(3)),
      training: subset(blobs(1, 20, 3), [0, 0, 0]),
      validation: undefined,
      batchSize: 1,
      epochs: 3,
      update: sgd({ learningRate: constant(0) }),
    })
    for (const form of ['wasm', 'nodes'] as const) {
      const { events } = await train(of, { form })
      const losses = events.flatMap((event) => (event.type === 'steps' ? event.losses : []))
      expect(losses).toHaveLength(9)
      expect(new Set(losses).size).toBe(9)
    }
  })
})

test('sessions are given back: after a run, an interrupted one and one that fails', async () => {
  let open = 0
  const counting: typeof engine = {
    ...engine,
    async compile(graph, options) {
      const executable = await engine.compile(graph, options)
      open++
      return {
        ...executable,
        async release() {
          open--
          await executable.release()
        },
      }
    },
  }
  await runTraining(plan({ training: blobs(57, 6, 3), penalty: l2(0.1) }), counting)
  expect(open).toBe(0)
  await runTraining(plan(), counting, { signal: AbortSignal.abort() })
  expect(open).toBe(0)
  const failing = runTraining(plan(), counting, {
    onEvent() {
      throw new Error('the listener failed')
    },
  })
  await expect(failing).rejects.toThrow('the listener failed')
  expect(open).toBe(0)
})
