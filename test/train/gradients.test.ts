/**
 * @file The gradients of the step that trains, as executed (float32, after all passes, in either form), against those of its
 * float64 twin, which knows nothing of forms of kernels, packing or threads.
 */
import { describe, expect, test } from 'vitest'
import { CounterStream } from '../../src/base/counter-random.ts'
import { sizeOf } from '../../src/base/tensor.ts'
import type { ClassificationDataset, Dataset } from '../../src/data/dataset.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'
import { dense, dropout, flatten, leakyRelu, relu, sequential, sigmoid, tanh } from '../../src/nn/layers.ts'
import { huber, softmaxCrossEntropy, squaredError, structuredSvm } from '../../src/nn/loss.ts'
import { gru, lstm, maxout, recurrent, residual } from '../../src/nn/nn.ts'
import { elasticNet, l1, l2, perLayer, sum } from '../../src/nn/penalty.ts'
import { gradientName, type NetDescription, trainingGraph } from '../../src/train/graphs.ts'
import { apart, run } from '../nn/twin.ts'
import { blobs, waves } from './nets.ts'
import { keepGradient, keptGradients, stepThrough, values } from './steps.ts'

const seed = 1

/** Odd sizes on purpose: partial vectors, parameters that do not end on a boundary, sums over rows in both forms. */
const nets: Record<string, { data: Dataset; net: Omit<NetDescription, 'featureShape' | 'targetShape'> }> = {
  'digits with dropout: 64-100-10, ReLU, softmax, L2, batch 100': {
    data: blobs(100, 64, 10),
    net: {
      model: sequential(dense(100), relu(), dropout(0.25), dense(10)),
      loss: softmaxCrossEntropy(),
      penalty: l2(1e-4),
    },
  },
  'tiny: 2-16-16-3, tanh, squared error, L1 and L2, batch 32': {
    data: waves(32, 2, 3),
    net: {
      model: sequential(dense(16), tanh(), dense(16), tanh(), dense(3)),
      loss: squaredError(),
      penalty: sum(l1(1e-3), l2(1e-2)),
    },
  },
  'odd: 21-73-5, leaky ReLU, sigmoid, two dropouts, SVM, batch 33': {
    data: blobs(33, 21, 5),
    net: {
      model: sequential(dropout(0.1), dense(73), leakyRelu(), dropout(0.5), dense(29), sigmoid(), dense(5)),
      loss: structuredSvm(),
    },
  },
  'large enough for two threads: 300-257-10, ReLU, softmax, batch 64': {
    data: blobs(64, 300, 10),
    net: { model: sequential(dense(257), relu(), dense(10, { bias: false })), loss: softmaxCrossEntropy() },
  },
  'sequences: LSTM 33, GRU 21, recurrent 17, over 7 steps of 5 features, smoothed labels, batch 19': {
    data: sequences(blobs(19, 35, 5), [7, 5]),
    net: {
      model: sequential(lstm(33, { returns: 'all' }), gru(21, { returns: 'all' }), recurrent(17), dense(5)),
      loss: softmaxCrossEntropy({ smoothing: 0.125 }),
      penalty: perLayer({
        'lstm1.recurrentWeight': l2(0.125),
        'gru1.bias': l1(0.125),
        else: elasticNet(2 ** -10, 2 ** -7),
      }),
    },
  },
  'blocks: residual with shortcut, maxout, Huber, batch 37': {
    data: waves(37, 13, 2),
    net: {
      model: sequential(
        residual(dense(19), tanh(), { shortcut: dense(19) }),
        residual(maxout(19)),
        flatten(),
        dense(2),
      ),
      loss: huber(),
      penalty: l2(2 ** -7, { biases: true }),
    },
  },
}

/** The features of each row as a sequence. */
function sequences(data: ClassificationDataset, shape: readonly number[]): ClassificationDataset {
  return { ...data, inputs: { ...data.inputs, shape: [data.inputs.shape[0], ...shape] } }
}

/** What goes into the twin: the parameters at their first values, the batch, the same random numbers. */
function feeds(graph: Graph, data: Dataset, parameters: Readonly<Record<string, number[]>>): Record<string, number[]> {
  const given: Record<string, number[]> = {
    ...parameters,
    input: [...data.inputs.data],
    target: [...data.targets.data],
  }
  for (const { name, shape } of graph.inputs) {
    if (given[name] !== undefined) continue
    const drawn = new Float32Array(sizeOf(shape))
    new CounterStream(seed, name).fill(drawn)
    given[name] = [...drawn]
  }
  return given
}

/**
 * Measured: at most 3.6e-7 of a tensor's greatest entry. A sum of n float32 products is off by about √n · 6e-8 of its terms' size,
 * here n ≤ 300, so 1e-6. A wrong rule, a lost factor of the batch size or a mask that differs is off by 1e-2 and more.
 */
const bound = 1e-6

describe.each(Object.entries(nets))('%s', (_, { data, net }) => {
  const description: NetDescription = {
    ...net,
    featureShape: data.inputs.shape.slice(1),
    targetShape: data.targets.shape.slice(1),
  }
  const batch = { inputs: data.inputs.data, targets: data.targets.data }
  const { graph } = trainingGraph(description, data.inputs.shape[0])

  test.each([
    ['wasm', 1],
    ['wasm', 2],
    ['nodes', 1],
    ['nodes', 2],
  ] as const)('%s, %i threads', async (form, threads) => {
    const stepped = await stepThrough(description, keepGradient, [batch], { form, threads, seed })
    const found = await run(toFloat64(graph, operators), feeds(graph, data, stepped.parameters))
    const kept = keptGradients(stepped.state)
    expect(Math.abs(stepped.losses[0] - found.loss[0])).toBeLessThan(bound * Math.abs(found.loss[0]))
    expect(stepped.correct).toEqual(found.correct ?? [])
    for (const [name, gradient] of Object.entries(kept))
      expect(apart(gradient, found[gradientName(name)])).toBeLessThan(bound)
    expect(values(stepped.state)).toEqual(stepped.parameters) // keepGradient moved nothing
  })

  test('the comparison sees one entry that is off by a thousandth of the greatest', async () => {
    const stepped = await stepThrough(description, keepGradient, [batch], { form: 'wasm', seed })
    const found = await run(toFloat64(graph, operators), feeds(graph, data, stepped.parameters))
    for (const [name, gradient] of Object.entries(keptGradients(stepped.state))) {
      const most = Math.max(...gradient.map(Math.abs))
      gradient[gradient.length - 1] += most / 1000
      expect(apart(gradient, found[gradientName(name)])).toBeGreaterThan(bound)
    }
  })
})
