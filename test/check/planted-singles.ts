/** @file Mistakes in single functions of an array x. */
import { type Net, normal, type Precision, type Round, roundOf } from './nets.ts'

export interface Single {
  readonly name: string
  readonly make: (precision: Precision) => Net
  readonly only?: Precision
}

/** A function of one array. */
export function single(
  name: string,
  at: readonly number[],
  loss: (x: number[], r: Round) => number,
  gradient: (x: number[], r: Round) => number[],
  only?: Precision,
): Single {
  const make = (precision: Precision): Net => {
    const r = roundOf(precision)
    return {
      at: { x: at.map(r) },
      loss: ({ x }) => r(loss(x, r)),
      gradient: ({ x }) => ({ x: gradient(x, r).map(r) }),
    }
  }
  return { name, make, only }
}

/** Σ (i + 1)·f(xᵢ), and a slope for each. */
export function elementwise(
  name: string,
  at: readonly number[],
  f: (x: number) => number,
  df: (x: number) => number,
  only?: Precision,
): Single {
  const loss = (x: number[], r: Round) => x.reduce((sum, v, i) => r(sum + r((i + 1) * r(f(v)))), 0)
  return single(name, at, loss, (x, r) => x.map((v, i) => r((i + 1) * r(df(v)))), only)
}

export const total = (x: readonly number[], r: Round) => x.reduce((a, b) => r(a + b), 0)
const positive = [0.5, 1.7, 2.4, 0.9]
const mixed = [0.5, -1.2, 2.3, -0.4]

/** Max over windows of two. */
const pooled = (x: number[], r: Round) =>
  total(
    [Math.max(x[0], x[1]), Math.max(x[2], x[3])].map((v, i) => r((i + 1) * v)),
    r,
  )

function softmaxOf(x: number[], r: Round): number[] {
  const powers = x.map((v) => r(Math.exp(v)))
  const sum = total(powers, r)
  return powers.map((v) => r(v / sum))
}

const probe = [1, -2, 0.5, 3]
const many = normal('ten thousand', 10_000)

export const singles: readonly Single[] = [
  elementwise('log without 1/x', positive, Math.log, () => 1),
  elementwise('root without its half', positive, Math.sqrt, (v) => 1 / Math.sqrt(v)),
  elementwise(
    'power with the wrong exponent',
    positive,
    (v) => v ** 3,
    (v) => 3 * v ** 3,
  ),
  elementwise('absolute value without the sign', mixed, Math.abs, () => 1),
  elementwise(
    'clip not masked',
    mixed,
    (v) => Math.min(1, Math.max(-1, v)),
    () => 1,
  ),
  elementwise(
    'leaky slope in the wrong half',
    mixed,
    (v) => (v > 0 ? v : 0.1 * v),
    (v) => (v > 0 ? 0.1 : 1),
  ),
  elementwise(
    'Huber: linear part as quadratic',
    mixed,
    (v) => (Math.abs(v) < 1 ? 0.5 * v * v : Math.abs(v) - 0.5),
    (v) => v,
  ),
  elementwise(
    'softplus with the wrong sign inside',
    mixed,
    (v) => Math.log(1 + Math.exp(v)),
    (v) => 1 / (1 + Math.exp(v)),
  ),
  elementwise(
    'swish without its second term',
    mixed,
    (v) => v / (1 + Math.exp(-v)),
    (v) => 1 / (1 + Math.exp(-v)),
  ),
  elementwise(
    'exponential of the inner function not multiplied',
    mixed,
    (v) => Math.exp(2 * v),
    (v) => Math.exp(2 * v),
  ),
  elementwise('sine for cosine', mixed, Math.sin, Math.sin),
  single(
    'division without its second term',
    positive,
    (x, r) => r(r(x[0] / x[1]) + r(x[2] / x[3])),
    (x, r) => [r(1 / x[1]), 0, r(1 / x[3]), 0],
  ),
  single(
    'product rule: one half',
    positive,
    (x, r) => r(r(x[0] * Math.tanh(x[0])) + r(x[1] * x[2] * x[3])),
    (x, r) => [r(Math.tanh(x[0])), r(x[2] * x[3]), r(x[1] * x[3]), r(x[1] * x[2])],
  ),
  single('max-pool: the loser gets it', mixed, pooled, (x) => [
    +(x[0] < x[1]),
    +(x[1] < x[0]),
    2 * +(x[2] < x[3]),
    2 * +(x[3] < x[2]),
  ]),
  single('max-pool: ties get it twice', [1, 1, 2, 2], pooled, (x) => [
    +(x[0] >= x[1]),
    +(x[1] >= x[0]),
    2 * +(x[2] >= x[3]),
    2 * +(x[3] >= x[2]),
  ]),
  single(
    'average without 1/n',
    mixed,
    (x, r) =>
      r(
        total(
          x.map((v) => r(v * v)),
          r,
        ) / x.length,
      ),
    (x) => x.map((v) => 2 * v),
  ),
  single(
    'norm without the division',
    mixed,
    (x, r) =>
      r(
        Math.sqrt(
          total(
            x.map((v) => r(v * v)),
            r,
          ),
        ),
      ),
    (x) => x,
  ),
  single(
    'softmax: the diagonal only',
    mixed,
    (x, r) =>
      total(
        softmaxOf(x, r).map((p, i) => r(p * probe[i])),
        r,
      ),
    (x, r) => softmaxOf(x, r).map((p, i) => r(r(p * r(1 - p)) * probe[i])),
  ),
  single(
    'cross-entropy times the sigmoid’s slope again',
    mixed,
    (x, r) =>
      total(
        x.map((v) => r(Math.log(1 + Math.exp(-v)))),
        r,
      ),
    (x) => x.map((v) => (1 / (1 + Math.exp(-v)) - 1) * (1 / (1 + Math.exp(-v))) * (1 / (1 + Math.exp(v)))),
  ),
  single(
    'variance: the mean held fixed, and wrongly',
    mixed,
    (x, r) =>
      r(
        total(
          x.map((v, i) => r(r(r(v - r(total(x, r) / 4)) ** 2) * (i + 1))),
          r,
        ) / 4,
      ),
    (x, r) => x.map((v, i) => r(r(r(2 * r(v - r(total(x, r) / 4))) * (i + 1)) / 4)),
  ),
  single(
    'embedding: a row used twice is overwritten',
    mixed,
    (x, r) =>
      total(
        [0, 2, 0, 3].map((row, i) => r(r(x[row] ** 2) * (i + 1))),
        r,
      ),
    (x) => {
      const g = [0, 0, 0, 0]
      for (const [i, row] of [0, 2, 0, 3].entries()) g[row] = 2 * x[row] * (i + 1)
      return g
    },
  ),
  single(
    'sort: the gradient goes back unsorted',
    mixed,
    (x, r) =>
      total(
        [...x].sort((a, b) => a - b).map((v, i) => r(r(v * v) * (i + 1))),
        r,
      ),
    (x) => [...x].sort((a, b) => a - b).map((v, i) => 2 * v * (i + 1)),
  ),
  single(
    'cumulative product by division, at 0',
    [0, 2, 3],
    (x, r) => r(r(x[0] + r(x[0] * x[1])) + r(r(x[0] * x[1]) * x[2])),
    (x) => [0, x[0] + x[0] * x[2], x[0] * x[1]],
  ),
  single(
    'hinge: the margin as a mask',
    mixed,
    (x, r) =>
      total(
        x.map((v, i) => r(Math.max(0, r(1 - r(v * (i % 2 === 0 ? 1 : -1)))))),
        r,
      ),
    (x) => x.map((v, i) => (v * (i % 2 === 0 ? 1 : -1) > 0 ? 0 : i % 2 === 0 ? -1 : 1)),
  ),
  single(
    'one of 10,000 entries',
    many,
    (x, r) =>
      total(
        x.map((v) => r(r(v * v) * 0.5)),
        r,
      ),
    (x) => x.map((v, i) => (i === 7654 ? 1.5 * v : v)),
    'float64',
  ),
  single(
    'one of 400 entries, in float32',
    many.slice(0, 400),
    (x, r) =>
      total(
        x.map((v) => r(r(v * v) * 0.5)),
        r,
      ),
    (x) => x.map((v, i) => (i === 321 ? 1.5 * v : v)),
  ),
  single(
    'cancellation in float32: (1 − cos x)/x² differentiated term by term',
    [0.011, 0.017, 0.023],
    (x) => x.reduce((sum, v) => sum + (2 * Math.sin(v / 2) ** 2) / v ** 2, 0) + x.reduce((sum, v) => sum + v, 0),
    (x) =>
      x.map((v) => {
        const f = Math.fround
        return f(1 + f(f(f(Math.sin(v)) / f(v * v)) - f(f(2 * f(1 - f(Math.cos(v)))) / f(v * f(v * v)))))
      }),
    'float32',
  ),
]
