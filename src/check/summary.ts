/** @file From coordinates and directions to tensors, and from tensors to the verdict. */
import { type Checked, isSeen, isSilent } from './coordinates.ts'
import { diagnose } from './diagnose.ts'
import type { DirectionCheck } from './directions.ts'
import type { Evaluator } from './evaluator.ts'
import type { Context } from './line.ts'
import type { Settings } from './options.ts'
import type {
  Band,
  CoordinateReport,
  Diagnosis,
  GradientReport,
  SecondOrderReport,
  SweepReport,
  TaylorReport,
  TensorReport,
  Verdict,
} from './report.ts'
import { rounding } from './scale.ts'
import type { Finding } from './settle.ts'
import { tolerances } from './tolerance.ts'
import { number, pair, plural } from './words.ts'

export interface Parts {
  readonly checked: readonly Checked[]
  readonly directions: readonly DirectionCheck[]
}

interface Results extends Parts {
  readonly ties: readonly { readonly tensor: number; readonly finding: Finding }[]
  /** By tensor. */
  readonly sweeps?: ReadonlyMap<number, SweepReport>
  /** The loss that came with the gradient. */
  readonly lossOfGradient: number
  readonly taylor?: TaylorReport
  readonly secondOrder?: SecondOrderReport
}

/** Gradients below this are rounding, whatever they are (PROCESS.md). */
const negligible = 1e-10

export function summary(context: Context, results: Results): GradientReport {
  const { evaluator, settings, noise } = context
  const tensors = evaluator.tensors.map((_, t) => tensorReport(context, results, t))
  // What these leave open takes nothing from the gradient itself: it is a warning.
  const more = [results.taylor, results.secondOrder].filter((part) => part?.verdict === 'fail')
  const verdicts = [...tensors, ...more].flatMap((part) => (part ? [part.verdict] : []))
  const verdict = worstOf(verdicts)
  const worst = worstCoordinate(results.checked)
  const diagnosis = overallDiagnosis(tensors, worst)
  return withJson({
    verdict,
    words: overallWords(tensors, results, verdict, diagnosis),
    mode: settings.mode,
    precision: noise.precision,
    loss: noise.loss,
    tensors,
    bands: sumOf(tensors.map(({ bands }) => bands)),
    ...(worst && { worst }),
    ...(diagnosis && { diagnosis }),
    warnings: warningsOf(context, results, tensors),
    evaluations: { loss: context.evaluations, gradient: 1 },
    ...(results.taylor && { taylor: results.taylor }),
    ...(results.secondOrder && { secondOrder: results.secondOrder }),
  })
}

/** The report of a point or gradient at which nothing can be compared. */
export function unchecked(
  evaluator: Evaluator,
  settings: Pick<Settings, 'mode'>,
  loss: number,
  words: string,
  verdict: Verdict = 'fail',
): GradientReport {
  return withJson({
    verdict,
    words,
    mode: settings.mode,
    precision: evaluator.precision,
    loss,
    tensors: [],
    bands: sumOf([]),
    warnings: [],
    evaluations: { loss: 1, gradient: 1 },
  })
}

const bandNames: readonly Band[] = [
  'happy',
  'fine',
  'uncomfortable',
  'wrong',
  'zero',
  'noise',
  'kink',
  'jump',
  'non-finite',
]

function sumOf(counts: readonly Readonly<Record<Band, number>>[]): Record<Band, number> {
  const total = Object.fromEntries(bandNames.map((band) => [band, 0])) as Record<Band, number>
  for (const count of counts) for (const band of bandNames) total[band] += count[band]
  return total
}

function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass'
}

function tensorReport(context: Context, { checked, directions, ties, sweeps }: Results, t: number): TensorReport {
  const { name, shape, size } = context.evaluator.tensors[t]
  const tie = ties.find(({ tensor }) => tensor === t)
  const own = checked.filter(({ tensor }) => tensor === t).sort((a, b) => a.index - b.index)
  const along = directions.find(({ part }) => part.tensor === t)
  const failed = own.filter(({ report }) => report.verdict === 'fail')
  const { verdict, why } = tensorVerdict(context, own, along, tie, t)
  const diagnosis = tie ? tied : failed.length > 0 ? diagnose(evidenceOf(context, own, t)) : undefined
  const sweep = sweeps?.get(t)
  const bands = sumOf([])
  for (const { report } of own) bands[report.band]++
  const telling = own.filter(({ report }) => ['happy', 'fine', 'uncomfortable', 'wrong'].includes(report.band))
  return {
    name,
    shape,
    size,
    verdict,
    checked: own.length,
    bands,
    relativeError: telling.reduce((max, { report }) => Math.max(max, report.relativeError), 0),
    kinks: own.filter(({ report }) => report.kinks > 0).length,
    coordinates: own.map(({ report }) => report),
    ...(along && { directions: along.reports, missProbability: along.missProbability }),
    ...(diagnosis && { diagnosis }),
    ...(sweep && { sweep }),
    words: why,
  }
}

const tied: Diagnosis = {
  cause: 'tie',
  confidence: 0.9,
  words: 'where a maximum is tied, each of the tied gets the whole gradient: give it to one, or share it out',
}

function tensorVerdict(
  context: Context,
  own: readonly Checked[],
  along: DirectionCheck | undefined,
  tie: { readonly finding: Finding } | undefined,
  t: number,
): { verdict: Verdict; why: string } {
  const failed = own.filter(({ report }) => report.verdict === 'fail')
  if (failed.length > 0) {
    const largest = worstCoordinate(failed) as CoordinateReport
    const place = `[${largest.position.join(', ')}]`
    const [analytic, numeric] = pair(largest.analytic, largest.numeric)
    const why = `${failed.length} of ${plural(own.length, 'coordinate')} wrong; at ${place} the gradient is ${analytic}, the difference says ${numeric}`
    return { verdict: 'fail', why }
  }
  if (tie !== undefined) {
    const { analytic, numeric } = tie.finding
    const why = `coordinates at kinks look right one by one, but moved together they should give ${number(numeric)} and give ${number(analytic)}`
    return { verdict: 'fail', why }
  }
  const wrongDirection = along?.reports.find(({ verdict }) => verdict === 'fail')
  if (wrongDirection !== undefined) {
    const { analytic, numeric } = wrongDirection
    const why = `along a direction the gradient gives ${number(analytic)}, the difference ${number(numeric)}; no single entry was found that is to blame`
    return {
      verdict: own.length > 0 && own.every(({ report }) => report.band === 'kink') ? 'inconclusive' : 'fail',
      why,
    }
  }
  const doubt = doubtOf(context, own, along, t)
  if (doubt !== undefined) return { verdict: 'inconclusive', why: doubt }
  const parts = [own.length > 0 ? `${plural(own.length, 'coordinate')} right` : '']
  if (along !== undefined) parts.push(`${plural(along.part.indices.length, 'coordinate')} right along directions`)
  const why = parts.filter((part) => part !== '').join(', ')
  return { verdict: 'pass', why: why === '' ? 'no elements' : why }
}

/** Why nothing can be said about a tensor; undefined where something can. */
function doubtOf(
  context: Context,
  own: readonly Checked[],
  along: DirectionCheck | undefined,
  t: number,
): string | undefined {
  const unclear = own.find(({ finding }) => finding.outcome === 'unclear')
  if (unclear !== undefined) return `at [${unclear.report.position.join(', ')}]: ${unclear.report.words}`
  const silent = own.filter(isSilent)
  if (silent.length > own.length / 2)
    return `${silent.length} of ${own.length} coordinates say nothing: ${silent[0].report.words}`
  const blurred = along?.reports.some(({ verdict }) => verdict === 'inconclusive') && own.length === 0
  if (blurred) return 'along directions the differences are too rough to tell'
  if (seesNothing(context, own, along, t))
    return 'the gradient is smaller than what rounding lets differences show; scale the loss up, or take its large constant part off'
  return undefined
}

/** Whether a tensor whose gradient counts was drowned by rounding everywhere. */
function seesNothing(context: Context, own: readonly Checked[], along: DirectionCheck | undefined, t: number): boolean {
  const values = context.gradient[t]
  const largest = values.reduce((max, g) => Math.max(max, Math.abs(g)), 0)
  const largestChange = values.reduce((max, g, i) => Math.max(max, Math.abs(g * context.scales[t][i])), 0)
  if (largest <= negligible || largestChange <= 4 * rounding[context.noise.precision]) return false
  const moved = own.filter(({ finding }) => finding.analytic !== 0)
  const seen = moved.some(isSeen) || along?.findings.some(({ outcome }) => outcome === 'agree' || outcome === 'side')
  return !seen && (moved.length > 0 || along !== undefined)
}

function evidenceOf(context: Context, own: readonly Checked[], t: number) {
  const { evaluator, gradient, settings } = context
  return {
    shape: evaluator.tensors[t].shape,
    at: evaluator.at[t],
    gradient: gradient[t],
    batchSize: settings.batchSize,
    samples: own
      .filter((one) => !isSilent(one) && one.report.band !== 'kink' && Number.isFinite(one.report.numeric))
      .map(({ index, report: { analytic, numeric, uncertainty, verdict } }) => ({
        index,
        analytic,
        numeric,
        uncertainty,
        wrong: verdict === 'fail',
      })),
  }
}

/** The failed coordinate with the largest relative error; without failures, the one nearest to it. */
export function worstCoordinate(checked: readonly Checked[]): CoordinateReport | undefined {
  const telling = checked.filter(({ report }) => report.band !== 'noise' && report.band !== 'zero')
  const rank: Record<Verdict, number> = { fail: 2, inconclusive: 1, pass: 0 }
  return telling
    .map(({ report }) => report)
    .reduce<CoordinateReport | undefined>((a, b) => {
      if (a === undefined) return b
      const higher = rank[b.verdict] - rank[a.verdict]
      return higher > 0 || (higher === 0 && b.relativeError > a.relativeError) ? b : a
    }, undefined)
}

function overallDiagnosis(
  tensors: readonly TensorReport[],
  worst: CoordinateReport | undefined,
): Diagnosis | undefined {
  const found = tensors.flatMap(({ name, diagnosis }) => (diagnosis ? [{ name, diagnosis }] : []))
  if (found.length === 0) return undefined
  const surest = found.reduce((a, b) => (b.diagnosis.confidence > a.diagnosis.confidence ? b : a))
  const same = found.filter(({ diagnosis }) => diagnosis.cause === surest.diagnosis.cause)
  if (same.length === found.length) return surest.diagnosis
  return (found.find(({ name }) => name === worst?.tensor) ?? surest).diagnosis
}

function overallWords(
  tensors: readonly TensorReport[],
  { taylor, secondOrder }: Results,
  verdict: Verdict,
  diagnosis: Diagnosis | undefined,
): string {
  const parts = tensors
    .filter((tensor) => tensor.verdict === verdict && verdict !== 'pass')
    .map(({ name, words }) => `'${name}': ${words}`)
  const shown = parts.length > 3 ? [...parts.slice(0, 3), `${parts.length - 3} more`] : parts
  for (const extra of [taylor, secondOrder])
    if (extra?.verdict === verdict && verdict !== 'pass') shown.push(extra.words)
  if (diagnosis !== undefined && diagnosis.confidence > 0) shown.push(diagnosis.words)
  if (verdict === 'fail') return `the gradient is wrong. ${shown.join('. ')}`
  if (verdict === 'inconclusive') return `the check cannot tell. ${shown.join('. ')}`
  const checked = tensors.reduce((sum, tensor) => sum + tensor.checked, 0)
  const along = tensors.some(({ directions }) => directions !== undefined) ? ', the rest along directions' : ''
  return checked > 0
    ? `the gradient is right: ${plural(checked, 'coordinate')} of ${plural(tensors.length, 'tensor')} checked${along}`
    : `the gradient is right along the directions that were tried, in ${plural(tensors.length, 'tensor')}`
}

function warningsOf(
  context: Context,
  { checked, lossOfGradient, taylor, secondOrder }: Results,
  tensors: readonly TensorReport[],
): string[] {
  const warnings: string[] = []
  const { noise } = context
  const apart = Math.abs(lossOfGradient - noise.loss)
  if (apart > 100 * noise.deviation + 1e-6 * Math.abs(noise.loss))
    warnings.push(
      `the loss that comes with the gradient is ${number(lossOfGradient)}, the loss alone ${number(noise.loss)}: they should be the same function`,
    )
  const limits = tolerances(context)
  const rough = checked.filter(
    ({ finding, report }) =>
      finding.outcome === 'agree' &&
      report.relativeError > limits.happy &&
      Math.abs(report.analytic - report.numeric) > 3 * report.uncertainty,
  )
  if (rough.length > 0)
    warnings.push(
      `${plural(rough.length, 'coordinate differs', 'coordinates differ')} by more than rounding explains, at most ${number(Math.max(...rough.map(({ report }) => report.relativeError)))}: an epsilon left out of the gradient?`,
    )
  const silent = checked.filter(isSilent)
  if (silent.length > 0)
    warnings.push(
      `${plural(silent.length, 'coordinate says', 'coordinates say')} nothing (kinks or jumps at the point): move the point a little`,
    )
  const drowned = checked.filter(({ finding }) => finding.outcome === 'noise' && finding.analytic !== 0)
  if (drowned.length > 0)
    warnings.push(
      `${plural(drowned.length, 'coordinate has a gradient', 'coordinates have gradients')} below what rounding lets differences show`,
    )
  if (taylor?.verdict === 'inconclusive') warnings.push(`Taylor remainders: ${taylor.words}`)
  if (secondOrder?.verdict === 'inconclusive') warnings.push(`second derivatives: ${secondOrder.words}`)
  const missed = tensors.filter(({ missProbability = 0 }) => missProbability > 0.01)
  for (const { name, missProbability = 0 } of missed)
    warnings.push(
      `'${name}': ${number(100 * missProbability)}% of the entries are too small for the directions to show`,
    )
  return warnings
}

/** A report whose JSON spells out NaN and infinities, as strings. */
export function withJson(report: GradientReport): GradientReport {
  const toJSON = () => spelt(report)
  return Object.defineProperty(report, 'toJSON', { value: toJSON, enumerable: false })
}

function spelt(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(spelt)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spelt(inner)]))
}
