/**
 * @file The law of batching: the batched graph gives, in each row, what the graph gives for that row's inputs alone, for every
 * operator and every choice of inputs that differ from row to row.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numbers, sizeOf, type Tensor, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { batchGraph } from '../../src/graph/batch.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph, OpKind } from '../../src/graph/types.ts'
import { buildCase, inputPositions, type OpCase, operandName, operandTensor } from './op-case.ts'
import { drawnKinds, opCases } from './op-cases.ts'

const engine = await nativeEngine({ threads: 1 })
const draws = { seed: 20260702, numRuns: 60 }

/**
 * Where a sum may be done in another order, or a vector's last elements by another routine than its first, rows agree to
 * 1e-15 of the largest element that goes in or comes out. All other operators give the same bits.
 */
const roundsAnew: readonly OpKind[] = [
  ...(['MatMul', 'Gemm', 'ReduceSum', 'ReduceMean', 'Softmax', 'LogSoftmax'] as const),
  ...(['Exp', 'Log', 'Tanh', 'Sigmoid', 'Pow'] as const),
  ...(['Conv', 'ConvTranspose'] as const),
  ...(['AveragePool', 'GlobalAveragePool'] as const),
  ...(['BatchNormalization', 'LayerNormalization', 'GroupNormalization'] as const),
  ...(['Erf', 'Gelu', 'Softplus', 'Elu', 'Einsum'] as const),
]

const drawn = (kind: OpKind) =>
  fc.tuple(opCases[kind] as fc.Arbitrary<OpCase>, fc.integer({ min: 1, max: 4 })).chain(([given, size]) =>
    fc.record({
      given: fc.constant(given),
      size: fc.constant(size),
      batched: fc.subarray(inputPositions(given), { minLength: 1 }),
    }),
  )

interface Draw {
  readonly given: OpCase
  readonly size: number
  readonly batched: readonly number[]
}

function graphOf(given: OpCase): Graph {
  const builder = new Builder(operators)
  const { outputs } = buildCase(builder, given)
  return builder.graph('one', Object.fromEntries(outputs.map((output, i) => [`y${i}`, output])))
}

/** Each row's inputs: those that are batched have other values in each. */
const rowFeeds = ({ given, batched }: Draw, row: number): Record<string, Tensor> =>
  Object.fromEntries(
    inputPositions(given).map((i) => [operandName(i), operandTensor(given, i, batched.includes(i) ? row : 0)]),
  )

function stack(rows: readonly Tensor[]): Tensor {
  const values = rows.flatMap((row) => numbers(row))
  return tensor(rows[0].dtype, [rows.length, ...rows[0].shape], values)
}

async function checkLaw(draw: Draw, exact: boolean): Promise<void> {
  const { given, size, batched } = draw
  const graph = graphOf(given)
  const rows = Array.from({ length: size }, (_, row) => rowFeeds(draw, row))
  const names = batched.map(operandName)
  const feeds = Object.fromEntries(
    Object.keys(rows[0]).map((name) => [
      name,
      names.includes(name) ? stack(rows.map((row) => row[name])) : rows[0][name],
    ]),
  )
  const together = await evaluate(engine, toFloat64(batchGraph(graph, operators, names, size), operators), feeds)
  const single = toFloat64(graph, operators)
  for (const [row, feed] of rows.entries()) {
    const alone = await evaluate(engine, single, feed)
    for (const { name, shape } of graph.outputs) {
      expect(together[name].shape).toEqual([size, ...shape])
      const width = sizeOf(shape)
      const got = numbers(together[name]).slice(row * width, (row + 1) * width)
      const expected = numbers(alone[name])
      const largest = Math.max(1, ...Object.values(feed).flatMap(numbers).map(Math.abs), ...expected.map(Math.abs))
      if (exact) expect(got).toEqual(expected)
      else got.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-15 * largest))
    }
  }
}

describe('a batched graph does in each row what the graph does alone', () => {
  it.each(drawnKinds)('%s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(drawn(kind), (draw) => checkLaw(draw, !roundsAnew.includes(kind))),
      draws,
    )
  })
})

describe('a graph of several nodes', () => {
  it('shares what is not batched, and repeats an output that depends on nothing batched', async () => {
    const builder = new Builder(operators)
    const [w, x] = [builder.input('w', 'float64', [2, 3]), builder.input('x', 'float64', [3])]
    const y = op.reduceSum(op.matMul(w, x))
    const graph = builder.graph('model', { y, norm: op.reduceSum(op.square(w)) })
    const batchedGraph = batchGraph(graph, operators, ['x'], 2)
    expect(batchedGraph.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['w', [2, 3]],
      ['x', [2, 3]],
    ])
    const found = await evaluate(engine, batchedGraph, {
      w: tensor('float64', [2, 3], [1, 2, 3, 4, 5, 6]),
      x: tensor('float64', [2, 3], [1, 0, 0, 0, 1, -1]),
    })
    // By hand: columns of w summed are 5, 7, 9; 1 + 4 + 9 + 16 + 25 + 36 = 91.
    expect(numbers(found.y)).toEqual([5, 7 - 9])
    expect(numbers(found.norm)).toEqual([91, 91])
  })

  it('batches parameters and leaves the data shared: one perturbed weight a row', async () => {
    const builder = new Builder(operators)
    const [w, x] = [builder.input('w', 'float64', [1, 2]), builder.input('x', 'float64', [2, 3])]
    const graph = builder.graph('model', { y: op.matMul(w, x) })
    const found = await evaluate(engine, batchGraph(graph, operators, ['w'], 2), {
      w: tensor('float64', [2, 1, 2], [1, 0, 0, 1]),
      x: tensor('float64', [2, 3], [1, 2, 3, 4, 5, 6]),
    })
    expect([found.y.shape, numbers(found.y)]).toEqual([
      [2, 1, 3],
      [1, 2, 3, 4, 5, 6],
    ])
  })

  it('batches nothing: every output is repeated', async () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float64', [2])
    const found = await evaluate(engine, batchGraph(builder.graph('g', { y: op.neg(x) }), operators, [], 3), {
      x: tensor('float64', [2], [1, 2]),
    })
    expect([found.y.shape, numbers(found.y)]).toEqual([
      [3, 2],
      [-1, -2, -1, -2, -1, -2],
    ])
  })

  /** w·w·x, the two factors put on in a Loop whose body uses w by name. */
  function withLoop(): Graph {
    const builder = new Builder(operators)
    const [x, w] = [builder.input('x', 'float64', []), builder.input('w', 'float64', [])]
    const body = new Builder(operators, builder)
    body.input('iteration', 'int64', [])
    const condition = body.input('condition', 'bool', [])
    const carried = body.input('carried', 'float64', [])
    const inner = body.graph('body', { goOn: op.identity(condition), next: op.mul(carried, w) })
    const [product] = builder.node('Loop', [builder.scalar('int64', 2), undefined, builder.scalar('float64', 1)], {
      body: inner,
    })
    return builder.graph('g', { y: op.mul(product, x) })
  }

  it('leaves a Loop that is the same for all as it is', async () => {
    const found = await evaluate(engine, batchGraph(withLoop(), operators, ['x'], 2), {
      x: tensor('float64', [2], [1, 10]),
      w: tensor('float64', [], 3),
    })
    expect(numbers(found.y)).toEqual([9, 90])
  })

  it('says that a Loop cannot be batched, though only its body uses what is batched', () => {
    expect(() => batchGraph(withLoop(), operators, ['w'], 2)).toThrow('Loop (loop) cannot be batched')
  })

  it('says that an input is not there', () => {
    expect(() => batchGraph(withLoop(), operators, ['W'], 2)).toThrow(
      expect.objectContaining({ message: "the graph 'g' has no input 'W'", hint: "did you mean 'w'?" }),
    )
  })
})
