/** @file The ONNX form, executed by onnxruntime-node, against the typed-array form on Float32Arrays. */
import { describe, expect, test } from 'vitest'
import { type DType, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { Builder, operators } from '../../src/graph/index.ts'
import { momentum, type Rule, updateNodes } from '../../src/optim/index.ts'
import { allRules, smoothValue } from './all-rules.ts'
import { everything } from './everything.ts'

/** A graph with the inputs x, g, the state, s0, s1, …; outputs 'new x' and so on. */
function stepGraph(rule: Rule, n: number, dtype: DType = 'float32') {
  const builder = new Builder(operators)
  const tensors = Object.fromEntries(rule.program.tensors.map((name) => [name, builder.input(name, dtype, [n])]))
  const scalars = rule.program.slots.map((_, i) => builder.input(`s${i}`, dtype, []))
  const results = updateNodes(rule, tensors, scalars)
  return builder.graph(
    'step',
    Object.fromEntries(Object.entries(results).map(([name, value]) => [`new ${name}`, value])),
  )
}

const engine = await nativeEngine({ threads: 1 })
const start = (n: number, name: string) => Array.from({ length: n }, (_, i) => smoothValue(i, name))

describe.each(allRules)('%s', (_, rule) => {
  const n = 37
  const states = Object.keys(rule.state)

  test('float32: four steps agree with the typed arrays to rounding', async () => {
    const graph = stepGraph(rule, n)
    const arrays: Record<string, Float32Array> = Object.fromEntries(
      rule.program.tensors.map((name) => [name, Float32Array.from(start(n, name))]),
    )
    const state = { step: 0, tensors: Object.fromEntries(states.map((name) => [name, arrays[name]])) }
    let feeds = { ...arrays }
    for (let step = 0; step < 4; step++) {
      const scalars = rule.scalars({ epoch: 0, step })
      const inputs = Object.entries(feeds).map(([name, data]) => [name, tensor('float32', [n], data.slice())])
      const slots = [...scalars].map((value, i) => [`s${i}`, tensor('float32', [], value)])
      const results = await evaluate(engine, graph, Object.fromEntries([...inputs, ...slots]))
      rule.update(arrays.x, arrays.g, state)
      // Both round each operation alone; the runtime may fuse a product and a sum, which saves one rounding of the larger
      // operand (2^-24 of at most 50 here) in each of the at most 12 operations of a step.
      const bound = 12 * 50 * 2 ** -24
      feeds = { ...feeds }
      for (const name of ['x', ...states]) {
        const found = results[`new ${name}`].data as Float32Array
        found.forEach((value, i) => expect(Math.abs(value - arrays[name][i]), `${name}[${i}]`).toBeLessThan(bound))
        feeds[name] = found
      }
    }
  })

  test('float64: one step agrees with the typed arrays to 1e-14', async () => {
    const arrays = Object.fromEntries(rule.program.tensors.map((name) => [name, Float64Array.from(start(n, name))]))
    const inputs = Object.entries(arrays).map(([name, data]) => [name, tensor('float64', [n], data.slice())])
    const slots = [...rule.scalars({ epoch: 0, step: 0 })].map((value, i) => [`s${i}`, tensor('float64', [], value)])
    const graph = stepGraph(rule, n, 'float64')
    const results = await evaluate(engine, graph, Object.fromEntries([...inputs, ...slots]))
    rule.update(arrays.x, arrays.g, { step: 0, tensors: arrays })
    for (const name of ['x', ...states])
      (results[`new ${name}`].data as Float64Array).forEach((value, i) =>
        expect(Math.abs(value - arrays[name][i])).toBeLessThan(1e-14 * Math.max(1, Math.abs(value))),
      )
  })
})

test('special values: zero, infinities and NaN choose as in the typed arrays', async () => {
  const specials = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const n = specials.length ** 2
  const graph = stepGraph(everything, n)
  const arrays = Object.fromEntries(everything.program.tensors.map((name) => [name, new Float32Array(n).fill(0.5)]))
  arrays.g.forEach((_, i) => (arrays.g[i] = specials[i % specials.length]))
  arrays.last.forEach((_, i) => (arrays.last[i] = specials[Math.floor(i / specials.length)]))
  const inputs = Object.entries(arrays).map(([name, data]) => [name, tensor('float32', [n], data.slice())])
  const slots = [...everything.scalars({ epoch: 0, step: 5 })].map((value, i) => [
    `s${i}`,
    tensor('float32', [], value),
  ])
  const results = await evaluate(engine, graph, Object.fromEntries([...inputs, ...slots]))
  everything.update(arrays.x, arrays.g, { step: 5, tensors: arrays })
  const rounded = (values: Float32Array) => Array.from(values, (value) => Number(value.toPrecision(6)) + 0)
  for (const name of ['x', ...Object.keys(everything.state)])
    expect(rounded(results[`new ${name}`].data as Float32Array), `${name}`).toEqual(rounded(arrays[name]))
})

describe('what does not fit is refused', () => {
  const rule = momentum({ learningRate: 0.1 })
  const make = (change: (b: Builder) => object, count = 2, shape: number[] = []) => {
    const b = new Builder(operators)
    const value = (name: string) => b.input(name, 'float32', [3])
    const tensors = { x: value('x'), g: value('g'), velocity: value('velocity'), ...change(b) }
    const scalars = Array.from({ length: count }, (_, i) => b.input(`s${i}`, 'float32', shape))
    return () => updateNodes(rule, tensors, scalars)
  }
  test.each([
    [make(() => ({ velocity: undefined })), "momentum: the tensor 'velocity' is missing"],
    [make((b) => ({ g: b.input('h', 'float32', [4]) })), "momentum: 'g' is float32[4], expected float32[3] like x"],
    [make((b) => ({ g: b.input('h', 'float64', [3]) })), "momentum: 'g' is float64[3], expected float32[3] like x"],
    [make(() => ({}), 1), 'momentum: got 1 scalars, expected 2'],
    [make(() => ({}), 2, [1]), 'momentum: a scalar is float32[1], expected float32[]'],
  ])('%#', (build, message) => expect(build).toThrow(message))
  test('all is well', () => expect(Object.keys(make(() => ({}))())).toEqual(['x', 'velocity']))
})
