/** @file Lowering: what no runtime gets to see, the parts that a gradient shares with it, and graphs that it leaves alone. */
import { describe, expect, it } from 'vitest'
import { numbers, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { fastForms } from '../../src/graph/forms.ts'
import { Builder } from '../../src/graph/graph.ts'
import { lowerForRuntime } from '../../src/graph/lower.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph, OpKind, Value } from '../../src/graph/types.ts'
import { engine } from './evaluate.ts'

const kindsOf = ({ nodes }: Graph): OpKind[] => nodes.map(({ kind }) => kind)
const count = (graph: Graph, kind: OpKind) => kindsOf(graph).filter((other) => other === kind).length

const channels = (builder: Builder) =>
  ['scale', 'bias', 'mean', 'variance'].map((name) => builder.input(name, 'float32', [3])) as [
    Value,
    Value,
    Value,
    Value,
  ]

function trainingGraph(shape: number[]): Graph {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', shape)
  const [y, mean, variance] = op.batchNormalizationTraining(x, ...channels(builder))
  const [dx] = gradients(op.reduceSum(op.square(y)), [x])
  return builder.graph('training', { y, mean_next: mean, variance_next: variance, dx })
}

describe('lowering', () => {
  it('leaves a graph that needs none as it is: the very same', () => {
    const builder = new Builder(operators)
    const graph = builder.graph('g', { y: op.relu(builder.input('x', 'float32', [2])) })
    expect(lowerForRuntime(graph, operators)).toBe(graph)
  })

  it('keeps normalisation by given statistics', () => {
    const builder = new Builder(operators)
    const y = op.batchNormalization(builder.input('x', 'float32', [2, 3]), ...channels(builder))
    expect(kindsOf(lowerForRuntime(builder.graph('g', { y }), operators))).toEqual(['BatchNormalization'])
  })

  it.each([[[4, 3]], [[4, 3, 2, 2]]])(
    'in training mode statistics are taken once, for value and gradient: %j',
    (shape) => {
      const said = trainingGraph(shape)
      expect(count(said, 'BatchNormalization')).toBe(1)
      for (const graph of [lowerForRuntime(said, operators), fastForms(said, operators)]) {
        // One mean and one variance, each over at most two axes, one after the other; x − mean, and old − new twice.
        expect(count(graph, 'ReduceMean')).toBe(shape.length > 2 ? 4 : 2)
        expect(count(graph, 'Sub')).toBe(3)
        expect(graph.nodes.some(({ attributes }) => attributes.training_mode === 1)).toBe(false)
        expect([...graph.inputs, ...graph.outputs].map(({ name }) => name)).toEqual(
          [...said.inputs, ...said.outputs].map(({ name }) => name),
        )
      }
    },
  )

  it('reaches into the body of a Loop', async () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [1, 2, 2])
    const body = builder.nested()
    body.input('iteration', 'int64', [])
    const going = body.input('going', 'bool', [])
    const carried = body.input('carried', 'float32', [1, 2, 2])
    const [ones, zeros] = [1, 0].map((value) => body.constant(tensor('float32', [2], [value, value])))
    const next = op.groupNormalization(carried, ones, zeros, 2)
    const inner = body.graph('body', { still: op.identity(going), next })
    const [y] = builder.node('Loop', [builder.scalar('int64', 2), undefined, x], { body: inner })
    const lowered = lowerForRuntime(builder.graph('g', { y }), operators)
    expect(kindsOf(lowered.nodes[0].attributes.body as Graph)).not.toContain('GroupNormalization')
    const found = await evaluate(engine, lowered, { x: tensor('float32', [1, 2, 2], [1, 5, 2, 2]) })
    numbers(found.y).forEach((value, i) => expect(value).toBeCloseTo([-1, 1, 0, 0][i], 4))
  })

  it('happens in the engine, for any graph that it is given', async () => {
    const ones = tensor('float32', [3], [1, 1, 1])
    const zeros = tensor('float32', [3])
    const x = tensor('float32', [2, 3], [1, 2, 3, 3, 6, 7])
    const feeds = { x, scale: ones, bias: zeros, mean: zeros, variance: ones }
    const found = await evaluate(engine, trainingGraph([2, 3]), feeds)
    // Two values each: −1 and 1, whatever they are.
    numbers(found.y).forEach((value, i) => expect(value).toBeCloseTo(i < 3 ? -1 : 1, 4))
    // 0.9·0 + 0.1·mean and 0.9·1 + 0.1·variance.
    numbers(found.mean_next).forEach((value, i) => expect(value).toBeCloseTo([0.2, 0.4, 0.5][i], 6))
    numbers(found.variance_next).forEach((value, i) => expect(value).toBeCloseTo([1, 1.3, 1.3][i], 6))
  })
})
