/** @file The kernel forms of convolutions and pooling compute what the graph says: whole numbers, so that every order of adding is exact. */
import { describe, expect, test } from 'vitest'
import { type Shape, sizeOf, type Tensor, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { fastForms } from '../../src/graph/forms.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'

const engine = await nativeEngine({ threads: 1 })

/** Whole numbers from −5 to 5, in an order without a period that a picture could have. */
function wholeNumbers(shape: Shape, salt: number): Tensor<'float32'> {
  let state = salt
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return ((state >>> 16) % 11) - 5
  }
  return tensor('float32', shape, Array.from({ length: sizeOf(shape) }, next))
}

async function expectSame(graph: Graph, kinds: { there?: string; gone?: string }): Promise<void> {
  await sameForm(graph, kinds)
}

/** @returns the fast form, for more to be said of it */
async function sameForm(graph: Graph, kinds: { there?: string; gone?: string } = {}): Promise<Graph> {
  const fast = fastForms(graph, operators)
  const names = fast.nodes.map(({ kind }) => kind as string)
  if (kinds.there) expect(names).toContain(kinds.there)
  if (kinds.gone) expect(names).not.toContain(kinds.gone)
  const feeds = Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, wholeNumbers(shape, i + 1)]))
  const [said, done] = [await evaluate(engine, graph, feeds), await evaluate(engine, fast, feeds)]
  for (const [name, { shape, data }] of Object.entries(said)) {
    expect(done[name].shape).toEqual(shape)
    expect(done[name].data).toEqual(data)
  }
  return fast
}

interface Case {
  readonly x: Shape
  readonly w: Shape
  readonly options?: op.ConvOptions
}

/** The gradients of Σ dy·conv(x, w). */
function convolutionGradients({ x, w, options }: Case): Graph {
  const builder = new Builder(operators)
  const [input, kernel] = [builder.input('x', 'float32', x), builder.input('w', 'float32', w)]
  const y = op.conv(input, kernel, undefined, options)
  const dy = builder.input('dy', 'float32', y.shape)
  const [dx, dw] = gradients(op.reduceSum(op.mul(y, dy)), [input, kernel])
  return builder.graph('gradients', { dx, dw })
}

const wide = (graph: Graph) => graph.nodes.filter(({ kind, outputs }) => kind === 'Conv' && outputs[0].shape[0] === 1)

describe('the gradient of a kernel, the batch laid behind the width', () => {
  test.each<[string, Case]>([
    ['plain', { x: [4, 3, 9, 9], w: [5, 3, 3, 3] }],
    ['padded', { x: [4, 3, 8, 8], w: [5, 3, 3, 3], options: { pads: [1, 1, 1, 1] } }],
    ['padded on one side', { x: [3, 2, 8, 7], w: [4, 2, 3, 3], options: { pads: [0, 1, 2, 0] } }],
    ['strided, with a rest', { x: [3, 2, 12, 12], w: [4, 2, 3, 3], options: { strides: [2, 2] } }],
    ['not square', { x: [3, 2, 10, 7], w: [4, 2, 5, 2] }],
    ['few filters', { x: [3, 8, 9, 9], w: [2, 8, 3, 3] }],
    ['few filters, padded on one side', { x: [3, 8, 9, 8], w: [3, 8, 4, 3], options: { pads: [0, 1, 2, 0] } }],
    ['few filters, strided', { x: [3, 8, 12, 12], w: [2, 8, 3, 3], options: { strides: [2, 2] } }],
  ])('%s', async (_, given) => {
    const graph = convolutionGradients(given)
    expect(wide(graph)).toHaveLength(0)
    expect(wide(await sameForm(graph))).toHaveLength(1)
  })

  test.each<[string, Case]>([
    ['dilated, whose outputs lie apart', { x: [3, 2, 12, 12], w: [4, 2, 3, 3], options: { dilations: [2, 2] } }],
    ['in groups', { x: [3, 4, 9, 9], w: [4, 2, 3, 3], options: { group: 2 } }],
    ['over one dimension', { x: [3, 2, 20], w: [4, 2, 3] }],
  ])('%s stays', async (_, given) => {
    expect(wide(await sameForm(convolutionGradients(given)))).toHaveLength(0)
  })

  test('a convolution of pictures stays', () => {
    const builder = new Builder(operators)
    const [x, w] = [builder.input('x', 'float32', [4, 3, 16, 16]), builder.input('w', 'float32', [5, 3, 3, 3])]
    const graph = builder.graph('forward', { y: op.conv(x, w) })
    expect(fastForms(graph, operators).nodes.map(({ kind }) => kind)).toEqual(['Conv'])
  })
})

describe('the gradient of an input, by the kernel turned round', () => {
  test.each<[string, Case]>([
    ['plain', { x: [2, 4, 10, 10], w: [3, 4, 3, 3] }],
    ['padded', { x: [2, 4, 8, 8], w: [4, 4, 3, 3], options: { pads: [1, 1, 1, 1] } }],
    ['padded on one side, not square', { x: [2, 4, 7, 9], w: [3, 4, 3, 2], options: { pads: [0, 1, 2, 0] } }],
    ['dilated', { x: [2, 4, 10, 10], w: [3, 4, 3, 3], options: { pads: [1, 1, 1, 1], dilations: [2, 2] } }],
  ])('%s', (_, given) => expectSame(convolutionGradients(given), { gone: 'ConvTranspose' }))

  test.each<[string, Case]>([
    ['a stride', { x: [2, 4, 16, 16], w: [3, 4, 3, 3], options: { strides: [2, 2] } }],
    ['fewer channels than filters', { x: [2, 3, 8, 8], w: [4, 3, 3, 3] }],
    ['padding beyond the kernel', { x: [2, 4, 8, 8], w: [3, 4, 3, 3], options: { pads: [3, 3, 3, 3] } }],
  ])('%s keeps the transpose', (_, given) => expectSame(convolutionGradients(given), { there: 'ConvTranspose' }))
})

describe("a max-pooling's gradient", () => {
  function poolingGradient(x: Shape, options: op.WindowOptions): Graph {
    const builder = new Builder(operators)
    const input = builder.input('x', 'float32', x)
    const y = op.maxPool(input, options)
    const dy = builder.input('dy', 'float32', y.shape)
    return builder.graph('gradient', { y, dx: gradients(op.reduceSum(op.mul(y, dy)), [input])[0] })
  }
  const two = { kernelShape: [2, 2], strides: [2, 2] }

  // Eleven different numbers in windows of four: ties are everywhere.
  test.each<[string, Shape, op.WindowOptions]>([
    ['windows that meet', [3, 2, 8, 6], two],
    ['a rest that no window reaches', [3, 2, 9, 7], two],
    ['gaps between windows', [2, 2, 8, 8], { kernelShape: [2, 2], strides: [3, 3] }],
    ['one dimension', [2, 2, 8], { kernelShape: [2], strides: [2] }],
  ])('%s: MaxUnpool', (_, x, options) =>
    expectSame(poolingGradient(x, options), { there: 'MaxUnpool', gone: 'ScatterElements' }),
  )

  test.each<[string, op.WindowOptions]>([
    ['overlaps', { kernelShape: [3, 3], strides: [2, 2] }],
    ['padding', { ...two, pads: [1, 1, 1, 1] }],
  ])('%s are added up', (_, options) =>
    expectSame(poolingGradient([2, 2, 9, 9], options), { there: 'ScatterElements', gone: 'MaxUnpool' }),
  )
})

test('two transpositions are one, or none', async () => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3, 4])
  const graph = builder.graph('turned', {
    once: op.transpose(op.transpose(x, [1, 2, 0]), [1, 0, 2]),
    none: op.neg(op.transpose(op.transpose(x, [1, 2, 0]), [2, 0, 1])),
  })
  const fast = await sameForm(graph)
  expect(fast.nodes.map(({ kind }) => kind).sort()).toEqual(['Neg', 'Transpose'])
})
