/** @file Layers: values and gradients as PyTorch gives them, names, dropout, building by function, messages. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { numbers } from '../../src/base/tensor.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import * as op from '../../src/graph/op.ts'
import { constant, zeros } from '../../src/nn/init.ts'
import { initialValue, type Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { layerCases } from './fixtures.ts'
import { apart, build, layerInFloat64, run } from './twin.ts'

describe('PyTorch’s float64 values and gradients', () => {
  const models: Record<string, Layer> = {
    dense: nn.dense(4),
    'dense without bias': nn.dense(4, { bias: false }),
    relu: nn.relu(),
    leakyRelu: nn.leakyRelu(),
    'leakyRelu 0.25': nn.leakyRelu({ slope: 0.25 }),
    tanh: nn.tanh(),
    sigmoid: nn.sigmoid(),
    'flatten, dense': nn.sequential(nn.flatten(), nn.dense(2)),
    mlp: nn.sequential(nn.dense(8), nn.tanh(), nn.dense(7), nn.leakyRelu(), nn.dense(3), nn.sigmoid()),
  }
  test('every case has its model', () => expect(Object.keys(models)).toEqual(Object.keys(layerCases)))

  // 1e-13 of the greatest entry: 450 roundings of float64, for sums of at most 12 products and three layers.
  test.each(Object.entries(models))('%s', async (name, model) => {
    const { input, cotangent, output, inputGradient, parameters } = layerCases[name]
    const values = Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]))
    const found = await layerInFloat64(model, input, cotangent, values)
    expect(apart(found.output, output.values)).toBeLessThan(1e-13)
    expect(apart(found['gradient/input'], inputGradient.values)).toBeLessThan(1e-13)
    expect(Object.keys(found)).toHaveLength(2 + Object.keys(parameters).length)
    for (const [key, { gradient }] of Object.entries(parameters))
      expect(apart(found[`gradient/${key}`], gradient.values)).toBeLessThan(1e-13)
  })

  test('the comparison sees another activation, and a slope that was not rounded to float32', async () => {
    const { input, cotangent, output } = layerCases.leakyRelu
    const relu = await layerInFloat64(nn.relu(), input, cotangent)
    expect(apart(relu.output, output.values)).toBeGreaterThan(1e-3)
    const unrounded = input.values.map((x) => (x > 0 ? x : 0.01 * x))
    expect(apart(unrounded, output.values)).toBeGreaterThan(1e-10)
    expect(apart([Number.NaN, 1], [0, 1])).toBeNaN()
    expect(apart([1], [1, 1])).toBeNaN()
  })
})

const named = (model: Layer, shape: readonly number[], training = true) => build(model, shape, training).context

describe('names of parameters', () => {
  const names = (model: Layer, shape = [2, 6]) => named(model, shape).parameters.map(({ name }) => name)

  test('by kind and number, in the order of building', () => {
    const model = nn.sequential(nn.dense(5), nn.tanh(), nn.dense(4, { bias: false }), nn.dense(3))
    expect(names(model)).toEqual(['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense3.weight', 'dense3.bias'])
  })
  test('by the name that was chosen; the others are counted as if it were not there', () => {
    expect(names(nn.sequential(nn.dense(5, { name: 'hidden' }), nn.dense(3)))).toEqual([
      'hidden.weight',
      'hidden.bias',
      'dense1.weight',
      'dense1.bias',
    ])
  })
  test('nested, counted within the layer around', () => {
    const block = () => nn.sequential(nn.dense(5), nn.dense(5))
    expect(names(nn.sequential(block(), block())).filter((name) => name.endsWith('weight'))).toEqual([
      'sequential1.dense1.weight',
      'sequential1.dense2.weight',
      'sequential2.dense1.weight',
      'sequential2.dense2.weight',
    ])
  })
  test('a layer alone', () => expect(names(nn.dense(3))).toEqual(['weight', 'bias']))
  test('shapes: [features, units] and [units]', () => {
    const { parameters } = named(nn.dense(3), [7, 5])
    expect(parameters.map(({ value }) => value.shape)).toEqual([[5, 3], [3]])
    expect(parameters.map(({ fans }) => fans)).toEqual([
      { fanIn: 5, fanOut: 3 },
      { fanIn: 5, fanOut: 3 },
    ])
  })
  test('only weights are penalised', () => {
    const { parameters } = named(nn.sequential(nn.dense(5), nn.dense(3)), [2, 6])
    expect(parameters.filter(({ penalised }) => penalised).map(({ name }) => name)).toEqual([
      'dense1.weight',
      'dense2.weight',
    ])
  })
  test('the same layer twice in a net has parameters of its own each time', () => {
    const layer = nn.dense(6)
    expect(names(nn.sequential(layer, layer))).toHaveLength(4)
  })
  test('two of one name', async () => {
    const twice = nn.sequential(nn.dense(6, { name: 'a' }), nn.dense(6, { name: 'a' }))
    expect(await failure(() => names(twice))).toBe(
      "usage: two parameters are named 'a.weight' → give the layers different names",
    )
  })
})

describe('first values', () => {
  const values = (model: Layer, seed = 1) =>
    new Map(named(model, [2, 6]).parameters.map((p) => [p.name, numbers(initialValue(p, seed))]))

  test('adding layers does not change those of the others', () => {
    const small = values(nn.sequential(nn.dense(5), nn.tanh(), nn.dense(4)))
    const large = values(nn.sequential(nn.dropout(0.5), nn.dense(5), nn.relu(), nn.dense(4), nn.tanh(), nn.dense(4)))
    for (const [name, value] of small) expect(large.get(name)).toEqual(value)
    expect(large.size).toBe(small.size + 2)
  })
  test('from the stream named after the parameter: by hand, He', () => {
    const stream = new RandomStream(1, 'init/dense1.weight')
    const byHand = Array.from({ length: 30 }, () => Math.fround(Math.sqrt(2 / 6) * stream.normal()))
    expect(values(nn.sequential(nn.dense(5))).get('dense1.weight')).toEqual(byHand)
  })
  test('other layers of the same shape, and other seeds, start otherwise', () => {
    const model = nn.sequential(nn.dense(6), nn.dense(6))
    const [one, two] = [values(model, 1), values(model, 2)]
    expect(one.get('dense1.weight')).not.toEqual(one.get('dense2.weight'))
    expect(one.get('dense1.weight')).not.toEqual(two.get('dense1.weight'))
    expect(values(model, 1)).toEqual(one)
  })
  test('biases at 0, or as asked for', () => {
    expect(values(nn.sequential(nn.dense(3))).get('dense1.bias')).toEqual([0, 0, 0])
    const chosen = nn.sequential(nn.dense(3, { init: zeros(), bias: constant(0.5) }))
    expect([...values(chosen).values()]).toEqual([new Array<number>(18).fill(0), [0.5, 0.5, 0.5]])
  })
})

describe('dropout', () => {
  test('off in inference: the input itself, and nothing random is asked for', () => {
    const { context, x, y } = build(nn.dropout(0.5), [2, 3], false)
    expect(y).toBe(x)
    expect(context.randomInputs).toEqual([])
  })
  test('rate 0 is nothing', () => {
    const { x, y } = build(nn.dropout(0), [2, 3])
    expect(y).toBe(x)
  })

  // u below the rate is dropped, and what is kept is divided by the part that is kept: 1 / (1 − ¼) = 4/3.
  test('by hand: dropped where u < rate, the rest times 1 / (1 − rate); the gradient goes the same way', async () => {
    const u = [0, 0.25, 0.2499, 0.9, 0.3, 0.1]
    const x = [1, 2, 3, -4, 5, 6]
    const { context, x: input, y } = build(nn.sequential(nn.dropout(0.25, { name: 'drop' })), [2, 3])
    const { builder } = context
    const seed = builder.input('cotangent', 'float32', [2, 3])
    const [gradient] = gradients(op.reduceSum(op.mul(y, seed)), [input])
    const cotangent = [1, 10, 100, 1000, 1e4, 1e5]
    const found = await run(builder.graph('dropout', { y, gradient }), { input: x, 'drop.uniform': u, cotangent })
    const mask = [0, 4 / 3, 0, 4 / 3, 4 / 3, 0].map(Math.fround)
    expect(found.y).toEqual(x.map((value, i) => Math.fround(value * mask[i]) + 0))
    expect(found.gradient).toEqual(cotangent.map((value, i) => Math.fround(value * mask[i])))
  })

  test.each([0.1, 0.5, 0.8])('rate %d of 40,000: as many dropped, the mean kept', async (rate) => {
    const n = 40_000
    const { context, y } = build(nn.dropout(rate), [200, 200])
    const u = new Float32Array(n)
    new RandomStream(5, 'mask').fillUniform(u)
    const found = await run(context.builder.graph('dropout', { y }), {
      input: new Array<number>(n).fill(1),
      uniform: [...u],
    })
    const dropped = found.y.filter((value) => value === 0).length
    // Binomial: five standard deviations.
    expect(Math.abs(dropped / n - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / n))
    expect(new Set(found.y)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]))
    const mean = found.y.reduce((sum, value) => sum + value, 0) / n
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / n))
  })

  test('each dropout asks for numbers of its own', () => {
    const model = nn.sequential(nn.dropout(0.5), nn.dense(4), nn.dropout(0.5))
    expect(named(model, [2, 3]).randomInputs.map(({ name, value }) => [name, ...value.shape])).toEqual([
      ['dropout1.uniform', 2, 3],
      ['dropout2.uniform', 2, 4],
    ])
  })
})

describe('building by function', () => {
  // y = x + tanh(x·W + b), the residual block.
  const residual = nn.functional('residual', (x, context) =>
    op.add(x, context.apply(nn.tanh(), context.apply(nn.dense(x.shape[1]), x))),
  )
  test('layers and operators together; names stand behind the block’s', () => {
    const { parameters } = named(nn.sequential(residual, residual), [2, 3])
    expect(parameters.map(({ name }) => name)).toEqual([
      'residual1.dense1.weight',
      'residual1.dense1.bias',
      'residual2.dense1.weight',
      'residual2.dense1.bias',
    ])
  })
  test('values by hand: W = 0, b = 1 gives x + tanh 1', async () => {
    const { context, y } = build(nn.sequential(residual), [1, 3])
    const found = await run(context.builder.graph('block', { y }), {
      input: [1, 2, 3],
      'residual1.dense1.weight': new Array<number>(9).fill(0),
      'residual1.dense1.bias': [1, 1, 1],
    })
    expect(
      apart(
        found.y,
        [1, 2, 3].map((x) => x + Math.tanh(1)),
      ),
    ).toBeLessThan(1e-7)
  })
  test('a parameter and random numbers of its own', () => {
    const noisy = nn.functional('noisy', (x, context) => {
      const scale = context.parameter('scale', [1], {
        init: constant(1),
        fans: { fanIn: 1, fanOut: 1 },
        penalised: false,
      })
      return op.add(x, op.mul(context.uniform('noise', x.shape), scale))
    })
    const { parameters, randomInputs } = named(nn.sequential(noisy), [2, 3])
    expect(parameters.map(({ name }) => name)).toEqual(['noisy1.scale'])
    expect(randomInputs.map(({ name }) => name)).toEqual(['noisy1.noise'])
  })
  test('an error inside names the layer and the types', async () => {
    const wrong = nn.functional('wrong', (x) => op.matMul(x, x))
    const told = await failure(() => named(nn.sequential(nn.dense(4), wrong), [2, 3]))
    expect(told).toMatch(
      /^shape: wrong1 \(MatMul\): .*; inputs: dense1\.gemm: float32\[2,4\], dense1\.gemm: float32\[2,4\]$/,
    )
  })
})

describe('what does not fit', () => {
  test('dense on images', async () => {
    expect(await failure(() => build(nn.dense(3), [2, 4, 5, 6]))).toBe(
      'shape: dense takes [batch, features] or [batch, length, features], got float32[2,4,5,6] → put nn.flatten() in front of it',
    )
  })
  test.each<[string, () => unknown, string]>([
    ['dense(0)', () => nn.dense(0), 'usage: units is 0, expected a whole number from 1 up'],
    ['dense(2.5)', () => nn.dense(2.5), 'usage: units is 2.5, expected a whole number from 1 up'],
    ['dropout(1)', () => nn.dropout(1), 'usage: rate is 1, expected a number in [0, 1)'],
    ['dropout(-0.1)', () => nn.dropout(-0.1), 'usage: rate is -0.1, expected a number in [0, 1)'],
    ['leakyRelu(1)', () => nn.leakyRelu({ slope: 1 }), 'usage: slope is 1, expected a number in [0, 1)'],
    ['leakyRelu(NaN)', () => nn.leakyRelu({ slope: Number.NaN }), 'usage: slope is NaN, expected a number in [0, 1)'],
    ['constant(∞)', () => constant(1 / 0), 'usage: constant is Infinity, expected a finite number'],
  ])('%s', async (_, make, told) => expect(await failure(make)).toBe(told))
})
