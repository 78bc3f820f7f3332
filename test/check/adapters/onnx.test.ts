/** @file The adapter of ONNX graphs: values in float64 and float32, model files, right and planted gradients, wrong names. */
import { afterAll, describe, expect, it } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { type OnnxOptions, onnxObjective } from '../../../src/check/adapters/onnx.ts'
import { gradientCheck } from '../../../src/check/gradient-check.ts'
import { nativeEngine } from '../../../src/engine/native.ts'
import { gradients } from '../../../src/graph/autodiff.ts'
import { Builder } from '../../../src/graph/graph.ts'
import * as op from '../../../src/graph/op.ts'
import { operators } from '../../../src/graph/ops/index.ts'
import { writeModel } from '../../../src/graph/proto.ts'
import type { Graph, Value } from '../../../src/graph/types.ts'
import { expectNet, verdicts } from './expect-net.ts'
import { byHand, inputs, rows, shapes, targets, values } from './net.ts'

const engine = await nativeEngine({ threads: 1 })
const feeds = { x: tensor('float32', [rows, 3], inputs), t: tensor('float32', [rows, 2], targets) }
const flat = {
  'hidden.w': Float64Array.from(values.hidden.w),
  'hidden.b': Float64Array.from(values.hidden.b),
  'output.w': Float64Array.from(values.output.w),
  'output.b': Float64Array.from(values.output.b),
}
const flat32 = Object.fromEntries(Object.entries(flat).map(([name, array]) => [name, Float32Array.from(array)]))

/** The net with its gradients by autodiff, each of which may be changed. */
function net(change: (name: string, gradient: Value) => Value = (_, gradient) => gradient): Graph {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [rows, 3])
  const t = builder.input('t', 'float32', [rows, 2])
  const names = Object.keys(flat)
  const parameters = [shapes.hidden.w, shapes.hidden.b, shapes.output.w, shapes.output.b].map((shape, i) =>
    builder.input(names[i], 'float32', shape),
  )
  const [w1, b1, w2, b2] = parameters
  const h = op.tanh(op.add(op.matMul(x, w1), b1))
  const loss = op.reduceMean(op.square(op.sub(op.add(op.matMul(h, w2), b2), t)))
  const slopes = gradients(loss, parameters).map(
    (gradient, i) => [`gradient/${names[i]}`, change(names[i], gradient)] as const,
  )
  return builder.graph('net', [['loss', loss], ...slopes])
}

const opened: { release(): Promise<void> }[] = []
async function open(model: Graph | Uint8Array, options: OnnxOptions = { feeds }) {
  const objective = await onnxObjective(model, engine, options)
  opened.push(objective)
  return objective
}
afterAll(async () => {
  for (const objective of opened) await objective.release()
})

function asNet(gradient: Awaited<ReturnType<Awaited<ReturnType<typeof open>>['gradient']>>) {
  return {
    hidden: { w: gradient['hidden.w'], b: gradient['hidden.b'] },
    output: { w: gradient['output.w'], b: gradient['output.b'] },
  }
}

describe('onnxObjective', () => {
  const expected = byHand(values)

  it('evaluates a graph of float32 in float64', async () => {
    const objective = await open(net())
    const found = await objective.lossAndGradient?.(flat)
    expect(await objective.loss(flat)).toBeCloseTo(expected.loss, 13)
    expect(found?.loss).toBeCloseTo(expected.loss, 13)
    expectNet(asNet(await objective.gradient(flat)), expected.gradient, 1e-14)
    expect(objective.shapes).toEqual({ 'hidden.w': [3, 4], 'hidden.b': [4], 'output.w': [4, 2], 'output.b': [2] })
  })

  it('gives arrays of its own: a later call does not change them', async () => {
    const objective = await open(net())
    const first = await objective.gradient(flat)
    const kept = [...first['hidden.b']]
    await objective.gradient({ ...flat, 'hidden.b': [1, 1, 1, 1] })
    expect([...first['hidden.b']]).toEqual(kept)
  })

  it('evaluates it as it stands, at points in float32 only', async () => {
    const objective = await open(net(), { feeds, precision: 'own' })
    expectNet(asNet(await objective.gradient(flat32)), expected.gradient)
    await expect(objective.loss(flat)).rejects.toThrow('expected Float32Array: the graph computes in float32')
    const report = await gradientCheck(objective, flat32)
    expect(report).toMatchObject({ verdict: 'pass', precision: 'float32' })
  })

  it('passes the check of a model file, in the happy band', async () => {
    const objective = await open(writeModel(net()))
    const report = await gradientCheck(objective, flat, { shapes: objective.shapes })
    expect(report).toMatchObject({ verdict: 'pass', precision: 'float64' })
    expect(report.bands.happy).toBe(26)
  })

  it('takes names that are told', async () => {
    const builder = new Builder(operators)
    const w = builder.input('w', 'float64', [2])
    const graph = builder.graph('g', { cost: op.reduceSum(op.square(w)), dw: op.mul(w, 2) })
    const objective = await open(graph, { loss: 'cost', gradients: { w: 'dw' } })
    expect(await objective.lossAndGradient?.({ w: [1, 3] })).toEqual({
      loss: 10,
      gradient: { w: Float64Array.of(2, 6) },
    })
    expect((await gradientCheck(objective, { w: [1, 3] })).verdict).toBe('pass')
  })
})

describe('onnxObjective, planted bugs', () => {
  it.each<[string, string, (gradient: Value) => Value]>([
    ['twice the gradient', 'output.w', (gradient) => op.mul(gradient, 2)],
    ['a wrong sign', 'hidden.b', op.neg],
    ['an error of one in ten thousand', 'hidden.w', (gradient) => op.mul(gradient, 1.0001)],
    ['zeros', 'output.b', (gradient) => op.sub(gradient, gradient)],
  ])('%s of %s', async (_, wrong, change) => {
    const objective = await open(net((name, gradient) => (name === wrong ? change(gradient) : gradient)))
    const report = await gradientCheck(objective, flat)
    const expected = Object.keys(flat).map((name) => [name, name === wrong ? 'fail' : 'pass'])
    expect(verdicts(report)).toEqual(Object.fromEntries(expected))
  })
})

describe('onnxObjective, wrong use', () => {
  it.each<[string, OnnxOptions, string]>([
    ['an unknown loss', { feeds, loss: 'lss' }, "the graph 'net' has no output 'lss'"],
    ['an unknown parameter', { feeds, gradients: { v: 'loss' } }, "the graph 'net' has no input 'v'"],
    [
      'a gradient of another shape',
      { feeds, gradients: { x: 'loss' } },
      "the gradient 'loss' is float64[], the input 'x'",
    ],
    ['a missing feed', { feeds: { x: feeds.x } }, "the input 't' (float64[5,2]) is neither a parameter nor in feeds"],
    [
      'a feed of another shape',
      { feeds: { ...feeds, t: feeds.x } },
      "the input 't' is float64[5,3], expected float64[5,2]",
    ],
    ['a feed that is a parameter', { feeds: { ...feeds, 'hidden.b': tensor('float32', [4]) } }, 'which is a parameter'],
    ['an unknown option', { feed: feeds } as OnnxOptions, "onnxObjective has no option 'feed'"],
    ['an unknown precision', { precision: 'float32' as 'own' }, "precision is float32, expected 'float64' or 'own'"],
  ])('%s', async (_, options, message) => {
    await expect(onnxObjective(net(), engine, options)).rejects.toThrow(message)
  })

  it('a loss of several numbers, and a graph without gradients', async () => {
    const builder = new Builder(operators)
    const w = builder.input('w', 'float64', [2])
    const graph = builder.graph('g', { loss: op.square(w) })
    await expect(onnxObjective(graph, engine)).rejects.toThrow(
      "the output 'loss' is float64[2], expected a single number",
    )
    const scalar = builder.graph('h', { cost: op.reduceSum(op.square(w)) })
    await expect(onnxObjective(scalar, engine, { loss: 'cost' })).rejects.toThrow(
      "the graph 'h' has no output 'gradient/NAME'",
    )
  })
})
