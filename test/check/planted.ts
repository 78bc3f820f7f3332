/** @file The catalogue: wrong gradients that must be found, in the right tensor, and right ones that must pass. */

import {
  batchNorm,
  convolution,
  type DenseMistake,
  type DenseOptions,
  dense,
  type Net,
  type Precision,
  recurrent,
} from './nets.ts'
import { type Single, singles } from './planted-singles.ts'
import { rights } from './right-singles.ts'

export interface Case {
  readonly name: string
  /** Names of the tensors with a wrong gradient; empty for a right one. */
  readonly wrong: readonly string[]
  readonly make: (precision: Precision) => Net
  readonly only?: Precision
}

const all = ['W1', 'b1', 'W2', 'b2']

function inDense(
  mistake: DenseMistake,
  wrong: readonly string[],
  options: Omit<DenseOptions, 'precision' | 'mistake'> = {},
): Case {
  return { name: `dense: ${mistake}`, wrong, make: (precision) => dense({ ...options, precision, mistake }) }
}

const relu = { activation: 'relu' } as const
const penalised = { l2: 0.05 } as const

const denseCases: readonly Case[] = [
  inDense('no mask', ['W1', 'b1'], relu),
  inDense('transposed W1', ['W1']),
  inDense('negative W2', ['W2']),
  inDense('b1 divided by n again', ['b1']),
  inDense('no batch mean', all),
  inDense('mean over n − 1', all),
  inDense('derivative from the input', ['W1', 'b1']),
  inDense('derivative is the output', ['W1', 'b1'], { activation: 'sigmoid' }),
  inDense('no derivative of the activation', ['W1', 'b1']),
  inDense('L2 missing', ['W1', 'W2'], penalised),
  inDense('L2 doubled', ['W1', 'W2'], penalised),
  inDense('L2 without its 2', ['W1', 'W2'], penalised),
  inDense('L2 on b1', ['b1'], penalised),
  inDense('L2 missing in W1', ['W1'], penalised),
  inDense('stale activation', ['W2']),
  inDense('W1 detached', ['W1']),
  inDense('b1 sums the wrong axis', ['b1']),
  inDense('b1 from the first example', ['b1']),
  inDense('last example left out', all),
  inDense('label off by one', all),
  inDense('softmax not subtracted', all),
  inDense('one entry of W1', ['W1']),
  inDense('dropout mask leaked', ['W1', 'b1'], { dropout: true }),
  inDense('dropout mask not scaled', ['W1', 'b1'], { dropout: true }),
  inDense('b2 forgotten', ['b2']),
  inDense('W2 shifted', ['W2']),
  inDense('one class left out', all),
]

const deep: readonly Case[] = [
  { name: 'recurrent: only the last step', wrong: ['W', 'U', 'b'], make: (p) => recurrent(p, 'only the last step') },
  { name: 'recurrent: no accumulation', wrong: ['W', 'U', 'b'], make: (p) => recurrent(p, 'no accumulation') },
  { name: 'recurrent: no U in the chain', wrong: ['W', 'U', 'b'], make: (p) => recurrent(p, 'no U in the chain') },
  { name: 'recurrent: first input again', wrong: ['W'], make: (p) => recurrent(p, 'first input again') },
  { name: 'batch norm: no gradient of the mean', wrong: ['x'], make: (p) => batchNorm(p, 'no gradient of the mean') },
  { name: 'batch norm: none of the variance', wrong: ['x'], make: (p) => batchNorm(p, 'no gradient of the variance') },
  { name: 'batch norm: gamma forgotten', wrong: ['x'], make: (p) => batchNorm(p, 'gamma forgotten') },
  { name: 'batch norm: variance over n − 1', wrong: ['x'], make: (p) => batchNorm(p, 'variance over n − 1') },
  { name: 'batch norm: no epsilon', wrong: ['x', 'gamma', 'beta'], make: (p) => batchNorm(p, 'no epsilon') },
  { name: 'convolution: kernel not flipped', wrong: ['x'], make: (p) => convolution(p, 'kernel not flipped') },
  { name: 'convolution: off by one', wrong: ['kernel'], make: (p) => convolution(p, 'off by one') },
  { name: 'convolution: bias of one place', wrong: ['bias'], make: (p) => convolution(p, 'bias of one place') },
]

const ofSingle = ({ name, make, only }: Single, wrong: readonly string[]): Case => ({ name, wrong, make, only })

const rightNets: readonly Case[] = [
  { name: 'dense, tanh', wrong: [], make: (precision) => dense({ precision }) },
  { name: 'dense, relu', wrong: [], make: (precision) => dense({ precision, activation: 'relu' }) },
  { name: 'dense, sigmoid, L2', wrong: [], make: (precision) => dense({ precision, activation: 'sigmoid', l2: 0.05 }) },
  { name: 'dense, dropout with a fixed mask', wrong: [], make: (precision) => dense({ precision, dropout: true }) },
  { name: 'recurrent', wrong: [], make: (p) => recurrent(p) },
  { name: 'batch norm', wrong: [], make: (p) => batchNorm(p) },
  { name: 'convolution', wrong: [], make: (p) => convolution(p) },
]

export const wrongCases: readonly Case[] = [...denseCases, ...deep, ...singles.map((one) => ofSingle(one, ['x']))]
export const rightCases: readonly Case[] = [...rightNets, ...rights.map((one) => ofSingle(one, []))]
