/** @file Training against validation part over the epochs, with the errors that the number of examples leaves. */
import type { History, Series } from '../history.ts'
import { lossCurve } from './loss-curve.ts'
import { mean } from './numbers.ts'

/** Both parts at one time. NaN is what nobody measured. */
export interface PartsPoint {
  readonly epoch: number
  readonly step: number
  readonly training: number
  readonly validation: number
  readonly trainingAccuracy: number
  readonly validationAccuracy: number
}

export interface Parts {
  /** In order, at least one; those before the first update are left out. */
  readonly points: readonly PartsPoint[]
  /** Whether the training loss is that of the net as it is used, at the same time as the validation loss. */
  readonly isSameNet: boolean
  /** Examples on which each was measured; NaN where nobody says. */
  readonly rows: { readonly training: number; readonly validation: number }
  /** The lowest of the validation losses, each the mean of three neighbours. */
  readonly best: PartsPoint
  /** Means over the last tenth of the points (at least one, at most five). */
  readonly last: PartsPoint
  /** Where the validation accuracy was highest, in means of three neighbours. */
  readonly bestAccuracy: number
  /** Standard errors of last's losses, from the deviation among examples. NaN where it is not known. */
  readonly errors: { readonly training: number; readonly validation: number }
  /** last.validation − best.validation. */
  readonly rise: number
  /** last.validation − last.training. */
  readonly gap: number
  /** Accuracies' gap, and its standard error. */
  readonly accuracyGap: number
  readonly accuracyGapError: number
  /** Guessing's loss less the least one; NaN where it is not known. Losses are measured against it. */
  readonly way: number
  readonly origin: number
}

/** Undefined without a validation loss after an update. Call it as `run.derive(parts)`. */
export function parts(run: History): Parts | undefined {
  const { points, isSameNet } = ours(run) ?? foreign(run)
  const sound = points.filter((point) => Number.isFinite(point.validation))
  if (sound.length === 0) return undefined
  const smooth = smoothed(points)
  const best = smooth.reduce((a, b) => (b.validation < a.validation || !Number.isFinite(a.validation) ? b : a))
  const last = averaged(points.slice(-Math.min(5, Math.max(1, Math.floor(points.length / 10)))))
  const { data } = run.start ?? {}
  const rows = {
    training: isSameNet ? Math.min(data?.training ?? Number.NaN, 256) : (data?.training ?? Number.NaN),
    validation: data?.validation ?? Number.NaN,
  }
  const curve = run.derive(lossCurve)
  const share = (p: number, n: number) => (Number.isFinite(n) ? Math.max(p * (1 - p), 0.5 / n) / n : 0)
  return {
    points,
    isSameNet,
    rows,
    best,
    last,
    bestAccuracy: smooth.reduce((a, { validationAccuracy: b }) => (b > a ? b : a), -1),
    errors: {
      training: errorOf(run, 'training', rows.training, last.training),
      validation: errorOf(run, 'validation', rows.validation, last.validation),
    },
    rise: last.validation - best.validation,
    gap: last.validation - last.training,
    accuracyGap: last.trainingAccuracy - last.validationAccuracy,
    accuracyGapError: Math.sqrt(
      share(last.trainingAccuracy, rows.training) + share(last.validationAccuracy, rows.validation),
    ),
    way: curve?.way ?? Number.NaN,
    origin: curve?.origin ?? Number.NaN,
  }
}

/** Of a mean loss, by the deviation among the examples that were looked at; about its own size where nobody looked (an exponential's). */
function errorOf(run: History, part: string, rows: number, loss: number): number {
  const seen = run.distributions(`exampleLoss/${part}`).at(-1)?.distribution
  const deviation = seen !== undefined && Number.isFinite(seen.deviation) ? seen.deviation : loss
  return deviation / Math.sqrt(rows)
}

function ours(run: History): { points: PartsPoint[]; isSameNet: boolean } | undefined {
  const measured = run.epochs.filter(({ step, validation }) => step > 0 && validation !== undefined)
  if (measured.length === 0) return undefined
  const [loss, accuracy] = [run.series('evaluated/training/loss'), run.series('evaluated/training/accuracy')]
  const isSameNet = loss !== undefined && loss.steps.some((step) => step > 0)
  return {
    isSameNet,
    points: measured.map(({ epoch, step, training, validation }) => ({
      epoch,
      step,
      validation: validation?.loss ?? Number.NaN,
      validationAccuracy: validation?.accuracy ?? Number.NaN,
      training: isSameNet ? at(loss, step) : (training?.loss ?? Number.NaN),
      trainingAccuracy: isSameNet ? at(accuracy, step) : (training?.accuracy ?? Number.NaN),
    })),
  }
}

/** A series at a step, linear between its points and constant beyond them. */
function at(series: Series | undefined, step: number): number {
  if (series === undefined || series.steps.length === 0) return Number.NaN
  const { steps, values } = series
  const after = steps.findIndex((known) => known >= step)
  if (after < 0) return values[values.length - 1]
  if (after === 0 || steps[after] === step) return values[after]
  const share = (step - steps[after - 1]) / (steps[after] - steps[after - 1])
  return values[after - 1] + share * (values[after] - values[after - 1])
}

/** What was logged; where the training loss was not, the mean of the batches' losses since the point before. */
function foreign(run: History): { points: PartsPoint[]; isSameNet: boolean } {
  const validation = run.series('validation/loss')
  if (validation === undefined) return { points: [], isSameNet: false }
  const [training, trainingAccuracy, validationAccuracy] = [
    'training/loss',
    'training/accuracy',
    'validation/accuracy',
  ].map((name) => run.series(name))
  let before = 0
  const { losses, lossSteps } = run
  const batches = validation.steps.map((step) => {
    const from = before
    while (before < losses.length && lossSteps[before] <= step) before++
    return mean(losses.subarray(from, before))
  })
  return {
    isSameNet: training !== undefined,
    points: validation.steps.map((step, i) => ({
      step,
      epoch: validation.epochs[i],
      validation: validation.values[i],
      training: training === undefined ? batches[i] : at(training, step),
      trainingAccuracy: at(trainingAccuracy ?? run.series('accuracy'), step),
      validationAccuracy: at(validationAccuracy, step),
    })),
  }
}

function averaged(points: readonly PartsPoint[]): PartsPoint {
  const of = (key: keyof PartsPoint) => mean(points.map((point) => point[key]))
  return {
    epoch: of('epoch'),
    step: of('step'),
    training: of('training'),
    validation: of('validation'),
    trainingAccuracy: of('trainingAccuracy'),
    validationAccuracy: of('validationAccuracy'),
  }
}

/** Means of up to three neighbours, at the time of the middle one. */
const smoothed = (points: readonly PartsPoint[]) =>
  points.map(({ epoch, step }, i) => ({ ...averaged(points.slice(Math.max(0, i - 1), i + 2)), epoch, step }))

/** Of the way from guessing to the least loss, how much is done at this loss; NaN where the way is not known. */
export const progressOf = ({ origin, way }: Pick<Parts, 'origin' | 'way'>, loss: number): number =>
  (origin - loss) / way
