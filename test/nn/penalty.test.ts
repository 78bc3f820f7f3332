/** @file Penalties by hand. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { constant } from '../../src/nn/init.ts'
import type { Parameter } from '../../src/nn/model.ts'
import { elasticNet, l1, l2, type Penalty, perLayer, sum } from '../../src/nn/penalty.ts'
import { failure } from '../data/failure.ts'
import { run } from './twin.ts'

const weights = [3, -4, 0, 0.5]
const names = ['dense1.weight', 'dense1.bias', 'block.dense1.weight', 'block.dense2.weight']

/** Parameters of these names with the values above, and a penalty's value and gradient by the name of each. */
async function ofNet(penalty: Penalty, parameterNames: readonly string[] = names) {
  const builder = new Builder(operators)
  const parameters = parameterNames.map((name): Parameter => {
    const value = builder.input(name, 'float32', [2, 2])
    return { name, value, penalised: !name.endsWith('bias'), init: constant(0), fans: { fanIn: 2, fanOut: 2 } }
  })
  const value = penalty.of(parameters)
  if (value === undefined) return undefined
  const slopes = gradients(
    value,
    parameters.map((parameter) => parameter.value),
  )
  const graph = builder.graph('penalty', [['value', value], ...slopes.map((s, i) => [`/${names[i]}`, s] as const)])
  return run(graph, Object.fromEntries(parameterNames.map((name) => [name, weights])))
}

/** Of one weight. */
async function of(penalty: Penalty) {
  const found = await ofNet(penalty, ['dense1.weight'])
  return { value: found?.value, gradient: found?.['/dense1.weight'] }
}

describe('of the weights 3, −4, 0, ½', () => {
  // Σw² = 9 + 16 + ¼ = 25.25; Σ|w| = 7.5. All numbers here are exact in float32.
  test('l2(¼): ½·¼·25.25, gradient ¼·w', async () => {
    expect(await of(l2(0.25))).toEqual({ value: [3.15625], gradient: [0.75, -1, 0, 0.125] })
  })
  test('l1(¼): ¼·7.5, gradient ±¼, 0 at 0', async () => {
    expect(await of(l1(0.25))).toEqual({ value: [1.875], gradient: [0.25, -0.25, 0, 0.25] })
  })
  test('their sum', async () => {
    const both = sum(l2(0.25), l1(0.25))
    expect(await of(both)).toEqual({ value: [5.03125], gradient: [1, -1.25, 0, 0.375] })
    expect(both.name).toBe('l2(0.25) + l1(0.25)')
  })
  test('elasticNet(¼, ½): ¼·7.5 + ½·½·25.25, gradient ½·w ± ¼', async () => {
    expect(await of(elasticNet(0.25, 0.5))).toEqual({ value: [8.1875], gradient: [1.75, -2.25, 0, 0.5] })
    expect(elasticNet(0.25, 0.5).name).toBe('elasticNet(0.25, 0.5)')
  })
  test('strength 0', async () => expect(await of(l2(0))).toEqual({ value: [0], gradient: [0, -0, 0, 0] }))
})

test('a strength below 0', async () => {
  expect(await failure(() => l2(-1))).toBe('usage: strength is -1, expected a number from 0 up')
  expect(await failure(() => l1(Number.NaN))).toBe('usage: strength is NaN, expected a number from 0 up')
})
test('a sum of nothing', async () => {
  expect(await failure(() => sum())).toBe('usage: a sum of no penalties → leave the penalty out')
})

describe('which parameters', () => {
  /** Which have a gradient, and of what size at the weight 3. */
  const slopes = async (penalty: Penalty) => {
    const found = (await ofNet(penalty)) ?? {}
    return names.map((name) => found[`/${name}`]?.[0])
  }

  test('weights; biases only where that is asked for', async () => {
    expect(await slopes(l2(1))).toEqual([3, 0, 3, 3])
    expect(await slopes(l2(1, { biases: true }))).toEqual([3, 3, 3, 3])
    expect(await slopes(l1(0.5, { biases: true }))).toEqual([0.5, 0.5, 0.5, 0.5])
    expect(await slopes(elasticNet(1, 1, { biases: true }))).toEqual([4, 4, 4, 4])
    expect(l2(1, { biases: true }).name).toBe('l2(1, with biases)')
  })
  test('nothing to penalise: no value', async () => {
    expect(await ofNet(l2(1), ['dense1.bias'])).toBeUndefined()
    expect(await ofNet(sum(l2(1), l1(1)), ['dense1.bias'])).toBeUndefined()
    expect(await slopes(perLayer({ dense1: l2(1), block: sum(l2(2), l1(1)) }))).toEqual([3, 0, 7, 7])
  })
  test('by layer; the longest name counts; what no name fits has none', async () => {
    expect(await slopes(perLayer({ dense1: l2(2) }))).toEqual([6, 0, 0, 0])
    expect(await slopes(perLayer({ block: l2(2), 'block.dense2': l2(4) }))).toEqual([0, 0, 6, 12])
    expect(await slopes(perLayer({ 'block.dense2': l2(4), else: l2(1) }))).toEqual([3, 0, 3, 12])
  })
  test('a bias by its full name, or with the whole layer', async () => {
    expect(await slopes(perLayer({ 'dense1.bias': l2(2), dense1: l2(1) }))).toEqual([3, 6, 0, 0])
    expect(await slopes(perLayer({ dense1: l2(1, { biases: true }) }))).toEqual([3, 3, 0, 0])
  })
  test('a name is a whole one: dense1 is not dense10', async () => {
    expect(await ofNet(perLayer({ dense1: l2(1) }), ['dense1.bias', 'dense10.weight'])).toBeUndefined()
  })
  test('its name', () => {
    expect(perLayer({ dense1: l2(1), else: l1(2) }).name).toBe('perLayer(dense1: l2(1), else: l1(2))')
  })
  test('names that do not exist', async () => {
    expect(await failure(() => ofNet(perLayer({ dnse1: l2(1) })))).toBe(
      "usage: perLayer: no layer or parameter is named 'dnse1' → did you mean 'dense1'?",
    )
    expect(await failure(() => ofNet(perLayer({ 'dense1.wieght': l2(1) })))).toBe(
      "usage: perLayer: no layer or parameter is named 'dense1.wieght' → did you mean 'dense1.weight'?",
    )
  })
  test('what is no penalty', async () => {
    expect(await failure(() => perLayer({ dense1: 3 as never }))).toBe(
      "usage: perLayer: 'dense1' is 3, expected a penalty such as penalty.l2(1e-4)",
    )
    expect(await failure(() => perLayer({}))).toBe(
      'usage: perLayer names no layer → perLayer({ dense1: penalty.l2(1e-3) })',
    )
  })
})
