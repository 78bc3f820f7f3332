/** @file Layers that normalise, as PyTorch has them: values, gradients, running values, a training run; what is refused. */
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Value } from '../../src/graph/types.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { initialValue, type Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { sgd } from '../../src/optim/sgd.ts'
import type { NetDescription } from '../../src/train/graphs.ts'
import { modelFile } from '../../src/train/model-file.ts'
import { bufferValues, parameterValues } from '../../src/train/state.ts'
import { failure } from '../data/failure.ts'
import { fixed, stepThrough } from '../train/steps.ts'
import type { LayerCase, Recorded } from './fixtures.ts'
import { apart, build, run } from './twin.ts'

interface BatchNormCase {
  readonly momentum: number
  readonly steps: readonly (LayerCase & { readonly running: Readonly<Record<string, Recorded>> })[]
  readonly evaluation: LayerCase
}
interface Recordings {
  readonly batchNorm: Readonly<Record<string, BatchNormCase>>
  readonly others: Readonly<Record<string, LayerCase>>
  readonly training: {
    readonly start: readonly Recorded[]
    readonly inputs: Recorded
    readonly targets: Recorded
    readonly losses: readonly number[]
    readonly end: Readonly<Record<string, Recorded>>
    readonly evaluated: Recorded
  }
}
const recordings = JSON.parse(
  readFileSync(new URL('../fixtures/nn/normalisation.json', import.meta.url), 'utf8'),
) as Recordings

/** Output, gradients and what the buffers become, in float64. @param buffers values of the buffers before */
async function pass(
  layer: Layer,
  given: LayerCase,
  buffers: Readonly<Record<string, readonly number[]>>,
  training: boolean,
) {
  const { context, x, y } = build(layer, given.input.shape, training)
  const seed = context.builder.input('cotangent', 'float32', y.shape)
  const wrt = [x, ...context.parameters.map(({ value }) => value)]
  const outputs: Record<string, Value> = { output: y }
  gradients(op.reduceSum(op.mul(y, seed)), wrt).forEach((slope, i) => {
    outputs[`gradient/${wrt[i].name}`] = slope
  })
  for (const { name, next } of context.buffers) if (next !== undefined) outputs[`next/${name}`] = next
  const parameters = Object.entries(given.parameters).map(([name, { value }]) => [name, value.values])
  return run(toFloat64(context.builder.graph('layer', outputs), operators), {
    ...Object.fromEntries(parameters),
    ...buffers,
    input: given.input.values,
    cotangent: given.cotangent.values,
  })
}

function compare(found: Readonly<Record<string, readonly number[]>>, given: LayerCase): void {
  expect(apart(found.output, given.output.values)).toBeLessThan(1e-13)
  expect(apart(found['gradient/input'], given.inputGradient.values)).toBeLessThan(1e-12)
  for (const [name, { gradient }] of Object.entries(given.parameters))
    expect(apart(found[`gradient/${name}`], gradient.values)).toBeLessThan(1e-12)
}

describe('batchNorm is PyTorch’s, three steps in training and then in evaluation', () => {
  test.each(Object.entries(recordings.batchNorm))('%s', async (_name, { momentum, steps, evaluation }) => {
    const layer = nn.batchNorm({ momentum })
    const channels = steps[0].input.shape[1]
    let buffers = { mean: new Array<number>(channels).fill(0), variance: new Array<number>(channels).fill(1) }
    for (const step of steps) {
      const found = await pass(layer, step, buffers, true)
      compare(found, step)
      buffers = { mean: found['next/mean'], variance: found['next/variance'] }
      expect(apart(buffers.mean, step.running.mean.values)).toBeLessThan(1e-13)
      expect(apart(buffers.variance, step.running.variance.values)).toBeLessThan(1e-13)
    }
    const found = await pass(layer, evaluation, buffers, false)
    compare(found, evaluation)
    expect(Object.keys(found).filter((name) => name.startsWith('next/'))).toEqual([])
  })

  test('onnx: the momentum is the weight of the old value, the variance the population’s', async () => {
    const { momentum, steps } = recordings.batchNorm.images
    const layer = nn.batchNorm({ dialect: 'onnx', momentum: 1 - momentum })
    let buffers = { mean: [0, 0, 0], variance: [1, 1, 1] }
    for (const step of steps) {
      const found = await pass(layer, step, buffers, true)
      compare(found, step)
      buffers = { mean: found['next/mean'], variance: found['next/variance'] }
      expect(apart(buffers.mean, step.running.mean.values)).toBeLessThan(1e-13)
      expect(apart(buffers.variance, step.running['population variance'].values)).toBeLessThan(1e-13)
      expect(apart(buffers.variance, step.running.variance.values)).toBeGreaterThan(1e-3)
    }
  })

  test.each([
    ['pytorch', [0.1 * 3, 0.9 + 0.1 * (14 / 3)]],
    ['onnx', [0.1 * 3, 0.9 + 0.1 * 3.5]],
  ] as const)('%s: the default momentum, by hand', async (dialect, expected) => {
    // 1, 2, 3, 6: mean 3, variance 14/4 or 14/3.
    const { context } = build(nn.batchNorm({ dialect }), [4, 1])
    const [mean, variance] = context.buffers.map(({ next }) => next as Value)
    const graph = context.builder.graph('next', { mean_next: mean, variance_next: variance })
    const found = await run(graph, { input: [1, 2, 3, 6], scale: [1], shift: [0], mean: [0], variance: [1] })
    expect(found.mean_next[0]).toBeCloseTo(expected[0], 6)
    expect(found.variance_next[0]).toBeCloseTo(expected[1], 6)
  })
})

describe('the others are PyTorch’s', () => {
  const layers: Record<string, Layer> = {
    layerNorm: nn.layerNorm(),
    'layerNorm of the last': nn.layerNorm({ axes: 1 }),
    'groupNorm(2)': nn.groupNorm(2),
    'groupNorm(1)': nn.groupNorm(1, { epsilon: 0.25 }),
    'groupNorm(4) of features in fours': nn.groupNorm(4),
  }
  test('every case has its layer', () => expect(Object.keys(layers)).toEqual(Object.keys(recordings.others)))
  test.each(Object.entries(layers))('%s', async (name, layer) => {
    const given = recordings.others[name]
    for (const training of [true, false]) compare(await pass(layer, given, {}, training), given)
  })
})

describe('parameters and buffers', () => {
  test.each<[string, Layer, number[]]>([
    ['batchNorm', nn.batchNorm(), [3]],
    ['layerNorm', nn.layerNorm(), [3, 2]],
    ['groupNorm', nn.groupNorm(3), [3]],
  ])('%s: ones and zeros, which penalties leave out', (kind, layer, shape) => {
    const { context } = build(nn.sequential(layer), [4, 3, 2])
    expect(context.parameters.map((p) => [p.name, p.value.shape, p.penalised])).toEqual([
      [`${kind}1.scale`, shape, false],
      [`${kind}1.shift`, shape, false],
    ])
    const [scale, shift] = context.parameters.map((p) => new Set(numbers(initialValue(p, 1))))
    expect([[...scale], [...shift]]).toEqual([[1], [0]])
    const buffers = context.buffers.map(({ name, value, initial }) => [name, value.shape, initial])
    const running = [
      ['batchNorm1.mean', [3], 0],
      ['batchNorm1.variance', [3], 1],
    ]
    expect(buffers).toEqual(kind === 'batchNorm' ? running : [])
  })
})

describe('a net with batchNorm learns as in PyTorch', () => {
  const { start, inputs, targets, losses, end, evaluated } = recordings.training
  const net: NetDescription = {
    model: nn.sequential(
      nn.dense(5, { init: fixed(start[0].values) }),
      nn.batchNorm(),
      nn.tanh(),
      nn.dense(2, { init: fixed(start[1].values) }),
    ),
    loss: squaredError(),
    featureShape: [4],
    targetShape: [2],
  }
  const batches = losses.map((_, i) => ({
    inputs: inputs.values.slice(i * 24, (i + 1) * 24),
    targets: targets.values.slice(i * 12, (i + 1) * 12),
  }))

  // Float32 against float64 over five steps: 1e-5 is 80 roundings.
  test.each([
    ['wasm', 1],
    ['nodes', 1],
    ['nodes', 5],
  ] as const)('%s, %i steps together; the model file too', async (form, together) => {
    const { state, losses: found } = await stepThrough(net, sgd({ learningRate: 0.25 }), batches, { form, together })
    expect(apart(found, losses)).toBeLessThan(1e-5)
    const values = { ...parameterValues(state), ...bufferValues(state) }
    for (const [name, { values: expected }] of Object.entries(end))
      expect(apart(numbers(values[`batchNorm1.${name}`]), expected)).toBeLessThan(1e-5)
    const session = await InferenceSession.create(modelFile(net, values))
    const first = Float32Array.from(batches[0].inputs)
    for (const batch of [6, 1]) {
      const feeds = { input: new RuntimeTensor('float32', first.slice(0, 4 * batch), [batch, 4]) }
      const { output } = await session.run(feeds)
      expect(apart(output.data as Float32Array, evaluated.values.slice(0, 2 * batch))).toBeLessThan(1e-5)
    }
    await session.release()
  })
})

describe('layerNorm and groupNorm in a model file work for any batch size', () => {
  test.each<[string, Layer, string]>([
    ['layerNorm', nn.layerNorm(), 'layerNorm'],
    ['groupNorm(2)', nn.groupNorm(2), 'groupNorm(2)'],
  ])('%s', async (_name, layer, recorded) => {
    const { input, output, parameters } = recordings.others[recorded]
    const [batch, ...featureShape] = input.shape
    const net: NetDescription = { model: layer, loss: squaredError(), featureShape, targetShape: featureShape }
    const values = Object.fromEntries(
      Object.entries(parameters).map(([name, { value }]) => [
        name,
        { dtype: 'float32' as const, shape: value.shape, data: Float32Array.from(value.values) },
      ]),
    )
    const session = await InferenceSession.create(modelFile(net, values))
    const feeds = { input: new RuntimeTensor('float32', Float32Array.from(input.values), [batch, ...featureShape]) }
    const found = await session.run(feeds)
    expect(apart(found.output.data as Float32Array, output.values)).toBeLessThan(1e-6)
    await session.release()
  })
})

describe('what does not fit', () => {
  const call = (made: (...args: never[]) => unknown, ...args: readonly unknown[]) =>
    failure(() => (made as (...args: readonly unknown[]) => unknown)(...args))

  test.each<[string, () => Promise<string>, string]>([
    [
      'one value a channel',
      () => failure(() => build(nn.batchNorm(), [1, 3])),
      'shape: batchNorm trains on float32[1,3]: one value a channel has no variance → train on batches of at least 2 examples',
    ],
    [
      'no channels',
      () => failure(() => build(nn.batchNorm(), [4])),
      'shape: batchNorm takes [batch, channels, …], got float32[4]',
    ],
    [
      'too many dimensions',
      () => failure(() => build(nn.layerNorm({ axes: 3 }), [4, 3, 2])),
      'shape: layerNorm over 3 dimensions got float32[4,3,2], expected [batch, …] with as many behind the first',
    ],
    [
      'groups that do not divide',
      () => failure(() => build(nn.groupNorm(4), [4, 6, 2])),
      'shape: groupNorm(4) got float32[4,6,2]: 4 does not divide 6 channels',
    ],
    [
      'a dialect',
      () => call(nn.batchNorm, { dialect: 'pytroch' }),
      'usage: batchNorm: dialect is "pytroch" → did you mean \'pytorch\'?',
    ],
    [
      'an option',
      () => call(nn.batchNorm, { momentun: 0.1 }),
      "usage: batchNorm has no option 'momentun' → did you mean 'momentum'?",
    ],
    ['momentum', () => call(nn.batchNorm, { momentum: 1.1 }), 'usage: momentum is 1.1, expected a number in [0, 1]'],
    ['epsilon', () => call(nn.layerNorm, { epsilon: 0 }), 'usage: epsilon is 0, expected a number above 0'],
    ['axes', () => call(nn.layerNorm, { axes: 0 }), 'usage: axes is 0, expected a whole number from 1 up'],
    ['groups', () => call(nn.groupNorm, 0.5), 'usage: groups is 0.5, expected a whole number from 1 up'],
  ])('%s', async (_, told, message) => expect(await told()).toBe(message))

  test('one example is enough in evaluation, and where a channel has many places', () => {
    build(nn.batchNorm(), [1, 3], false)
    build(nn.batchNorm(), [1, 3, 2])
  })
})
