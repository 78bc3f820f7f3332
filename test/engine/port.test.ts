/** @file The engine's port: binding, running, one-off evaluation, and what is told when tensors do not fit. */
import { describe, expect, test } from 'vitest'
import { Arena, numbers, type Tensor, tensor } from '../../src/base/tensor.ts'
import { allocate, evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { arithmetic, threadsFor } from '../../src/engine/threads.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { failure } from '../data/failure.ts'
import { smallGraph } from './graphs.ts'

const engine = await nativeEngine()
const graph = smallGraph()
const x = [1, 2, 3, 4, 5, 6]
const w = [1, 0, 0, 1, 1, 1]
// By hand: row 0: 1 + 3, 2 + 3; row 1: 4 + 6, 5 + 6.
const y = [4, 5, 10, 11]
const values = (tensors: Readonly<Record<string, Tensor>>, name: string) => numbers(tensors[name])

describe('bind and run', () => {
  test('reads and writes where it was told to, every time', async () => {
    const executable = await engine.compile(graph)
    const { inputs, outputs } = allocate(graph)
    const before = outputs.y.data
    const call = executable.bind(inputs, outputs)
    ;(inputs.x.data as Float32Array).set(x)
    ;(inputs.w.data as Float32Array).set(w)
    await call()
    expect(values(outputs, 'y')).toEqual(y)
    expect(values(outputs, 'z')).toEqual(x.map((value) => -value))
    ;(inputs.x.data as Float32Array).fill(0)
    await call()
    expect(values(outputs, 'y')).toEqual([0, 0, 0, 0])
    expect(outputs.y.data).toBe(before) // nothing new is allocated
    await executable.release()
  })

  test('only the outputs that are wanted', async () => {
    const executable = await engine.compile(graph)
    const { inputs, outputs } = allocate(graph)
    ;(inputs.x.data as Float32Array).set(x)
    await executable.bind(inputs, { z: outputs.z })()
    expect(values(outputs, 'z')).toEqual(x.map((value) => -value))
    expect(values(outputs, 'y')).toEqual([0, 0, 0, 0])
    await executable.release()
  })

  test('several bindings of one executable do not disturb each other', async () => {
    const executable = await engine.compile(graph)
    const [a, b] = [allocate(graph), allocate(graph)]
    const [first, second] = [a, b].map(({ inputs, outputs }) => executable.bind(inputs, outputs))
    ;(a.inputs.x.data as Float32Array).set(x)
    ;(b.inputs.x.data as Float32Array).fill(7)
    await first()
    await second()
    expect(values(a.outputs, 'z')).toEqual(x.map((value) => -value))
    expect(values(b.outputs, 'z')).toEqual(new Array<number>(6).fill(-7))
    await executable.release()
  })

  test('every dtype goes in and comes out', async () => {
    const builder = new Builder(operators)
    const dtypes = ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const
    const inputs = dtypes.map((dtype) => builder.input(dtype, dtype, [2]))
    const all = builder.graph(
      'all',
      Object.fromEntries(inputs.map((value) => [`${value.name}_out`, op.identity(value)])),
    )
    const feeds = Object.fromEntries(dtypes.map((dtype) => [dtype, tensor(dtype, [2], [1, 0])]))
    const found = await evaluate(engine, all, feeds)
    for (const dtype of dtypes) expect(found[`${dtype}_out`]).toEqual(tensor(dtype, [2], [1, 0]))
  })
})

describe('what does not fit', () => {
  const bind = async (change: (tensors: ReturnType<typeof allocate>) => [object, object]) => {
    const executable = await engine.compile(graph)
    const [inputs, outputs] = change(allocate(graph))
    const told = await failure(() =>
      executable.bind(inputs as Record<string, Tensor>, outputs as Record<string, Tensor>),
    )
    await executable.release()
    return told
  }
  const place = <D extends 'float32' | 'float64'>(shape: number[], dtype: D) =>
    new Arena([{ dtype, shape }]).place(dtype, shape)

  test('an input is missing', async () => {
    expect(await bind(({ inputs, outputs }) => [{ x: inputs.x }, outputs])).toBe(
      "shape: the input 'w' (float32[3,2]) of 'small' is missing",
    )
  })
  test('an unknown input, an unknown output', async () => {
    expect(await bind(({ inputs, outputs }) => [{ ...inputs, v: inputs.w }, outputs])).toBe(
      "shape: the graph 'small' has no input 'v', expected one of: x, w",
    )
    expect(await bind(({ inputs, outputs }) => [inputs, { ...outputs, loss: outputs.y }])).toBe(
      "shape: the graph 'small' has no output 'loss', expected one of: y, z",
    )
  })
  test('another shape, another dtype', async () => {
    expect(await bind(({ inputs, outputs }) => [{ ...inputs, x: place([3, 2], 'float32') }, outputs])).toBe(
      "shape: the input 'x' is float32[3,2], expected float32[2,3]",
    )
    expect(await bind(({ inputs }) => [inputs, { y: place([2, 2], 'float64') }])).toBe(
      "shape: the output 'y' is float64[2,2], expected float32[2,2]",
    )
  })
  test('not in an arena, or off its boundary', async () => {
    const told = 'is not in an arena → make it with Arena.place or allocate()'
    expect(await bind(({ inputs, outputs }) => [{ ...inputs, x: tensor('float32', [2, 3]) }, outputs])).toBe(
      `shape: the input 'x' ${told}`,
    )
    const shifted = tensor('float32', [2, 2], place([8], 'float32').data.subarray(1, 5))
    expect(await bind(({ inputs }) => [inputs, { y: shifted }])).toBe(`shape: the output 'y' ${told}`)
  })
})

describe('evaluate', () => {
  test('once, from tensors anywhere', async () => {
    const found = await evaluate(engine, graph, { x: tensor('float32', [2, 3], x), w: tensor('float32', [3, 2], w) })
    expect(values(found, 'y')).toEqual(y)
  })
  test('an input that is forgotten, unknown or of another type', async () => {
    const feeds = { x: tensor('float32', [2, 3], x), w: tensor('float32', [3, 2], w) }
    expect(await failure(() => evaluate(engine, graph, { x: feeds.x }))).toBe(
      "shape: the input 'w' (float32[3,2]) of 'small' is missing",
    )
    expect(await failure(() => evaluate(engine, graph, { ...feeds, v: feeds.w }))).toBe(
      "shape: the graph 'small' has no input 'v', expected one of: x, w",
    )
    expect(await failure(() => evaluate(engine, graph, { ...feeds, w: tensor('float64', [3, 2], w) }))).toBe(
      "shape: the input 'w' is float64[3,2], expected float32[3,2]",
    )
  })
})

describe('threads by arithmetic', () => {
  const product = (m: number, k: number, n: number) => {
    const builder = new Builder(operators)
    const a = builder.input('a', 'float32', [m, k])
    return builder.graph('p', { y: op.matMul(a, builder.input('b', 'float32', [k, n])) })
  }
  test('multiply-adds: m·k·n of a product, of a Gemm whichever way it lies, with those of a Loop', () => {
    expect(arithmetic(product(3, 5, 7))).toBe(105)
    const builder = new Builder(operators)
    const a = builder.input('a', 'float32', [5, 3])
    const b = builder.input('b', 'float32', [7, 5])
    const both = op.gemm(a, b, undefined, { transA: true, transB: true })
    expect(arithmetic(builder.graph('g', { y: op.add(both, op.reduceSum(both)) }))).toBe(105)
    expect(arithmetic(smallGraph())).toBe(12)
  })
  test('multiply-adds of convolutions: by hand', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [2, 4, 5, 6])
    const w = builder.input('w', 'float32', [6, 2, 3, 3])
    // 2 pictures, 6 filters, 3×4 places, each 2 channels of 3×3.
    const y = op.conv(x, w, undefined, { group: 2 })
    expect(arithmetic(builder.graph('conv', { y }))).toBe(2 * 6 * 12 * 18)
    // The transpose of the same has as many; the gradient of the kernel as well.
    const back = op.convTranspose(y, w, undefined, { group: 2 })
    expect(arithmetic(builder.graph('both', { back }))).toBe(2 * (2 * 6 * 12 * 18))
    const [slope] = gradients(op.reduceSum(y), [w])
    expect(arithmetic(builder.graph('slope', { slope }))).toBe(2 * 6 * 12 * 18)
  })
  test('one thread below three million, up to four from there on', () => {
    expect(threadsFor(product(299, 100, 100), 8)).toBe(1)
    expect(threadsFor(product(300, 100, 100), 8)).toBe(4)
  })
})
