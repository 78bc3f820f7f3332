/** @file Buffers in training: by hand, in both forms, measured, exported, restored. The layer is a running mean, a stand-in. */
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { safetensors } from '../../src/cli/safetensors.ts'
import { evaluate } from '../../src/engine/engine.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/graph/proto.ts'
import { dense, functional, sequential, tanh } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy, squaredError } from '../../src/nn/loss.ts'
import { momentum } from '../../src/optim/momentum.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { forwardGraph, type NetDescription, trainingGraph } from '../../src/train/graphs.ts'
import { type RunOptions, runTraining } from '../../src/train/loop.ts'
import { modelFile } from '../../src/train/model-file.ts'
import { makePlan, type TrainingPlan } from '../../src/train/plan.ts'
import { bufferValues, currentBuffers, initialState, type TrainingState } from '../../src/train/state.ts'
import { makeStepper, type StepForm } from '../../src/train/stepper.ts'
import { failure } from '../data/failure.ts'
import { blobs } from './nets.ts'
import { type Batch, engine, stepThrough } from './steps.ts'

/**
 * x minus the mean of what came before: mean ← ¾·mean + ¼·mean of the batch, from 8. With a buffer that never changes, one in
 * training only, and two in one place's way (3 and 1 numbers, padded).
 */
const centre = functional('centre', (x, context) => {
  const mean = context.buffer('mean', x.shape.slice(1), 8)
  const shift = context.buffer('shift', [], 0.5)
  if (context.training) {
    context.setBuffer(mean, op.add(op.mul(mean, 0.75), op.mul(op.reduceMean(x, { axes: [0] }), 0.25)))
    const steps = context.buffer('steps', [1], 0)
    context.setBuffer(steps, op.add(steps, 1))
  }
  return op.add(op.sub(x, mean), shift)
})
const forms: [StepForm, number][] = [
  ['wasm', 1],
  ['nodes', 1],
  ['nodes', 3],
]
const net: NetDescription = {
  model: sequential(centre, dense(4), tanh(), centre, dense(2)),
  loss: squaredError(),
  featureShape: [3],
  targetShape: [2],
}
const batches: Batch[] = [
  { inputs: [0, 4, 8, 16, -4, 0], targets: [1, 0, 0, 1] },
  { inputs: [4, 4, 4, 4, 4, 4], targets: [1, 1, 0, 0] },
  { inputs: [-8, 0, 8, 0, 0, 0], targets: [0, 0, 1, 1] },
]
const values = (state: TrainingState) =>
  Object.fromEntries(Object.entries(bufferValues(state)).map(([name, value]) => [name, numbers(value)]))
const rule = momentum({ learningRate: 0.05 })

test.each(forms)('%s, %i together, three steps by hand', async (form, together) => {
  const { state } = await stepThrough(net, rule, batches, { form, together })
  // Means of the batches: (8, 0, 4), (4, 4, 4), (−4, 0, 4). ¾·8 + ¼·8 = 8, then ¾·8 + ¼·4 = 7, then ¾·7 − 1 = 4.25; and so on.
  expect(values(state)['centre1.mean']).toEqual([4.25, 4.125, 5.6875])
  expect(values(state)['centre1.shift']).toEqual([0.5])
  expect(values(state)['centre1.steps']).toEqual([3])
  expect(Object.keys(values(state))).toHaveLength(6)
})

test('all forms give the same bits', async () => {
  const [a, ...others] = await Promise.all(
    forms.map(([form, together]) => stepThrough(net, rule, batches, { form, together })),
  )
  for (const b of others)
    expect([b.losses, b.parameters, values(b.state)]).toEqual([a.losses, a.parameters, values(a.state)])
})

test('the loss of a step sees the buffers from before it', async () => {
  // One input x = 4, mean 8, shift ½, no weight but −1 and no bias: y = −(4 − 8 + ½) = 3.5; then mean 7: −(4 − 7 + ½) = 2.5.
  const minus = functional('minus', (x, context) =>
    op.mul(
      context.parameter('w', [1], {
        init: { name: '−1', draw: () => Float32Array.of(-1) },
        fans: { fanIn: 1, fanOut: 1 },
        penalised: true,
      }),
      x,
    ),
  )
  const small: NetDescription = {
    model: sequential(centre, minus),
    loss: squaredError(),
    featureShape: [1],
    targetShape: [1],
  }
  const still = sgd({ learningRate: 1e-30 })
  const same = [0, 1].map(() => ({ inputs: [4], targets: [0] }))
  for (const [form, together] of [
    ['wasm', 1],
    ['nodes', 2],
  ] as const) {
    const { losses } = await stepThrough(small, still, same, { form, together })
    expect(losses).toEqual([3.5 ** 2, 2.5 ** 2])
  }
})

/** What has to be kept to go on from here: every region that is carried. */
function regions({ sets, bufferSets, current }: TrainingState): Record<string, Float32Array> {
  const roles = Object.entries(sets[current]).map(([role, { region }]) => [role, region.data])
  return { ...Object.fromEntries(roles), buffers: bufferSets[current].region.data }
}

test.each(['wasm', 'nodes'] as const)(
  '%s: kept after a step and put into a new state, it goes on with the same bits',
  async (form) => {
    const whole = await stepThrough(net, rule, batches, { form })
    const before = await stepThrough(net, rule, batches.slice(0, 1), { form })
    const kept = Object.entries(regions(before.state)).map(([name, data]) => [name, data.slice()] as const)
    const said = trainingGraph(net, 2)
    const state = initialState(said, rule, 99, form === 'wasm' ? 1 : 2)
    for (const [name, data] of kept) regions(state)[name].set(data)
    const stepper = await makeStepper(engine, net, rule, state, { form, batchSize: 2, steps: 1 })
    for (const [i, { inputs, targets }] of batches.slice(1).entries()) {
      stepper.inputs.set(inputs)
      stepper.targets.set(targets)
      await stepper.run([{ epoch: (1 + i) / 4, step: 1 + i }])
    }
    await stepper.release()
    expect(values(state)).toEqual(values(whole.state))
    expect(regions(state).x).toEqual(regions(whole.state).x)
  },
)

function plan(seed = 1, model = sequential(centre, dense(8), tanh(), centre, dense(3))): TrainingPlan {
  return makePlan({
    model,
    loss: softmaxCrossEntropy(),
    update: momentum({ learningRate: 0.1 }),
    training: blobs(50, 6, 3),
    validation: blobs(20, 6, 3, 2),
    epochs: 2,
    batchSize: 10,
    seed,
  })
}

describe.each(['wasm', 'nodes'] as const)('a run, %s', (form) => {
  const data = blobs(20, 6, 3, 2)

  test('is measured with the running values, and its file holds them', async () => {
    const of = plan()
    const { parameters, buffers, start, epochs } = await runTraining(of, engine, { form })
    expect(Object.keys(buffers)).toEqual([
      'centre1.mean',
      'centre1.shift',
      'centre1.steps',
      'centre2.mean',
      'centre2.shift',
      'centre2.steps',
    ])
    expect(numbers(buffers['centre1.steps'])).toEqual([10])
    expect(start.parameters.map(({ name }) => name)).toEqual(Object.keys(parameters))
    expect(Object.keys(parameters).filter((name) => name.startsWith('centre'))).toEqual([])

    const { graph } = forwardGraph(of.net, 20)
    const held = Object.fromEntries(Object.entries(buffers).filter(([name]) => !name.endsWith('steps')))
    const { output } = await evaluate(engine, graph, { ...parameters, ...held, input: data.inputs })
    const scores = numbers(output)
    const losses = Array.from({ length: 20 }, (_, row) => {
      const [own, target] = [scores.slice(row * 3, row * 3 + 3), data.targets.data[row]]
      return Math.log(own.reduce((sum, score) => sum + Math.exp(score - own[target]), 0))
    })
    expect(epochs.at(-1)?.validation?.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 20, 5)

    const bytes = modelFile(of.net, { ...parameters, ...buffers })
    const session = await InferenceSession.create(bytes)
    const found = await session.run({ input: new RuntimeTensor('float32', data.inputs.data, [20, 6]) })
    numbers(output).forEach((score, i) => void expect(found.output.data[i]).toBeCloseTo(score, 5))
    await session.release()

    const file = safetensors(readModel(bytes, operators, { file: 'model.onnx', dimensions: 1 }))
    const length = Number(new DataView(file.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
      string,
      { shape: number[]; data_offsets: number[] }
    >
    for (const name of ['centre1.mean', 'centre2.mean']) {
      const [from, to] = header[name].data_offsets
      expect([...new Float32Array(file.slice(8 + length + from, 8 + length + to).buffer)]).toEqual(
        numbers(buffers[name]),
      )
    }
  })

  test('the same seed gives the same bits, another seed others', async () => {
    const go = async (seed: number, options: RunOptions = {}) =>
      (await runTraining(plan(seed), engine, { form, ...options })).buffers
    expect(await go(1)).toEqual(await go(1))
    expect(await go(2)).not.toEqual(await go(1))
  })

  test('a buffer that overflows ends the run at the epoch’s end', async () => {
    const growing = functional('growing', (x, context) => {
      const size = context.buffer('size', [2], 1e38)
      if (context.training) context.setBuffer(size, op.mul(size, 10))
      return x
    })
    const { outcome } = await runTraining(plan(1, sequential(growing, dense(3))), engine, { form })
    const message = 'a value of growing1.size became Infinity in the update of step 0'
    expect(outcome).toMatchObject({ reason: 'diverged', message })
  })
})

test('a model file without them says so', async () => {
  const { net: of } = plan()
  const parameters = Object.fromEntries(
    trainingGraph(of, 1).parameters.map(({ name, value }) => [name, { ...value, data: new Float32Array(0) }]),
  )
  expect(await failure(() => modelFile(of, parameters))).toBe(
    "model: 'centre1.mean' has no value, expected float32[6] → give the values of parameters and buffers",
  )
})

test('what is handed out is a copy', () => {
  const state = initialState(trainingGraph(net, 2), rule, 1, 1)
  const copy = bufferValues(state)['centre1.mean']
  currentBuffers(state)['centre1.mean'].data.fill(1)
  expect(numbers(copy)).toEqual([8, 8, 8])
})
