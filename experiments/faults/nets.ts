/** @file Nets and configurations of the library's situations, with what they have in common. */

import * as op from '../../src/graph/op.ts'
import { loss, nn, optim } from '../../src/index.ts'
import type { Initialiser } from '../../src/nn/init.ts'
import type { Layer } from '../../src/nn/model.ts'
import type { Config } from '../../src/train/config.ts'
import type { Run } from './situation.ts'

export interface DenseNet {
  /** Of hidden layers; default ReLU. */
  readonly activation?: () => Layer
  /** Of hidden layers' weights; default He. */
  readonly init?: Initialiser
  /** Of hidden layers' biases. */
  readonly bias?: Initialiser
  /** Of the last layer's weights. */
  readonly lastInit?: Initialiser
  /** Of the last layer's biases. */
  readonly lastBias?: Initialiser
  /** Behind each hidden dense layer, in front of its activation. */
  readonly between?: () => Layer
  /** Behind each activation. */
  readonly after?: () => Layer
}

/** Dense layers of these widths; the last has no activation. */
export function mlp(
  widths: readonly number[],
  { activation = nn.relu, init, bias, lastInit = init, lastBias, between, after }: DenseNet = {},
): Layer {
  const hidden = widths
    .slice(0, -1)
    .flatMap((width) => [
      nn.dense(width, { ...(init && { init }), ...(bias && { bias }) }),
      ...(between ? [between()] : []),
      activation(),
      ...(after ? [after()] : []),
    ])
  const last = nn.dense(widths[widths.length - 1], {
    ...(lastInit && { init: lastInit }),
    ...(lastBias && { bias: lastBias }),
  })
  return nn.sequential(...hidden, last)
}

/** Two convolutions with pooling for pictures [1, 8, 8], and a dense layer. */
export function convNet({
  filters = [8, 16],
  init,
  between,
  hidden = 32,
  classes = 10,
}: {
  readonly filters?: readonly [number, number]
  readonly init?: Initialiser
  readonly between?: () => Layer
  readonly hidden?: number
  readonly classes?: number
} = {}): Layer {
  const block = (count: number) => [
    nn.conv2d(count, 3, { padding: 'same', ...(init && { init }) }),
    ...(between ? [between()] : []),
    nn.relu(),
    nn.maxPool(2),
  ]
  return nn.sequential(
    ...filters.flatMap(block),
    nn.flatten(),
    nn.dense(hidden, { ...(init && { init }) }),
    nn.relu(),
    nn.dense(classes, { ...(init && { init }) }),
  )
}

/** A function of a value as a layer. */
export const lambda = (kind: string, apply: Parameters<typeof nn.functional>[1]) => nn.functional(kind, apply)

/** Softmax as the last layer, as one learns it from figures of nets. */
export const softmaxLayer = () => lambda('softmax', (x) => op.softmax(x))

/** A configuration: what is not said is a dense net's on classes. */
export function training(config: Partial<Config> & Pick<Config, 'data' | 'model'>): Run {
  return {
    config: {
      loss: loss.softmaxCrossEntropy(),
      update: optim.momentum({ learningRate: 0.05 }),
      epochs: 12,
      batchSize: 50,
      ...config,
    },
  }
}
