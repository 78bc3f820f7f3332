/** @file Small nets with hand-written backpropagation for the catalogue, in float64 or float32, each with mistakes that can be switched on. */
import { RandomStream } from '../../src/base/random.ts'

export type Precision = 'float64' | 'float32'
export type Arrays = Record<string, number[]>

export interface Net {
  readonly loss: (x: Arrays) => number
  readonly gradient: (x: Arrays) => Arrays
  readonly at: Arrays
}

/** After every operation: the identity, or Math.fround. */
export type Round = (x: number) => number

export const roundOf = (precision: Precision): Round => (precision === 'float32' ? Math.fround : (x) => x)

export function normal(name: string, size: number, scale = 1): number[] {
  const random = new RandomStream(1, `catalogue/${name}`)
  return Array.from({ length: size }, () => Math.fround(scale * random.normal()))
}

const zeros = (size: number) => new Array<number>(size).fill(0)

/** [n, k] times [k, m]. */
function matmul(a: number[], b: number[], n: number, k: number, m: number, r: Round): number[] {
  const out = zeros(n * m)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      let sum = 0
      for (let l = 0; l < k; l++) sum = r(sum + r(a[i * k + l] * b[l * m + j]))
      out[i * m + j] = sum
    }
  return out
}

function transpose(a: number[], rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)])
}

function columnSums(a: number[], n: number, m: number, r: Round): number[] {
  const out = zeros(m)
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[j] = r(out[j] + a[i * m + j])
  return out
}

const activations = {
  tanh: { f: Math.tanh, df: (_: number, y: number) => 1 - y * y },
  sigmoid: { f: (x: number) => 1 / (1 + Math.exp(-x)), df: (_: number, y: number) => y * (1 - y) },
  relu: { f: (x: number) => Math.max(0, x), df: (x: number) => (x > 0 ? 1 : 0) },
}

export type DenseMistake =
  | 'no mask'
  | 'transposed W1'
  | 'negative W2'
  | 'b1 divided by n again'
  | 'no batch mean'
  | 'mean over n − 1'
  | 'derivative from the input'
  | 'derivative is the output'
  | 'no derivative of the activation'
  | 'L2 missing'
  | 'L2 doubled'
  | 'L2 without its 2'
  | 'L2 on b1'
  | 'L2 missing in W1'
  | 'stale activation'
  | 'W1 detached'
  | 'b1 sums the wrong axis'
  | 'b1 from the first example'
  | 'last example left out'
  | 'label off by one'
  | 'softmax not subtracted'
  | 'one entry of W1'
  | 'dropout mask leaked'
  | 'dropout mask not scaled'
  | 'b2 forgotten'
  | 'W2 shifted'
  | 'one class left out'

export interface DenseOptions {
  readonly precision: Precision
  readonly activation?: keyof typeof activations
  readonly l2?: number
  readonly dropout?: boolean
  readonly mistake?: DenseMistake
}

const [n, d, h, c] = [5, 4, 4, 3]
const mask = Array.from({ length: n * h }, (_, i) => (i % 3 === 0 ? 0 : 1.5))

/** Dense, activation, (dropout with a fixed mask,) dense, softmax cross-entropy, L2: batch 5, 4-4-3. */
export function dense({ precision, activation = 'tanh', l2 = 0, dropout = false, mistake }: DenseOptions): Net {
  const r = roundOf(precision)
  const { f, df } = activations[activation]
  const x = normal('x', n * d)
  const labels = [0, 2, 1, 1, 2]
  const forward = ({ W1, b1, W2, b2 }: Arrays) => {
    const z = matmul(x, W1, n, d, h, r).map((v, i) => r(v + b1[i % h]))
    const y = z.map((v) => r(f(v)))
    const kept = dropout ? y.map((v, i) => r(v * mask[i])) : y
    const scores = matmul(kept, W2, n, h, c, r).map((v, i) => r(v + b2[i % c]))
    const p = softmax(scores, n, c, r)
    return { z, y, kept, p }
  }
  const loss = (w: Arrays) => {
    const { p } = forward(w)
    const data = labels.reduce((sum, label, i) => r(sum - r(Math.log(p[i * c + label]))), 0)
    const squares = [...w.W1, ...w.W2].reduce((sum, v) => r(sum + r(v * v)), 0)
    return r(r(data / n) + r(l2 * squares))
  }
  const gradient = (w: Arrays) => {
    const { z, y, kept, p } = forward(w)
    const examples = mistake === 'no batch mean' ? 1 : mistake === 'mean over n − 1' ? n - 1 : n
    const dScores = p.map((v, i) => {
      const label = labels[Math.floor(i / c)]
      const hit = i % c === (mistake === 'label off by one' ? (label + 1) % c : label) ? 1 : 0
      if (mistake === 'last example left out' && i >= (n - 1) * c) return 0
      if (mistake === 'one class left out' && i % c === 1) return 0
      return r(r((mistake === 'softmax not subtracted' ? 0 : v) - hit) / examples)
    })
    let W2 = matmul(transpose(mistake === 'stale activation' ? z : kept, n, h), dScores, h, n, c, r)
    if (mistake === 'negative W2') W2 = W2.map((v) => -v)
    if (mistake === 'W2 shifted') W2 = W2.map((_, i) => W2[(i + 1) % W2.length])
    const b2 = mistake === 'b2 forgotten' ? zeros(c) : columnSums(dScores, n, c, r)
    const dKept = matmul(dScores, transpose(w.W2, h, c), n, c, h, r)
    const leak = mistake === 'dropout mask leaked'
    const factor = (i: number) =>
      !dropout || leak ? 1 : mistake === 'dropout mask not scaled' ? Number(mask[i] > 0) : mask[i]
    const dz = dKept.map((v, i) => r(r(v * factor(i)) * r(slope(df, z[i], y[i], mistake))))
    let W1 = matmul(transpose(x, n, d), dz, d, n, h, r)
    let b1 = columnSums(dz, n, h, r)
    if (mistake === 'transposed W1') W1 = transpose(W1, d, h)
    if (mistake === 'W1 detached') W1 = zeros(d * h)
    if (mistake === 'one entry of W1') W1[6] *= 1.2
    if (mistake === 'b1 divided by n again') b1 = b1.map((v) => v / n)
    if (mistake === 'b1 sums the wrong axis')
      b1 = Array.from({ length: h }, (_, i) => dz.slice(i * h, (i + 1) * h).reduce((a, b) => a + b, 0))
    if (mistake === 'b1 from the first example') b1 = dz.slice(0, h)
    if (mistake === 'L2 on b1') b1 = b1.map((v, i) => v + 2 * l2 * w.b1[i])
    const times = mistake === 'L2 missing' ? 0 : mistake === 'L2 doubled' ? 4 : mistake === 'L2 without its 2' ? 1 : 2
    const penalised = (g: number[], v: number[], k = times) => g.map((value, i) => r(value + r(k * l2 * v[i])))
    return { W1: penalised(W1, w.W1, mistake === 'L2 missing in W1' ? 0 : times), b1, W2: penalised(W2, w.W2), b2 }
  }
  const at = {
    W1: normal('W1', d * h, 0.7),
    b1: normal('b1', h, 0.1),
    W2: normal('W2', h * c, 0.7),
    b2: normal('b2', c, 0.1),
  }
  return { loss, gradient, at }
}

function slope(df: (x: number, y: number) => number, z: number, y: number, mistake: DenseMistake | undefined): number {
  if (mistake === 'no mask' || mistake === 'no derivative of the activation') return 1
  if (mistake === 'derivative from the input') return df(z, z)
  return mistake === 'derivative is the output' ? y : df(z, y)
}

function softmax(scores: number[], rows: number, columns: number, r: Round): number[] {
  const out: number[] = []
  for (let i = 0; i < rows; i++) {
    const row = scores.slice(i * columns, (i + 1) * columns)
    const top = Math.max(...row)
    const powers = row.map((v) => r(Math.exp(r(v - top))))
    const sum = powers.reduce((a, b) => r(a + b), 0)
    out.push(...powers.map((v) => r(v / sum)))
  }
  return out
}

/** tanh(x·W + h·U + b) over four steps, squared error of the last state. */
export function recurrent(
  precision: Precision,
  mistake?: 'only the last step' | 'no accumulation' | 'no U in the chain' | 'first input again',
): Net {
  const r = roundOf(precision)
  const [steps, size] = [4, 3]
  const inputs = Array.from({ length: steps }, (_, t) => normal(`step ${t}`, size))
  const target = normal('target', size)
  const forward = ({ W, U, b }: Arrays) => {
    const states = [normal('first state', size, 0.5)]
    for (const input of inputs) {
      const [wx, uh] = [matmul(input, W, 1, size, size, r), matmul(states[states.length - 1], U, 1, size, size, r)]
      states.push(wx.map((v, i) => r(Math.tanh(r(r(v + uh[i]) + b[i])))))
    }
    return states
  }
  const loss = (w: Arrays) => {
    const last = forward(w)[steps]
    return last.reduce((sum, v, i) => r(sum + r(r(v - target[i]) ** 2)), 0)
  }
  const gradient = (w: Arrays) => {
    const states = forward(w)
    let dh = states[steps].map((v, i) => r(2 * r(v - target[i])))
    let sums: Arrays = { W: zeros(size * size), U: zeros(size * size), b: zeros(size) }
    for (let t = steps - 1; t >= 0; t--) {
      const dz = dh.map((v, i) => r(v * r(1 - r(states[t + 1][i] ** 2))))
      const outer = (a: number[]) => matmul(a, dz, size, 1, size, r)
      const now: Arrays = { W: outer(inputs[mistake === 'first input again' ? 0 : t]), U: outer(states[t]), b: dz }
      const add = mistake !== 'no accumulation'
      sums = Object.fromEntries(
        Object.entries(now).map(([k, v]) => [k, v.map((g, i) => r(g + (add ? sums[k][i] : 0)))]),
      )
      if (mistake === 'only the last step') break
      dh = mistake === 'no U in the chain' ? dz : matmul(dz, transpose(w.U, size, size), 1, size, size, r)
    }
    return sums
  }
  return { loss, gradient, at: { W: normal('W', 9, 0.6), U: normal('U', 9, 0.6), b: normal('b', 3, 0.3) } }
}

/** Batch normalisation of 6 examples of 2 features, then a fixed cubic. */
export function batchNorm(
  precision: Precision,
  mistake?:
    | 'no gradient of the mean'
    | 'no gradient of the variance'
    | 'gamma forgotten'
    | 'variance over n − 1'
    | 'no epsilon',
): Net {
  const r = roundOf(precision)
  const [rows, features, eps] = [6, 2, mistake === 'no epsilon' ? 1e-2 : 1e-5]
  const weights = normal('bn weights', rows * features)
  const statistics = (x: number[], j: number) => {
    const column = Array.from({ length: rows }, (_, i) => x[i * features + j])
    const mean = r(column.reduce((a, b) => r(a + b), 0) / rows)
    const variance = r(column.reduce((a, b) => r(a + r(r(b - mean) ** 2)), 0) / rows)
    return { mean, deviation: r(Math.sqrt(variance + eps)), plain: r(Math.sqrt(variance)) }
  }
  const loss = ({ x, gamma, beta }: Arrays) => {
    let sum = 0
    for (let j = 0; j < features; j++) {
      const { mean, deviation } = statistics(x, j)
      for (let i = 0; i < rows; i++) {
        const y = r(r(gamma[j] * r(r(x[i * features + j] - mean) / deviation)) + beta[j])
        sum = r(sum + r(weights[i * features + j] * r(y + r(0.3 * y * y))))
      }
    }
    return sum
  }
  const gradient = ({ x, gamma, beta }: Arrays) => {
    const out: Arrays = { x: zeros(rows * features), gamma: zeros(features), beta: zeros(features) }
    for (let j = 0; j < features; j++) {
      const { mean, deviation, plain } = statistics(x, j)
      const divisor = mistake === 'no epsilon' ? plain : deviation
      const hats = Array.from({ length: rows }, (_, i) => r(r(x[i * features + j] - mean) / divisor))
      const dys = hats.map((hat, i) => r(weights[i * features + j] * r(1 + r(0.6 * r(r(gamma[j] * hat) + beta[j])))))
      out.beta[j] = dys.reduce((a, b) => r(a + b), 0)
      out.gamma[j] = dys.reduce((a, b, i) => r(a + r(b * hats[i])), 0)
      const dHats = dys.map((dy) => (mistake === 'gamma forgotten' ? dy : r(dy * gamma[j])))
      const count = mistake === 'variance over n − 1' ? rows - 1 : rows
      const meanOf = mistake === 'no gradient of the mean' ? 0 : r(dHats.reduce((a, b) => r(a + b), 0) / rows)
      const along =
        mistake === 'no gradient of the variance' ? 0 : r(dHats.reduce((a, b, i) => r(a + r(b * hats[i])), 0) / count)
      for (let i = 0; i < rows; i++) out.x[i * features + j] = r(r(r(dHats[i] - meanOf) - r(hats[i] * along)) / divisor)
    }
    return out
  }
  return { loss, gradient, at: { x: normal('bn x', rows * features), gamma: [1.3, 0.7], beta: [0.2, -0.4] } }
}

/** One-dimensional convolution of 8 numbers with a kernel of 3 and a bias, squared. */
export function convolution(
  precision: Precision,
  mistake?: 'kernel not flipped' | 'off by one' | 'bias of one place',
): Net {
  const r = roundOf(precision)
  const outputs = 6
  const forward = ({ x, kernel, bias }: Arrays) =>
    Array.from({ length: outputs }, (_, i) => kernel.reduce((sum, k, j) => r(sum + r(k * x[i + j])), bias[0]))
  const loss = (w: Arrays) => forward(w).reduce((sum, y, i) => r(sum + r(r(y * y) * (i + 1))), 0)
  const gradient = (w: Arrays) => {
    const dy = forward(w).map((y, i) => r(r(2 * y) * (i + 1)))
    const out: Arrays = { x: zeros(8), kernel: zeros(3), bias: [dy.reduce((a, b) => r(a + b), 0)] }
    if (mistake === 'bias of one place') out.bias = [dy[0]]
    for (let i = 0; i < outputs; i++)
      for (let j = 0; j < 3; j++) {
        const k = mistake === 'kernel not flipped' ? w.kernel[2 - j] : w.kernel[j]
        out.x[i + j] = r(out.x[i + j] + r(dy[i] * k))
        const from = mistake === 'off by one' ? Math.max(0, i + j - 1) : i + j
        out.kernel[j] = r(out.kernel[j] + r(dy[i] * w.x[from]))
      }
    return out
  }
  return { loss, gradient, at: { x: normal('conv x', 8), kernel: normal('kernel', 3), bias: [0.3] } }
}
