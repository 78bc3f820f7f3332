/** @file Right gradients that are hard for a checker: kinks, saturation, zeros, depth, scales. */

import { normal, type Round, roundOf } from './nets.ts'
import { elementwise, type Single, single, total } from './planted-singles.ts'

const mixed = [0.5, -1.2, 2.3, -0.4]
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
const slopeOfSigmoid = (v: number) => sigmoid(v) * sigmoid(-v)

/** 20 layers of x ← tanh(w·x + 0.1). */
const deepTanh = (x: number[], r: Round) => {
  const values = [0.5]
  for (let i = 0; i < 20; i++) values.push(r(Math.tanh(r(r(x[i] * values[i]) + 0.1))))
  return values
}

const sortedRanks = (x: number[]) => x.map((v) => x.filter((other) => other < v).length)

export const rights: readonly Single[] = [
  elementwise(
    'ReLU at exactly 0',
    [0, 1, -1, 0],
    (v) => Math.max(0, v),
    (v) => (v > 0 ? 1 : 0),
  ),
  elementwise(
    'ReLU at exactly 0, slope 1 there',
    [0, 1, -1, 0],
    (v) => Math.max(0, v),
    (v) => (v >= 0 ? 1 : 0),
  ),
  elementwise(
    'ReLU at exactly 0, slope ½ there',
    [0, 1, -1, 0],
    (v) => Math.max(0, v),
    (v) => (v > 0 ? 1 : v < 0 ? 0 : 0.5),
  ),
  elementwise('absolute value at 0', [0, 1, -2], Math.abs, Math.sign),
  elementwise(
    'kinks very near',
    [1e-6, -1e-6, 1e-9, 1e-4, 1],
    (v) => Math.max(0, v),
    (v) => (v > 0 ? 1 : 0),
  ),
  elementwise(
    'kinks at the distance of the step',
    [1 + 1e-5, 1 - 3e-6, 1 + 1e-4],
    (v) => Math.abs(v - 1),
    (v) => Math.sign(v - 1),
    'float64',
  ),
  elementwise(
    'clip at its border',
    [1, -1, 0.5, 2],
    (v) => Math.min(1, Math.max(-1, v)),
    (v) => (Math.abs(v) < 1 ? 1 : 0),
  ),
  elementwise('saturated sigmoid', [20, -20, 30, 3], sigmoid, slopeOfSigmoid),
  elementwise('very saturated sigmoid', [60, -60, 100, 1], sigmoid, slopeOfSigmoid),
  elementwise('saturated tanh', [8, -9, 15, 0.3], Math.tanh, (v) => 1 / Math.cosh(v) ** 2),
  elementwise(
    'constant',
    mixed,
    () => 3,
    () => 0,
  ),
  elementwise(
    'linear',
    mixed,
    (v) => 2 * v,
    () => 2,
  ),
  elementwise(
    'cube',
    mixed,
    (v) => v ** 3,
    (v) => 3 * v * v,
  ),
  elementwise(
    'cube at 0',
    [0, 0, 1],
    (v) => v ** 3,
    (v) => 3 * v * v,
  ),
  elementwise(
    'very flat',
    [0.1, 0.2, -0.1],
    (v) => v ** 9,
    (v) => 9 * v ** 8,
  ),
  elementwise('tanh', mixed, Math.tanh, (v) => 1 - Math.tanh(v) ** 2),
  elementwise(
    'oscillating',
    [0.3, 1.1, 2.9],
    (v) => Math.sin(200 * v),
    (v) => 200 * Math.cos(200 * v),
  ),
  elementwise('oscillating far out', [1e6, 3e5], Math.sin, Math.cos, 'float64'),
  elementwise(
    'tiny loss',
    mixed,
    (v) => 1e-12 * Math.exp(v),
    (v) => 1e-12 * Math.exp(v),
  ),
  elementwise(
    'huge loss',
    mixed,
    (v) => 1e12 * Math.exp(v),
    (v) => 1e12 * Math.exp(v),
  ),
  elementwise(
    'tiny inputs',
    [1e-8, -3e-8, 2e-9],
    (v) => Math.sin(1e8 * v),
    (v) => 1e8 * Math.cos(1e8 * v),
  ),
  elementwise(
    'tiny inputs of a plain function',
    [1e-12, -3e-12],
    (v) => Math.exp(v),
    (v) => Math.exp(v),
    'float64',
  ),
  elementwise(
    'huge inputs',
    [1e8, -3e8, 2e9],
    (v) => Math.tanh(1e-8 * v),
    (v) => 1e-8 / Math.cosh(1e-8 * v) ** 2,
  ),
  elementwise(
    'inputs of very different sizes',
    [1e-7, 1, 1e4],
    (v) => Math.log(v * v),
    (v) => 2 / v,
    'float64',
  ),
  elementwise('logarithm near 0', [1e-9, 2e-5, 0.3], Math.log, (v) => 1 / v, 'float64'),
  elementwise(
    'root at the end of its domain',
    [0, 1, 4],
    (v) => v ** 1.5,
    (v) => 1.5 * Math.sqrt(v),
    'float64',
  ),
  elementwise(
    'Huber',
    [0.3, 1, -1, 2],
    (v) => (Math.abs(v) < 1 ? 0.5 * v * v : Math.abs(v) - 0.5),
    (v) => Math.max(-1, Math.min(1, v)),
  ),
  elementwise('softplus', mixed, (v) => Math.log1p(Math.exp(v)), sigmoid),
  elementwise(
    'a step elsewhere',
    mixed,
    (v) => v * v + (v > 2 ? 1 : 0),
    (v) => 2 * v,
  ),
  single(
    'zero gradient in all',
    [0, 0, 0],
    (x, r) =>
      total(
        x.map((v) => r(v * v)),
        r,
      ),
    (x) => x.map((v) => 2 * v),
  ),
  single(
    'both zero in some',
    mixed,
    (x) => x[0] ** 2,
    (x) => [2 * x[0], 0, 0, 0],
  ),
  single(
    'max with ties, given to the first',
    [1, 1, 0],
    (x) => Math.max(...x),
    (x) => x.map((_, i) => (i === x.indexOf(Math.max(...x)) ? 1 : 0)),
  ),
  single(
    'max with ties, shared out',
    [1, 1, 0],
    (x) => Math.max(...x),
    (x) => x.map((v) => (v === Math.max(...x) ? 1 / x.filter((o) => o === v).length : 0)),
  ),
  single(
    'sort whose order flips within the step',
    [1, 1 + 2e-6, 3, 2],
    (x) => [...x].sort((a, b) => a - b).reduce((sum, v, i) => sum + v * (i + 1), 0),
    (x) => sortedRanks(x).map((rank) => rank + 1),
    'float64',
  ),
  single(
    'cumulative product at 0',
    [0, 2, 3],
    (x, r) => r(r(x[0] + r(x[0] * x[1])) + r(r(x[0] * x[1]) * x[2])),
    (x) => [1 + x[1] + x[1] * x[2], x[0] + x[0] * x[2], x[0] * x[1]],
  ),
  single(
    'cumulative product at two zeros',
    [0, 0, 3],
    (x, r) => r(r(x[0] + r(x[0] * x[1])) + r(r(x[0] * x[1]) * x[2])),
    (x) => [1 + x[1] + x[1] * x[2], x[0] + x[0] * x[2], x[0] * x[1]],
  ),
  single(
    'depth 20',
    normal('deep', 20, 1.2),
    (x, r) => deepTanh(x, r)[20],
    (x, r) => {
      const values = deepTanh(x, r)
      const g = x.map(() => 0)
      let d = 1
      for (let i = 19; i >= 0; i--) {
        const dz = r(d * r(1 - r(values[i + 1] ** 2)))
        g[i] = r(dz * values[i])
        d = r(dz * x[i])
      }
      return g
    },
  ),
  single(
    'opposite terms that cancel',
    [1, 1.0000001],
    (x) => 1e3 * (x[0] - x[1]) + x[0] ** 2,
    (x) => [1e3 + 2 * x[0], -1e3],
    'float64',
  ),
  single(
    'a large constant beside',
    mixed,
    (x) => 1e6 + x.reduce((sum, v) => sum + v ** 3, 0),
    (x) => x.map((v) => 3 * v * v),
    'float64',
  ),
  single(
    'Rosenbrock',
    [-1.2, 1],
    (x) => 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2,
    (x) => [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)],
    'float64',
  ),
  single(
    'float32 inputs, double arithmetic',
    mixed.map(roundOf('float32')),
    (x) => x.reduce((sum, v) => sum + Math.exp(v), 0),
    (x) => x.map(Math.exp),
    'float64',
  ),
  single(
    'one number',
    [1.5],
    (x) => x[0] ** 2,
    (x) => [2 * x[0]],
  ),
]
