/** @file Rules for groups of parameters, and gradients shortened to a norm, as they train: both forms against the typed arrays in float64. */
import { describe, expect, test } from 'vitest'
import { toFloat64 } from '../../src/graph/float64.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { dense, sequential, tanh } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { adam, adamw, clipNorm, groups, momentum, sgd, type UpdateRule } from '../../src/optim/index.ts'
import { gradientName, type NetDescription, trainingGraph } from '../../src/train/graphs.ts'
import { initialState, parameterValues } from '../../src/train/state.ts'
import { apart, run } from '../nn/twin.ts'
import { type Batch, stepThrough } from './steps.ts'

const [features, batchSize] = [7, 6]
const net: NetDescription = {
  // 7 · 5 and 5 · 3 values: no tensor ends on a boundary of 64 bytes.
  model: sequential(dense(5), tanh(), dense(3)),
  loss: softmaxCrossEntropy(),
  featureShape: [features],
  targetShape: [],
}
const batches: Batch[] = Array.from({ length: 10 }, (_, step) => ({
  inputs: Array.from({ length: batchSize * features }, (_, i) => 2 * Math.sin(1.3 * i + step)),
  targets: Array.from({ length: batchSize }, (_, i) => (i * (step + 2)) % 3),
}))

/** The same steps by typed arrays in float64, with the gradients of the float64 graph. */
async function byArrays(rule: UpdateRule): Promise<Record<string, Float64Array>> {
  const graph = trainingGraph(net, batchSize)
  const first = parameterValues(initialState(graph, rule, 1, 1))
  const parameters = Object.fromEntries(
    Object.entries(first).map(([name, { data }]) => [name, Float64Array.from(data)]),
  )
  const double = toFloat64(graph.graph, operators)
  const state = rule.init(parameters)
  for (const [step, { inputs, targets }] of batches.entries()) {
    const feeds = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]]))
    const found = await run(double, { ...feeds, input: Array.from(inputs), target: Array.from(targets) })
    const slopes = Object.keys(parameters).map((name) => [name, Float64Array.from(found[gradientName(name)])])
    rule.update(parameters, Object.fromEntries(slopes), state, { epoch: step / 4 })
  }
  return parameters
}

const falling = ({ epoch }: { epoch: number }) => 0.2 / (1 + epoch)
const rules: [string, UpdateRule][] = [
  [
    'by group',
    groups({
      '*.bias': sgd({ learningRate: 0.5 }),
      'dense1.*': adam({ learningRate: 0.01 }),
      others: momentum({ learningRate: falling }),
    }),
  ],
  [
    'one rule, other settings',
    groups({ '*.bias': adam({ learningRate: 0.02 }), others: adamw({ learningRate: 0.02, decay: 0.5 }) }),
  ],
  ['a global norm', clipNorm(momentum({ learningRate: 0.3 }), { norm: 0.2 })],
  ['the norm of each tensor', clipNorm(adam({ learningRate: 0.02 }), { norm: 0.05, by: 'tensor' })],
  [
    'a global norm of groups',
    clipNorm(groups({ '*.bias': sgd({ learningRate: 0.5 }), others: momentum({ learningRate: falling }) }), {
      norm: 0.3,
    }),
  ],
  [
    'the norms of groups',
    clipNorm(groups({ '*.bias': sgd({ learningRate: 0.5 }), others: adam({ learningRate: 0.02 }) }), {
      norm: 0.1,
      by: 'tensor',
    }),
  ],
]

describe('ten steps', () => {
  test.each(rules)('%s', async (_, rule) => {
    const expected = await byArrays(rule)
    for (const form of ['wasm', 'nodes'] as const)
      for (const together of form === 'wasm' ? [1] : [1, 5]) {
        const { parameters } = await stepThrough(net, rule, batches, { form, together })
        // Ten steps of float32, a few roundings of 6e-8 each, through Adam's division by small second moments.
        for (const [name, values] of Object.entries(expected))
          expect(apart(parameters[name], values), `${name}, ${form}, ${together} together`).toBeLessThan(1e-5)
      }
  })

  test('the groups differ from one rule for all, and the norms matter', async () => {
    const all = await Promise.all([
      byArrays(momentum({ learningRate: 0.3 })),
      byArrays(rules[2][1]),
      byArrays(rules[3][1]),
      byArrays(adam({ learningRate: 0.02 })),
    ])
    const far = (a: number, b: number) => apart(all[a]['dense1.weight'], all[b]['dense1.weight'])
    expect(far(0, 1)).toBeGreaterThan(0.05)
    expect(far(2, 3)).toBeGreaterThan(1e-3)
  })
})

test('the state of two threads and many steps a call: the same bits', async () => {
  const rule = rules[4][1]
  const [one, many] = await Promise.all([
    stepThrough(net, rule, batches, { form: 'nodes' }),
    stepThrough(net, rule, batches, { form: 'nodes', together: 10 }),
  ])
  expect(many.parameters).toEqual(one.parameters)
})

test('a group that names no parameter is refused before anything trains', async () => {
  const rule = groups({ 'conv*': sgd({ learningRate: 1 }), others: sgd({ learningRate: 1 }) })
  await expect(stepThrough(net, rule, batches, { form: 'wasm' })).rejects.toThrow(
    "groups: 'conv*' names no parameter that is left",
  )
})
