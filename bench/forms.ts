/** @file The measurements behind the table of kernel forms (src/graph/forms.ts): each form of a piece, interleaved. */
import { tensor } from '../src/base/tensor.ts'
import { allocate, type Call } from '../src/engine/engine.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { Builder } from '../src/graph/graph.ts'
import * as op from '../src/graph/op.ts'
import { operators } from '../src/graph/ops/index.ts'
import type { Value } from '../src/graph/types.ts'

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
