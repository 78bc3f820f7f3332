/**
 * @file Random losses with exact derivatives: small expression graphs over a few inputs, evaluated on numbers for the loss and on dual
 * numbers for the gradient. In float32 every operation is rounded.
 */
import { RandomStream } from '../../src/base/random.ts'

export interface RandomProblem {
  readonly loss: (x: ArrayLike<number>) => number
  readonly gradient: (x: ArrayLike<number>) => number[]
  readonly at: number[]
  readonly text: string
}

export type Precision = 'float64' | 'float32'

/** A value and its derivatives by all inputs. */
interface Dual {
  readonly v: number
  readonly d: readonly number[]
}

type Round = (x: number) => number
type Unary = readonly [name: string, f: (x: number) => number, df: (x: number, y: number) => number]
type Binary = readonly [
  name: string,
  f: (a: number, b: number) => number,
  df: (a: number, b: number) => [number, number],
]

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

const smooth: readonly Unary[] = [
  ['sin', Math.sin, (x) => Math.cos(x)],
  ['tanh', Math.tanh, (_, y) => 1 - y * y],
  ['sigmoid', sigmoid, (_, y) => y * (1 - y)],
  ['square', (x) => x * x, (x) => 2 * x],
  ['log1p²', (x) => Math.log(1 + x * x), (x) => (2 * x) / (1 + x * x)],
  ['root1p²', (x) => Math.sqrt(1 + x * x), (x, y) => x / y],
  ['bell', (x) => Math.exp(-x * x), (x, y) => -2 * x * y],
  ['cube', (x) => x * x * x, (x) => 3 * x * x],
]
const kinked: readonly Unary[] = [
  ['relu', (x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
  ['abs', Math.abs, Math.sign],
  ['clip', (x) => Math.min(1, Math.max(-1, x)), (x) => (Math.abs(x) < 1 ? 1 : 0)],
  ['leaky', (x) => (x > 0 ? x : 0.1 * x), (x) => (x > 0 ? 1 : 0.1)],
]
const binary: readonly Binary[] = [
  ['add', (a, b) => a + b, () => [1, 1]],
  ['sub', (a, b) => a - b, () => [1, -1]],
  ['mul', (a, b) => a * b, (a, b) => [b, a]],
  ['over1p²', (a, b) => a / (1 + b * b), (a, b) => [1 / (1 + b * b), (-2 * a * b) / (1 + b * b) ** 2]],
]
const pick2: readonly Binary[] = [
  ['max', Math.max, (a, b) => (a >= b ? [1, 0] : [0, 1])],
  ['min', Math.min, (a, b) => (a <= b ? [1, 0] : [0, 1])],
]

interface Step {
  readonly name: string
  readonly inputs: readonly number[]
  readonly f: (...values: number[]) => number
  readonly df: (values: readonly number[], y: number) => readonly number[]
}

/** @param scale of the loss, and of x: powers of ten */
export function randomProblem(seed: number, precision: Precision): RandomProblem {
  const random = new RandomStream(seed, 'random objective')
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]
  const inputs = 1 + random.integer(5)
  const kinks = random.integer(2) === 0
  const steps: Step[] = []
  const count = 2 + random.integer(8)
  for (let i = 0; i < count; i++) {
    const any = () => random.integer(inputs + i)
    if (random.integer(2) === 0) {
      const [name, f, df] = pick(kinks ? [...smooth, ...kinked] : smooth)
      steps.push({ name, f, inputs: [any()], df: ([x], y) => [df(x, y)] })
    } else {
      const [name, f, df] = pick(kinks ? [...binary, ...pick2] : binary)
      steps.push({ name, f, inputs: [any(), any()], df: ([a, b]) => df(a, b) })
    }
  }
  const wide = precision === 'float64'
  const lossScale = random.integer(3) > 0 ? 1 : 10 ** ((wide ? 12 : 6) * (2 * random.uniform() - 1))
  const inputScales = Array.from({ length: inputs }, () =>
    random.integer(4) > 0 ? 1 : 10 ** (8 * random.uniform() - 4),
  )
  const round: Round = precision === 'float32' ? Math.fround : (x) => x
  const at = inputScales.map((scale) => round(scale * random.normal()))
  const evaluate = (x: ArrayLike<number>) => {
    const values = inputScales.map((scale, i) => round(x[i] / scale))
    for (const { inputs: from, f } of steps) values.push(round(f(...from.map((j) => values[j]))))
    // The last steps count; the inputs too, so that most matter.
    const used = values.slice(-3)
    return round(round(used.reduce((a, b) => round(a + b), 0)) * lossScale)
  }
  const gradient = (x: ArrayLike<number>) => {
    const values: Dual[] = inputScales.map((scale, i) => ({
      v: round(x[i] / scale),
      d: inputScales.map((_, j) => (i === j ? round(1 / scale) : 0)),
    }))
    for (const { inputs: from, f, df } of steps) {
      const args = from.map((j) => values[j].v)
      const y = round(f(...args))
      const slopes = df(args, y).map(round)
      const d = inputScales.map((_, j) => from.reduce((sum, k, a) => round(sum + round(slopes[a] * values[k].d[j])), 0))
      values.push({ v: y, d })
    }
    const used = values.slice(-3)
    return inputScales.map((_, j) => round(used.reduce((sum, { d }) => round(sum + d[j]), 0) * lossScale))
  }
  const text = `${inputs} inputs; ${steps.map(({ name, inputs: from }) => `${name}(${from.join(',')})`).join(' ')}`
  return { loss: evaluate, gradient, at, text }
}

/** What is wrong in a planted error. */
export interface Planted {
  readonly gradient: (x: ArrayLike<number>) => number[]
  readonly index: number
  readonly factor: number
}

/**
 * One entry multiplied by a factor at least 1e-3 away from 1; undefined where the error would be below three times what rounding lets the
 * best plain difference show.
 */
export function plantError(problem: RandomProblem, seed: number, precision: Precision): Planted | undefined {
  const random = new RandomStream(seed, 'planted')
  const right = problem.gradient(problem.at)
  const index = random.integer(right.length)
  const away = 10 ** (-3 * random.uniform())
  const kinds = [1 + away, 1 - away, -1, 0, 2, 0.5]
  const factor = kinds[random.integer(kinds.length)]
  const error = Math.abs(right[index] * (factor - 1))
  const scale = Math.abs(problem.at[index])
  const rounding = precision === 'float64' ? 2 ** -53 / 1e-5 : 2 ** -24 / 5e-3
  // Terms that cancel in the loss round all the same.
  const size = Math.max(Math.abs(problem.loss(problem.at)), ...right.map((g, i) => Math.abs(g * problem.at[i])))
  const floor = (size * rounding) / scale
  const least = precision === 'float64' ? 1e-5 : 3e-5
  if (!(error > 3 * Math.max(floor, least * Math.abs(right[index])))) return undefined
  const gradient = (x: ArrayLike<number>) => problem.gradient(x).map((g, i) => (i === index ? g * factor : g))
  return { gradient, index, factor }
}
