/**
 * @file Cheap trials that tell causes apart which a run by itself does not. They are trainings of some steps, beside the
 * run and before it: its bits do not depend on them.
 */
import { RandomStream } from '../base/random.ts'
import { tensor } from '../base/tensor.ts'
import { type Sample, sampleOf } from '../check/sanity/sample.ts'
import { type Dataset, featureShapeOf, rowsOf, targetShapeOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import { rateScaled } from '../optim/rate-scaled.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { trainingGraph } from '../train/graphs.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { roughMilliseconds } from '../train/stepper.ts'
import { trialLosses } from '../train/trial.ts'
import type { ExperimentEvent } from './events.ts'
import { furtherFactors, rateFactors, rateName } from './rate-factors.ts'

/** Steps of one trial; and about how long all of them together may take, by the net's arithmetic. */
const [mostSteps, fewestSteps, goodMilliseconds] = [100, 20, 10_000]

export interface ExperimentOptions {
  /** Ends the trials after the call in progress: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Tries other learning rates, other targets, and one batch by itself. The same plan gives the same events.
 *
 * @returns the events for a diagnosis; none where a net is so large that even the fewest steps would take a minute
 */
export async function runExperiments(
  plan: TrainingPlan,
  engine: Engine,
  { signal }: ExperimentOptions = {},
): Promise<readonly ExperimentEvent[]> {
  const steps = trialSteps(plan)
  if (steps < fewestSteps) return []
  const { batchSize, seed, update, training } = plan
  const sample = sampleOf(training, Math.min(rowsOf(training), steps * batchSize), seed)
  const lossesOf = (data: Dataset, rule: UpdateRule) =>
    trialLosses({ ...plan, training: data, update: rule }, engine, steps, { signal })
  const own = datasetOf(plan, sample)
  const hasRate = update.hyper.learningRate !== undefined
  const values: Record<string, number> = { steps }
  if (hasRate) values.untrained = endOf(await lossesOf(own, rateScaled(update, 0)))
  let best = { factor: 1, end: Number.POSITIVE_INFINITY, error: Number.NaN }
  const tryRate = async (factor: number) => {
    const losses = await lossesOf(own, rateScaled(update, factor))
    values.start ??= losses[0]
    const end = endOf(losses)
    values[rateName(factor)] = end
    if (end < best.end) best = { factor, end, error: errorOf(losses) }
  }
  for (const factor of hasRate ? rateFactors : [1]) await tryRate(factor)
  if (hasRate) await tryFurther(() => best, values.untrained, tryRate)
  const rule = rateScaled(update, best.factor)
  const shuffled = await lossesOf(datasetOf(plan, shuffledTargets(sample, seed)), rule)
  const repeated = await lossesOf(datasetOf(plan, firstRows(sample, batchSize)), rule)
  const event = (experiment: ExperimentEvent['experiment'], told: Readonly<Record<string, number>>) =>
    ({ type: 'experiment', experiment, step: 0, epoch: 0, values: told }) as const
  return [
    ...(hasRate ? [event('rates', values)] : []),
    event('shuffled-targets', {
      steps,
      factor: best.factor,
      start: values.start,
      own: best.end,
      ownError: best.error,
      shuffled: endOf(shuffled),
      shuffledError: errorOf(shuffled),
    }),
    event('repeated-batch', { steps, factor: best.factor, start: repeated[0], end: endOf(repeated) }),
  ]
}

/** Where the best rate is the last one tried, there may be a better one behind it. */
async function tryFurther(
  best: () => { readonly factor: number; readonly end: number },
  untrained: number,
  tryRate: (factor: number) => Promise<void>,
): Promise<void> {
  let edge: number = rateFactors[rateFactors.length - 1]
  for (const factor of furtherFactors.up) {
    if (best().factor !== edge || !(best().end < untrained)) break
    await tryRate(factor)
    edge = factor
  }
  edge = rateFactors[0]
  for (const factor of furtherFactors.down) {
    const { factor: at, end } = best()
    // A loss that rises by little at the lowest rate is not its doing. Where all diverged, there is no best.
    const isOff = at === edge ? end < untrained || !(end < 1.1 * untrained) : !Number.isFinite(end)
    if (!isOff || !Number.isFinite(untrained)) break
    await tryRate(factor)
    edge = factor
  }
}

function trialSteps({ net, batchSize }: TrainingPlan): number {
  const milliseconds = roughMilliseconds(trainingGraph(net, batchSize).graph)
  return Math.min(mostSteps, Math.floor(goodMilliseconds / (milliseconds * (rateFactors.length + 3))))
}

const lastQuarter = (losses: Float64Array) => losses.subarray(Math.floor(losses.length * 0.75))

/** Standard error of `endOf` that the batches' noise leaves, from successive differences (von Neumann 1941). */
function errorOf(losses: Float64Array): number {
  const last = lastQuarter(losses)
  const squares = last.slice(1).reduce((sum, loss, i) => sum + (loss - last[i]) ** 2, 0)
  return Math.sqrt(squares / 2 / (last.length - 1) / last.length)
}

/** The mean of the last quarter; infinite where it diverged. */
function endOf(losses: Float64Array): number {
  const last = lastQuarter(losses)
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length
  return Number.isNaN(mean) ? Number.POSITIVE_INFINITY : mean
}

function datasetOf({ training }: TrainingPlan, { rows, inputs, targets }: Sample): Dataset {
  const count = rows.length
  const shared = { name: training.name, inputs: tensor('float32', [count, ...featureShapeOf(training)], inputs) }
  if (training.task === 'regression') {
    const shape = [count, ...targetShapeOf(training)]
    return { ...shared, task: 'regression', targets: tensor('float32', shape, targets as Float32Array) }
  }
  const { classes } = training
  const shape = [count, ...targetShapeOf(training)]
  return { ...shared, task: 'classification', classes, targets: tensor('int32', shape, targets as Int32Array) }
}

function shuffledTargets(sample: Sample, seed: number): Sample {
  const { targets, targetWidth, rows } = sample
  const order = new RandomStream(seed, 'experiments/targets').permutation(rows.length)
  return {
    ...sample,
    targets: targets.map((_, i) => targets[order[Math.floor(i / targetWidth)] * targetWidth + (i % targetWidth)]),
  }
}

function firstRows({ rows, inputs, targets, width, targetWidth, ...rest }: Sample, most: number): Sample {
  const count = Math.min(most, rows.length)
  return {
    ...rest,
    width,
    targetWidth,
    rows: rows.subarray(0, count),
    inputs: inputs.slice(0, count * width),
    targets: targets.slice(0, count * targetWidth),
  }
}
