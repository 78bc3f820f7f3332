/** @file Hessian-vector products: against differences of gradients, and the symmetry of the Hessian. */
import { RandomStream } from '../base/random.ts'
import { type Difference, limitOf } from './limit.ts'
import type { Context } from './line.ts'
import { inner } from './noise.ts'
import type { SecondOrderReport, Verdict } from './report.ts'
import { relativeErrorOf, tolerances } from './tolerance.ts'
import { number } from './words.ts'

type Vector = readonly Float64Array[]
type Product = (vector: Vector) => Promise<Vector>

/** For each tensor ⟨u, Hv⟩ with u on that tensor alone; then ⟨u, Hv⟩ = ⟨v, Hu⟩ over all. */
export async function checkSecondOrder(context: Context, product: Product): Promise<SecondOrderReport> {
  const random = new RandomStream(context.settings.seed, 'check/second order')
  const draw = () => context.scales.map((scale) => scale.map((s) => s * (random.integer(2) === 0 ? 1 : -1)))
  const [u, v] = [draw(), draw()]
  const [hv, hu] = [await product(v), await product(u)]
  const differences = await productDifferences(context, u, v)
  const tensors = context.evaluator.tensors.map(({ name }, t) => {
    const analytic = inner([u[t]], [hv[t]])
    const limit = limitOf(differences[t], 2)
    const numeric = limit?.value ?? Number.NaN
    const uncertainty = limit?.uncertainty ?? Number.POSITIVE_INFINITY
    const relativeError = relativeErrorOf(analytic, numeric, context.settings.relativeError)
    return {
      name,
      analytic,
      numeric,
      uncertainty,
      relativeError,
      verdict: judge(context, analytic, numeric, uncertainty),
    }
  })
  const symmetry = [inner(u, hv), inner(v, hu)] as const
  // Sums of products: their rounding is beside the sum of the magnitudes.
  const size = inner(u.map(absolute), hv.map(absolute)) + inner(v.map(absolute), hu.map(absolute))
  const symmetric = Math.abs(symmetry[0] - symmetry[1]) <= tolerances(context).certain * size
  const bad = tensors.filter(({ verdict }) => verdict === 'fail')
  const verdict: Verdict =
    bad.length > 0 || !symmetric ? 'fail' : tensors.some((one) => one.verdict !== 'pass') ? 'inconclusive' : 'pass'
  return { verdict, tensors, symmetry, words: words(verdict, bad, symmetry, symmetric) }
}

const absolute = (values: Float64Array) => values.map(Math.abs)

function judge(context: Context, analytic: number, numeric: number, uncertainty: number): Verdict {
  if (!Number.isFinite(analytic)) return 'fail'
  const apart = Math.abs(analytic - numeric)
  if (apart <= uncertainty) return 'pass'
  if (apart <= tolerances(context).certain * (Math.abs(analytic) + Math.abs(numeric))) return 'pass'
  return apart > 3 * uncertainty ? 'fail' : 'inconclusive'
}

function words(
  verdict: Verdict,
  bad: SecondOrderReport['tensors'],
  symmetry: readonly [number, number],
  symmetric: boolean,
): string {
  const parts = bad.map(
    ({ name, analytic, numeric }) => `'${name}': ${number(analytic)}, the difference says ${number(numeric)}`,
  )
  if (!symmetric)
    parts.push(`⟨u, Hv⟩ = ${number(symmetry[0])} and ⟨v, Hu⟩ = ${number(symmetry[1])} differ: a Hessian is symmetric`)
  if (parts.length > 0) return `the Hessian-vector product is wrong: ${parts.join('; ')}`
  return verdict === 'pass' ? 'the Hessian-vector products agree with differences' : 'differences are too rough to tell'
}

/** For each tensor, centred differences of ⟨u, gradient⟩ along v at several steps. */
async function productDifferences(context: Context, u: Vector, v: Vector): Promise<Difference[][]> {
  const { evaluator } = context
  const first = context.firstExponent
  if (evaluator.gradientsAlong === undefined) return differencesOfLosses(context, u, v)
  const steps = [-4, -2, 0, 2, 4, 6, 8].map((up) => 2 ** (first + up))
  const gradients = await evaluator.gradientsAlong(
    v,
    steps.flatMap((step) => [step, -step]),
  )
  return u.map((direction, t) =>
    steps.flatMap((step, i) => {
      const [plus, minus] = [gradients[2 * i][t], gradients[2 * i + 1][t]]
      const size = inner([absolute(direction)], [absolute(plus)])
      const value = (inner([direction], [plus]) - inner([direction], [minus])) / (2 * step)
      // Each term of the gradient is a sum of its own; 16 roundings is what nets of a few layers show.
      const noise = (16 * context.noise.grain * Math.max(size, context.size)) / step
      return Number.isFinite(value) ? [{ step, value, noise }] : []
    }),
  )
}

/** Without gradients at moved points: second differences of the loss, with more rounding. */
async function differencesOfLosses(context: Context, u: Vector, v: Vector): Promise<Difference[][]> {
  const steps = [-12, -10, -8, -6, -4].map((exponent) => 2 ** exponent)
  const found: Difference[][] = []
  for (const t of u.keys()) {
    const sum = v.map((values, i) => (i === t ? values.map((x, j) => x + u[t][j]) : values))
    const apart = v.map((values, i) => (i === t ? values.map((x, j) => x - u[t][j]) : values))
    const { loss } = await context.evaluator.valuesAlong(
      steps.flatMap(() => [sum, sum, apart, apart]),
      steps.flatMap((step) => [step, -step, step, -step]),
    )
    context.evaluations += loss.length
    const differences = steps.map((step, i) => {
      const [a, b, c, d] = loss.subarray(4 * i, 4 * i + 4)
      return {
        step,
        value: (a + b - c - d) / (4 * step ** 2),
        noise: (2 * 4 * context.noise.deviation) / (4 * step ** 2),
      }
    })
    found.push(differences.filter(({ value }) => Number.isFinite(value)))
  }
  return found
}
