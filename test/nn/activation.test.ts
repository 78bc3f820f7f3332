/** @file ELU, GELU, softplus and LeCun's tanh: PyTorch's values and gradients, the papers' properties, messages. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/graph/autodiff.ts'
import * as op from '../../src/graph/op.ts'
import type { Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { activationCases } from './fixtures.ts'
import { apart, build, layerInFloat64, run } from './twin.ts'

describe('PyTorch’s float64 values and gradients', () => {
  const models: Record<string, Layer> = {
    elu: nn.elu(),
    'elu 0.3': nn.elu({ alpha: 0.3 }),
    gelu: nn.gelu(),
    'gelu tanh': nn.gelu({ approximate: 'tanh' }),
    softplus: nn.softplus(),
    leCunTanh: nn.leCunTanh(),
  }
  test('every case has its model', () => expect(Object.keys(models)).toEqual(Object.keys(activationCases)))

  test.each(Object.entries(models))('%s', async (name, model) => {
    const { input, cotangent, output, inputGradient } = activationCases[name]
    const found = await layerInFloat64(model, input, cotangent)
    expect(apart(found.output, output.values)).toBeLessThan(1e-13)
    expect(apart(found['gradient/input'], inputGradient.values)).toBeLessThan(1e-13)
  })

  test('the comparison tells the two forms of gelu apart', async () => {
    const { input, cotangent, output } = activationCases.gelu
    const other = await layerInFloat64(nn.gelu({ approximate: 'tanh' }), input, cotangent)
    expect(apart(other.output, output.values)).toBeGreaterThan(1e-7)
  })
})

/** Value and slope at each point, in float32. */
async function at(model: Layer, points: readonly number[]): Promise<Record<string, number[]>> {
  const { context, x, y } = build(nn.sequential(model), [points.length])
  const [slope] = gradients(op.reduceSum(y), [x])
  return run(context.builder.graph('activation', { y, slope }), { input: points })
}

describe('by the papers', () => {
  // LeCun et al. 1998, section 4.4: f(±1) = ±1. tanh(2/3) = 0.58278295, so that f(1) = 0.99999725.
  test('LeCun’s tanh takes ±1 to ±1; its slope at 0 is 1.7159·2/3', async () => {
    const { y, slope } = await at(nn.leCunTanh(), [1, -1, 0])
    expect(y[0]).toBeCloseTo(1, 5)
    expect(y[1]).toBe(-y[0])
    expect(slope[2]).toBeCloseTo(1.1439333, 6)
  })
  // Clevert et al. 2016, section 3: the value tends to −alpha; with alpha 1 the slope is 1 on both sides of 0.
  test('elu saturates at −alpha, and is smooth at 0 for alpha 1', async () => {
    expect((await at(nn.elu({ alpha: 2 }), [-50])).y).toEqual([-2])
    expect((await at(nn.elu(), [0, 1e-6])).slope).toEqual([1, 1])
  })
  // log 2, and the slope of the sigmoid there.
  test('softplus at 0 is log 2 with slope ½', async () => {
    const { y, slope } = await at(nn.softplus(), [0])
    expect([y[0], slope[0]]).toEqual([Math.fround(Math.LN2), 0.5])
  })
})

test('layers are named after their kind, or as was asked', () => {
  const { y } = build(nn.sequential(nn.gelu(), nn.elu({ name: 'gate' }), nn.leCunTanh()), [2])
  expect(y.name).toBe('leCunTanh1.mul_1')
  expect(y.node?.inputs[0]?.node?.inputs[0]?.node?.inputs[0]?.name).toBe('gate.elu')
})

test.each<[string, () => unknown, string]>([
  ['elu(0)', () => nn.elu({ alpha: 0 }), 'usage: alpha is 0, expected a number above 0'],
  ['elu(NaN)', () => nn.elu({ alpha: Number.NaN }), 'usage: alpha is NaN, expected a number above 0'],
])('%s', async (_, make, told) => expect(await failure(make)).toBe(told))
