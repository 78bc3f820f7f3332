/** @file Rappel's gradient check of the MLP of bench/gradcheck.ts as a process: the same lines as gradcheck.py. */
import { createInterface } from 'node:readline'
import { RandomStream } from '../../src/base/random.ts'
import { tensor } from '../../src/base/tensor.ts'
import { checkEvaluator } from '../../src/check/check-evaluator.ts'
import { modelEvaluator } from '../../src/check/model.ts'
import { ModelGraphs } from '../../src/check/model-graphs.ts'
import type { CheckOptions } from '../../src/check/options.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { initialValue, loss, nn } from '../../src/nn/index.ts'

const threads = Number(process.argv[2])
const act = process.argv[3] === 'relu' ? nn.relu : nn.tanh
const net = {
  model: nn.sequential(nn.dense(50), act(), nn.dense(50), act(), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  featureShape: [20],
  targetShape: [],
}
const stream = new RandomStream(0, 'gradcheck')
const graphs = new ModelGraphs(net, { part: 'data', batch: 5, training: true })
const engine = await nativeEngine({ threads })
const evaluator = await modelEvaluator(net, engine, {
  part: 'data',
  parameters: Object.fromEntries(graphs.parameters.map((parameter) => [parameter.name, initialValue(parameter, 0)])),
  inputs: tensor(
    'float32',
    [5, 20],
    Float32Array.from({ length: 100 }, () => stream.normal()),
  ),
  targets: tensor('int32', [5], [1, 2, 3, 4, 5]),
})

/** 'values' is what the runtime does of 'slow': every coordinate moved to both sides, without any judgement. */
const modes: Readonly<Record<string, () => Promise<boolean>>> = {
  slow: () => passes({ coordinates: 'all', step: 1e-6, secondOrder: false }),
  sweep: () => passes({ coordinates: 'all', secondOrder: false }),
  fast: () => passes({ mode: 'directions', directions: 1, step: 1e-6, taylor: false, secondOrder: false }),
  values: async () => {
    const moves = evaluator.tensors.flatMap(({ size }, t) =>
      [1e-6, -1e-6].flatMap((offset) => Array.from({ length: size }, (_, index) => ({ tensor: t, index, offset }))),
    )
    await evaluator.analytic()
    return (await evaluator.valuesAt(moves)).loss.length === 2 * 4110
  },
}

async function passes(options: CheckOptions): Promise<boolean> {
  return (await checkEvaluator(evaluator, options)).verdict === 'pass'
}

console.log(JSON.stringify({ version: engine.description }))
for await (const mode of createInterface({ input: process.stdin })) {
  const start = performance.now()
  const passed = await modes[mode]()
  console.log(JSON.stringify({ milliseconds: performance.now() - start, passed }))
}
await evaluator.release()
