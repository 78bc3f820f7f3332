/** @file The document of the checks before learning: what `rappel check --json` prints. Documented in docs/json.md. */
import type { Float32Report, ModelReport } from '../check/model-report.ts'
import type { CoordinateReport, GradientReport, TensorReport } from '../check/report.ts'
import type { SanityReport } from '../check/sanity/report.ts'
import type { TrainingPlan } from '../train/plan.ts'

/** Most coordinates of a tensor in a document: the worst ones. */
const mostCoordinates = 10

export interface CheckDocument extends Omit<ModelReport, 'points'> {
  readonly schema: 1
  readonly seed: number
  /** What the data are called. */
  readonly data: string
  readonly loss: string
  readonly penalty?: string
  /** Number of parameters' values. */
  readonly parameters: number
  readonly points: readonly {
    readonly steps: number
    readonly data: GradientReport
    readonly penalty?: GradientReport
    readonly float32: Float32Report
  }[]
  /** Of the gradient check. */
  readonly seconds: number
  readonly engine: string
  readonly sanity: SanityReport & { readonly seconds: number }
}

/** @param about what was checked, on which engine, and how long the gradient check took */
export function checkDocument(
  report: ModelReport,
  sanity: CheckDocument['sanity'],
  { plan, engine, seconds }: { readonly plan: TrainingPlan; readonly engine: string; readonly seconds: number },
): CheckDocument {
  const { verdict, words, examples, depth, points, warnings } = report
  const [first] = points
  return {
    schema: 1,
    verdict,
    words,
    seed: plan.seed,
    data: plan.name,
    loss: plan.net.loss.name,
    ...(plan.net.penalty && { penalty: plan.net.penalty.name }),
    parameters: first === undefined ? 0 : first.data.tensors.reduce((sum, { size }) => sum + size, 0),
    examples,
    depth,
    points: points.map((point) => ({
      ...point,
      data: shortened(point.data),
      ...(point.penalty && { penalty: shortened(point.penalty) }),
    })),
    warnings,
    seconds,
    engine,
    sanity,
  }
}

function shortened(report: GradientReport): GradientReport {
  return { ...report, tensors: report.tensors.map(withWorst) }
}

/** The coordinates that did not pass, the furthest off first, and no more than a person would read. */
function withWorst(tensor: TensorReport): TensorReport {
  const off = ({ analytic, numeric, uncertainty }: CoordinateReport) =>
    Math.abs(analytic - numeric) / Math.max(uncertainty, Number.MIN_VALUE)
  const coordinates = tensor.coordinates
    .filter(({ verdict }) => verdict !== 'pass')
    .sort((a, b) => off(b) - off(a))
    .slice(0, mostCoordinates)
  return { ...tensor, coordinates }
}
