/** @file The measurements behind the table of kernel forms (src/graph/forms.ts): each form of a piece, interleaved. */
import { tensor } from '../src/base/tensor.ts'
import { allocate, type Call } from '../src/engine/engine.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { Builder } from '../src/graph/graph.ts'
import * as op from '../src/graph/op.ts'
import { operators } from '../src/graph/ops/index.ts'
import { mergeProducts } from '../src/graph/products.ts'
import type { Value } from '../src/graph/types.ts'
import { softmaxCrossEntropy } from '../src/nn/loss.ts'
import type { Layer } from '../src/nn/model.ts'
import { dense, gru, lstm, sequential } from '../src/nn/nn.ts'
import { trainingGraph } from '../src/train/graphs.ts'

const rounds = 200
const engine = await nativeEngine()

/** The sum over rows, which is a bias's gradient. */
const sumOverRows: Record<string, (x: Value) => Value> = {
  ReduceSum: (x) => op.reduceSum(x, { axes: [0] }),
  'ones · x': (x) => op.gemm(x.builder.constant(tensor('float32', [1, x.shape[0]], new Array(x.shape[0]).fill(1))), x),
}

console.log(`sum over 128 rows: µs a call, medians of ${rounds}, the call itself included (about 4)\n`)
console.log('columns  threads  ReduceSum  ones · x')
for (const columns of [10, 32, 64, 128, 256, 512, 1024])
  for (const threads of [1, engine.cores]) {
    const calls = await Promise.all(Object.values(sumOverRows).map((form) => compile(form, [128, columns], threads)))
    const [sum, product] = medians(calls)
    console.log(
      `${String(columns).padStart(7)}  ${String(threads).padStart(7)}  ${sum.padStart(9)}  ${product.padStart(8)}`,
    )
  }

/** A ReLU's gradient, from its output; the same matrix stands for the gradient that comes in. */
const gate: Record<string, (x: Value) => Value> = {
  'Greater, Where': (x) => op.where(op.greater(x, 0), x, 0),
  'HardSigmoid, Mul': (x) => op.mul(x, op.hardSigmoid(x, 1e38, 0)),
}

console.log('\ngate of 128 rows: the same\n\ncolumns  threads  Where  HardSigmoid')
for (const columns of [16, 128, 256, 512])
  for (const threads of [1, engine.cores]) {
    const calls = await Promise.all(Object.values(gate).map((form) => compile(form, [128, columns], threads)))
    const [where, steep] = medians(calls)
    console.log(
      `${String(columns).padStart(7)}  ${String(threads).padStart(7)}  ${where.padStart(5)}  ${steep.padStart(11)}`,
    )
  }

/** A training step of recurrent layers, with the recurrent weights' gradients as sums of products and as single ones. */
console.log(
  '\nrecurrent step, 32 steps: ms of processor time, one thread, medians\n\nlayer  batch  units  sums  merged',
)
for (const [name, layer] of Object.entries({ lstm, gru }))
  for (const [batch, units] of [
    [32, 32],
    [32, 128],
    [256, 32],
  ]) {
    const [sums, merged] = await recurrentStep(layer(units), batch, units)
    console.log(
      `${name.padEnd(5)}  ${String(batch).padStart(5)}  ${String(units).padStart(5)}  ${sums.padStart(4)}  ${merged.padStart(6)}`,
    )
  }

async function recurrentStep(layer: Layer, batch: number, units: number): Promise<string[]> {
  const { graph } = trainingGraph(
    {
      model: sequential(layer, dense(10)),
      loss: softmaxCrossEntropy(),
      featureShape: [32, units],
      targetShape: [],
    },
    batch,
  )
  const calls: Call[] = []
  for (const form of [graph, mergeProducts(graph, operators)]) {
    const executable = await engine.compile(form, { threads: 1 })
    const { inputs, outputs } = allocate(form)
    for (const { dtype, data } of Object.values(inputs))
      if (dtype === 'float32') (data as Float32Array).forEach((_, i) => void (data[i] = Math.sin(i) / 10))
    calls.push(executable.bind(inputs, outputs))
  }
  const times: number[][] = calls.map(() => [])
  for (let round = 0; round < 60; round++)
    calls.forEach((call, i) => {
      const start = process.cpuUsage()
      call()
      const { user, system } = process.cpuUsage(start)
      times[i].push((user + system) / 1000)
    })
  return times.map((list) => list.sort((a, b) => a - b)[30].toFixed(2))
}

async function compile(form: (x: Value) => Value, shape: readonly number[], threads: number): Promise<Call> {
  const builder = new Builder(operators)
  const graph = builder.graph('form', { y: form(builder.input('x', 'float32', shape)) })
  const executable = await engine.compile(graph, { threads })
  const { inputs, outputs } = allocate(graph)
  return executable.bind(inputs, outputs)
}

function medians(calls: readonly Call[]): string[] {
  const times: number[][] = calls.map(() => [])
  for (let round = -20; round < rounds; round++)
    calls.forEach((call, i) => {
      const start = performance.now()
      call()
      if (round >= 0) times[i].push(performance.now() - start)
    })
  return times.map((list) => (list.sort((a, b) => a - b)[rounds >> 1] * 1000).toFixed(1))
}
