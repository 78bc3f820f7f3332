/** @file The measurements behind the pooling operators: max with and without its indices, and forms of the mean's gradient. */
import { tensor } from '../src/base/tensor.ts'
import { allocate, type Call } from '../src/engine/engine.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { pullback } from '../src/graph/autodiff.ts'
import { fastForms } from '../src/graph/forms.ts'
import { Builder } from '../src/graph/graph.ts'
import * as op from '../src/graph/op.ts'
import { operators } from '../src/graph/ops/index.ts'
import type { Value } from '../src/graph/types.ts'

const rounds = 40
const engine = await nativeEngine()
const [pictures, halved] = [
  [64, 32, 28, 28],
  [64, 32, 14, 14],
]
const windows = { kernelShape: [2, 2], strides: [2, 2] }
const overlapping = { kernelShape: [3, 3] }

type Form = (x: Value, dy: Value) => readonly Value[]
const maxima: Record<string, Form> = {
  'max alone': (x) => [op.maxPool(x, windows)],
  'max and indices': (x) => op.maxPool(x, windows).node?.outputs ?? [],
  'max and gradient': (x, dy) => gradientOf(op.maxPool(x, windows), dy, x),
  'the same, as trained': (x, dy) => gradientOf(op.maxPool(x, windows), dy, x),
  '3×3, stride 1, alone': (x) => [op.maxPool(x, overlapping)],
  'and indices': (x) => op.maxPool(x, overlapping).node?.outputs ?? [],
}
const means: Record<string, Form> = {
  mean: (x) => [op.averagePool(x, windows)],
  'its gradient, as it is': (x, dy) => gradientOf(op.averagePool(x, windows), dy, x).slice(1),
  'by Gather': (_x, dy) => [spread(spread(op.div(dy, 4), 2), 3)],
  'by Expand': (_x, dy) => [
    op.reshape(op.expand(op.reshape(op.div(dy, 4), [64, 32, 14, 1, 14, 1]), [64, 32, 14, 2, 14, 2]), pictures),
  ],
}

function gradientOf(y: Value, dy: Value, x: Value): Value[] {
  return [y, ...pullback([y], [dy], [x])]
}

/** Each element twice along an axis. */
function spread(x: Value, axis: number): Value {
  const places = Array.from({ length: 28 }, (_, i) => i >> 1)
  return op.gather(x, x.builder.constant(tensor('int64', [28], places)), axis)
}

console.log(`64×32 pictures of 28×28, windows of 2×2 side by side: ms a call, least and median of ${rounds}\n`)
for (const threads of [1, engine.cores]) {
  console.log(`${threads} thread${threads === 1 ? '' : 's'}`)
  for (const [name, form] of Object.entries({ ...maxima, ...means })) {
    const times = timesOf(await compile(form, threads, name.endsWith('as trained')))
    console.log(
      `${name.padStart(24)}  ${times[0].toFixed(2).padStart(6)}  ${times[rounds >> 1].toFixed(2).padStart(6)}`,
    )
  }
}

/** @param fast in the kernel forms that a training step has */
async function compile(form: Form, threads: number, fast: boolean): Promise<Call> {
  const builder = new Builder(operators)
  const [x, dy] = [builder.input('x', 'float32', pictures), builder.input('dy', 'float32', halved)]
  const said = builder.graph('pooling', Object.fromEntries(form(x, dy).map((y, i) => [`y${i}`, y])))
  const graph = fast ? fastForms(said, operators) : said
  const executable = await engine.compile(graph, { threads })
  const { inputs, outputs } = allocate(graph)
  for (const { data } of Object.values(inputs)) data.forEach((_, i) => (data[i] = Math.sin(1.37 * i)))
  return executable.bind(inputs, outputs)
}

function timesOf(call: Call): number[] {
  const times: number[] = []
  for (let round = -5; round < rounds; round++) {
    const start = performance.now()
    call()
    if (round >= 0) times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)
}
