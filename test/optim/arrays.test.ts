/** @file The typed-array form: trees, element types, refusals that change nothing, arithmetic element by element. */
import { describe, expect, test } from 'vitest'
import { hostArithmetic, type Node } from '../../src/optim/expression.ts'
import { momentum, type Rule, rule, schedule, sgd } from '../../src/optim/index.ts'
import { everything } from './everything.ts'

const plain = () => momentum({ learningRate: 0.5, momentum: 0.5 })
const tree = (fill: number) => ({
  dense1: { weight: new Float64Array(6).fill(fill), bias: new Float64Array(2).fill(fill) },
  layers: [new Float64Array(1).fill(fill)],
})

describe('parameters', () => {
  test('a tree is updated in place and keeps its form in the state', () => {
    const parameters = tree(1)
    const rule = plain()
    const state = rule.init(parameters)
    expect(state).toEqual({ step: 0, tensors: { velocity: tree(0) } })
    rule.update(parameters, tree(2), state)
    expect(parameters).toEqual(tree(0))
    expect(state).toEqual({ step: 1, tensors: { velocity: tree(-1) } })
  })
  test('gradients may stand in another order: names count', () => {
    const parameters = { a: Float64Array.of(1), b: Float64Array.of(1) }
    const rule = sgd({ learningRate: 1 })
    rule.update(parameters, { b: Float64Array.of(5), a: Float64Array.of(1) }, rule.init(parameters))
    expect(parameters).toEqual({ a: Float64Array.of(0), b: Float64Array.of(-4) })
  })
  test('state starts as asked: zeros, a number, a copy of the parameter', () => {
    const x = Float32Array.of(3, 4)
    const { tensors } = everything.init(x)
    expect(tensors.last).toEqual(new Float32Array(2))
    expect(tensors.step).toEqual(Float32Array.of(0.1, 0.1))
    expect(tensors.average).toEqual(x)
    expect(tensors.average).not.toBe(x)
  })
  test('an empty tensor is no trouble', () => {
    const parameters = { a: new Float32Array(0), b: Float32Array.of(1) }
    const rule = plain()
    rule.update(parameters, { a: new Float32Array(0), b: Float32Array.of(2) }, rule.init(parameters))
    expect(parameters.b).toEqual(Float32Array.of(0))
  })
})

describe('steps and epochs', () => {
  const byEpoch = sgd({ learningRate: schedule.step({ from: 1, factor: 0.5, everyEpochs: 1 }) })
  const update = (rule: Rule, at?: { epoch?: number; step?: number }) => {
    const x = Float64Array.of(0)
    const state = rule.init(x)
    rule.update(x, Float64Array.of(1), state, at)
    return { x: x[0], step: state.step }
  }
  test('a schedule over epochs takes the epoch that it is told', () =>
    expect(update(byEpoch, { epoch: 2.5 })).toEqual({ x: -0.25, step: 1 }))
  test('and is refused without', () => expect(() => update(byEpoch)).toThrow('a schedule depends on the epoch'))
  test('a schedule over steps needs no epoch', () =>
    expect(update(sgd({ learningRate: ({ step }) => 1 / (step + 1) }))).toEqual({ x: -1, step: 1 }))
  test('the step can be told', () =>
    expect(update(sgd({ learningRate: ({ step }) => 1 / (step + 1) }), { step: 3 })).toEqual({ x: -0.25, step: 4 }))
})

describe('what does not fit is refused by name, and nothing changes', () => {
  const f = (...values: number[]) => Float64Array.of(...values)
  const good = () => ({ w: f(1, 2), b: f(3) })
  const odd = (value: unknown) => value as Float64Array
  test.each([
    ['a missing gradient', { w: f(1, 1) }, "gradients has nothing for the parameter 'b'"],
    ['one too many', { w: f(1, 1), b: f(1), bias: f(1) }, "gradients has 'bias', which is no parameter"],
    ['a wrong length', { w: f(1), b: f(1) }, "gradients: 'w' has 1 elements, expected 2 like the parameter"],
    [
      'another element type',
      { w: Float32Array.of(1, 1), b: f(1) },
      "gradients: 'w' is a Float32Array, expected a Float64Array like the parameter",
    ],
    ['plain numbers', { w: odd([1, 1]), b: f(1) }, "gradients: 'w.0' is 1, expected a Float32Array or a Float64Array"],
    ['integers', { w: odd(new Int32Array(2)), b: f(1) }, "gradients: 'w' is an object of Int32Array"],
    ['nothing', { w: odd(null), b: f(1) }, "gradients: 'w' is null"],
    ['an empty tree', {}, 'gradients holds no arrays'],
  ])('gradients: %s', (_, gradients, message) => {
    const parameters = good()
    const rule = plain()
    const state = rule.init(parameters)
    expect(() => rule.update(parameters, gradients, state)).toThrow(message)
    expect(parameters).toEqual(good())
    expect(state.step).toBe(0)
  })
  test('a state of another rule or other parameters', () => {
    const rule = plain()
    expect(() => rule.update(good(), good(), sgd({ learningRate: 1 }).init(good()))).toThrow(
      "the state has no 'velocity', which momentum needs",
    )
    expect(() => rule.update(good(), good(), rule.init({ w: f(1, 2) }))).toThrow(
      "state 'velocity' has nothing for the parameter 'b'",
    )
  })
  test('parameters', () =>
    expect(() => plain().init(odd([1, 2]))).toThrow("parameters: '0' is 1, expected a Float32Array or a Float64Array"))
})

/** One element of one output by walking the expression: slow, and independent of the generated loop. */
function walk(node: Node, inputs: Record<string, number>, rounded: (value: number) => number): number {
  if (node.kind === 'constant') return rounded(node.value)
  if (node.kind !== 'computed') return rounded(inputs[node.name])
  // Scalars stay in float64 until they enter the loop.
  const inner = node.perElement ? rounded : (value: number) => value
  return rounded(hostArithmetic[node.operation](...node.inputs.map((input) => walk(input, inputs, inner))))
}

test.each([
  ['float64', Float64Array, (value: number) => value],
  ['float32', Float32Array, Math.fround],
] as const)('every operation in %s as an interpreter does it', (_, ArrayType, rounded) => {
  const random = [0, -0, 1, -1, 1e-30, -1e30, Number.NaN, 0.3, -0.7, 2.5]
  const x = ArrayType.from(random)
  const state = everything.init(x)
  for (let step = 0; step < 6; step++) {
    const g = ArrayType.from(random.map((_value, i) => random[(i * 7 + step * 3) % random.length]))
    const before: Record<string, ArrayLike<number>> = { x: x.slice(), g }
    for (const [name, array] of Object.entries(state.tensors)) before[name] = (array as Float64Array).slice()
    everything.update(x, g, state)
    const after: Record<string, ArrayLike<number>> = { x, ...(state.tensors as Record<string, Float64Array>) }
    for (const { name, value } of everything.program.outputs) {
      const expected = random.map((_value, i) => {
        const inputs = Object.fromEntries(Object.entries(before).map(([key, array]) => [key, array[i]]))
        return walk(value, { ...inputs, alpha: 0.01, beta: 0.9, t: step + 1 }, rounded)
      })
      expect(Array.from(after[name]), `${name}, step ${step}`).toEqual(expected)
    }
  }
})

test('constants keep their sign and their specials', () => {
  const odd = rule({
    name: 'odd',
    hyper: {},
    state: {},
    update: (op, { x, g }) => ({ x: op.sub(op.max(x, Number.NEGATIVE_INFINITY), op.sub(-1, op.mul(g, -0))) }),
  })
  const x = Float64Array.of(1)
  odd.update(x, Float64Array.of(1), odd.init(x))
  expect(x[0]).toBe(2)
})
