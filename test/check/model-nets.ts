/** @file Small nets of every kind of layer, loss and penalty, with data, for tests of their gradient check. */
import { RandomStream } from '../../src/base/random.ts'
import { type Shape, sizeOf, type Tensor, tensor } from '../../src/base/tensor.ts'
import type { ModelEvaluatorOptions } from '../../src/check/model.ts'
import { ModelGraphs, type Part } from '../../src/check/model-graphs.ts'
import { type NamedTensors } from '../../src/engine/engine.ts'
import * as loss from '../../src/nn/loss.ts'
import { initialValue, type Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import * as penalty from '../../src/nn/penalty.ts'
import type { NetDescription } from '../../src/train/graphs.ts'

export interface NetCase {
  readonly name: string
  readonly net: NetDescription
  /** Greatest number that an input may be, where inputs are numbers of words. */
  readonly words?: number
  /** 'measured': as the measuring graph has it. */
  readonly training?: boolean
}

const { sequential, dense, relu } = nn
const softmax = loss.softmaxCrossEntropy()

function layers(name: string, featureShape: Shape, list: readonly Layer[], more: Partial<NetCase> = {}): NetCase {
  return { name, net: { model: sequential(...list), loss: softmax, featureShape, targetShape: [] }, ...more }
}

const picture: Shape = [2, 5, 5]
const sequence: Shape = [3, 2]
const end = [nn.flatten(), dense(3)]

/** Every kind of layer, between a layer with parameters before it and one behind. */
export const layerCases: readonly NetCase[] = [
  layers('dense, relu', [4], [dense(5), relu(), dense(5), relu(), dense(3)]),
  layers(
    'dense without bias, tanh, sigmoid',
    [4],
    [dense(5, { bias: false }), nn.tanh(), dense(4), nn.sigmoid(), dense(3)],
  ),
  layers(
    'leakyRelu, elu, softplus',
    [4],
    [dense(5), nn.leakyRelu(), dense(4), nn.elu(), dense(4), nn.softplus(), dense(3)],
  ),
  layers('gelu, leCunTanh', [4], [dense(5), nn.gelu(), dense(4), nn.leCunTanh(), dense(3)]),
  layers('conv2d', picture, [nn.conv2d(3, 3), relu(), nn.conv2d(2, 2, { stride: 2 }), nn.tanh(), ...end]),
  layers('convTranspose2d', picture, [nn.convTranspose2d(3, 2), relu(), nn.conv2d(2, 3), ...end]),
  layers('maxPool, averagePool', picture, [nn.conv2d(4, 2), nn.maxPool(2), nn.conv2d(3, 2), nn.averagePool(1), ...end]),
  layers('globalAveragePool', picture, [nn.conv2d(4, 2), relu(), nn.globalAveragePool(), ...end]),
  layers('batchNorm', [4], [dense(5), nn.batchNorm(), relu(), dense(3)]),
  layers('batchNorm, as measured', [4], [dense(5), nn.batchNorm(), relu(), dense(3)], { training: false }),
  layers('batchNorm of channels', picture, [nn.conv2d(4, 2), nn.batchNorm(), relu(), ...end]),
  layers('layerNorm, groupNorm', picture, [
    nn.conv2d(4, 2),
    nn.groupNorm(2),
    nn.tanh(),
    nn.flatten(),
    dense(4),
    nn.layerNorm(),
    dense(3),
  ]),
  layers('dropout', [4], [dense(6), relu(), nn.dropout(0.5), dense(3)]),
  layers('embedding', [3], [nn.embedding(6, 4), nn.flatten(), dense(4), nn.tanh(), dense(3)], { words: 6 }),
  layers('recurrent', sequence, [nn.recurrent(3), dense(3)]),
  layers('lstm', sequence, [nn.lstm(3, { returns: 'all' }), nn.lstm(2), dense(3)]),
  layers('gru', sequence, [nn.gru(3, { returns: 'all' }), nn.gru(2), dense(3)]),
  layers('residual', [4], [dense(4), nn.residual(dense(4), relu()), nn.residual(relu(), dense(4)), dense(3)]),
  layers('maxout', [4], [nn.maxout(4, { pieces: 3 }), dense(3)]),
]

function losses(name: string, targetShape: Shape, given: loss.Loss, outputs = 3): NetCase {
  return {
    name,
    net: { model: sequential(dense(4), relu(), dense(outputs)), loss: given, featureShape: [4], targetShape },
  }
}

export const lossCases: readonly NetCase[] = [
  losses('softmaxCrossEntropy', [], softmax),
  losses('softmaxCrossEntropy with smoothing', [], loss.softmaxCrossEntropy({ smoothing: 0.1 })),
  losses('structuredSvm', [], loss.structuredSvm()),
  losses('softCrossEntropy', [3], loss.softCrossEntropy()),
  losses('binaryCrossEntropy', [3], loss.binaryCrossEntropy()),
  losses('squaredError', [3], loss.squaredError()),
  losses('absoluteError', [3], loss.absoluteError()),
  losses('huber', [3], loss.huber()),
]

const penalised = (name: string, given: penalty.Penalty): NetCase => ({
  name,
  net: { ...losses(name, [], softmax).net, penalty: given },
})

export const penaltyCases: readonly NetCase[] = [
  penalised('l2', penalty.l2(1e-2)),
  penalised('l1', penalty.l1(1e-2)),
  penalised('elasticNet with biases', penalty.elasticNet(1e-2, 1e-2, { biases: true })),
  {
    name: 'l2 with batchNorm and dropout',
    net: {
      ...layers('', [4], [dense(5), nn.batchNorm(), relu(), nn.dropout(0.3), dense(3)]).net,
      penalty: penalty.l2(1e-2, { biases: true }),
    },
  },
  penalised('perLayer', penalty.perLayer({ dense1: penalty.l2(0.1), 'dense2.bias': penalty.l1(0.1) })),
]

/** A point and data for a net, of numbers that any seed makes again. */
export function pointOf({ net, words, training = true }: NetCase, part: Part, examples = 3): ModelEvaluatorOptions {
  const graphs = new ModelGraphs(net, { part, batch: examples, training })
  const stream = new RandomStream(7, 'point')
  const parameters: NamedTensors = Object.fromEntries(
    graphs.parameters.map((parameter): [string, Tensor] => {
      // Biases that are zero would put units on their kinks.
      const { data, shape } = initialValue(parameter, 3)
      return [
        parameter.name,
        tensor(
          'float32',
          shape,
          data.map((value) => value + 0.1 * stream.normal()),
        ),
      ]
    }),
  )
  const draw = (shape: Shape, one: () => number) => Array.from({ length: sizeOf(shape) }, one)
  const inputShape = [examples, ...net.featureShape]
  const targetShape = [examples, ...net.targetShape]
  const inputs = draw(inputShape, () => (words === undefined ? stream.normal() : stream.integer(words)))
  const isClasses = net.loss.task === 'classification'
  const shares = draw(targetShape, () => stream.uniform())
  const targets = isClasses
    ? tensor(
        'int32',
        targetShape,
        draw(targetShape, () => stream.integer(3)),
      )
    : tensor(
        'float32',
        targetShape,
        shares.map((share, i) => share / sumOfRow(shares, i)),
      )
  return { part, training, parameters, inputs: tensor('float32', inputShape, inputs), targets, seed: 5 }
}

const sumOfRow = (shares: readonly number[], i: number) =>
  shares.slice(i - (i % 3), i - (i % 3) + 3).reduce((a, b) => a + b)
