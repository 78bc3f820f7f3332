/** @file The gradient check of a net: at several points, data loss and penalty apart, and the float32 step beside it. */
import { checkInteger, checkOptions } from '../base/errors.ts'
import { tensor } from '../base/tensor.ts'
import { Batches } from '../data/batches.ts'
import { rowsOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { Operators } from '../graph/types.ts'
import { letOthersRun } from '../train/loop.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { checkEvaluator } from './check-evaluator.ts'
import { checkFloat32, greatestEntries } from './float32.ts'
import { withFloat32Sweeps } from './float32-sweep.ts'
import { type ModelEvaluator, type ModelEvaluatorOptions, modelEvaluator } from './model.ts'
import { depthOf, ModelGraphs, type Part } from './model-graphs.ts'
import { isFinitePoint, type ModelPoint, modelPoints } from './model-points.ts'
import { type ModelPointReport, type ModelReport, worstVerdict } from './model-report.ts'
import type { CheckOptions } from './options.ts'
import type { GradientReport } from './report.ts'

/** What is being done: for a line that tells the progress. */
export interface CheckProgress {
  /** Updates made before the point. */
  readonly steps: number
  readonly part: Part
}

export interface ModelCheckOptions extends Omit<CheckOptions, 'depth' | 'batchSize' | 'sweep'> {
  /** Examples in the data loss. Few mean few kinks: default 3, or 8 where the net normalises by statistics of the batch. */
  readonly examples?: number
  /** Steps of training before the second point (default 20); 0 checks the net as it is initialised alone. */
  readonly burnIn?: number
  readonly onProgress?: (progress: CheckProgress) => void
  /** Ends the check after the run in progress: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
  /** Another table than the usual: for tests of what finds wrong rules. */
  readonly operators?: Operators
}

const own = ['examples', 'burnIn', 'onProgress', 'signal', 'operators']
const ofCore = ['mode', 'coordinates', 'directions', 'step', 'relativeError', 'taylor', 'secondOrder', 'seed']

/** From this ratio of norms on, a sum of data loss and penalty would show the penalty alone. */
const swamping = 10

/**
 * Checks the gradients of a net: data loss with the penalty off, then the penalty alone; with dropout's mask held; as it is initialised and
 * after some steps of training; and the float32 step that trains beside the float64 gradients. Blocks its thread while a graph runs.
 *
 * @param options.seed of the sample and of dropout's masks; default: the plan's
 * @throws RappelError 'usage' for wrong options. A wrong gradient is a report, not an error
 */
export async function checkModel(
  plan: TrainingPlan,
  engine: Engine,
  options: ModelCheckOptions = {},
): Promise<ModelReport> {
  checkOptions('checkModel', options, [...own, ...ofCore])
  const { burnIn = 20, onProgress, signal, operators, examples: asked, ...core } = options
  checkInteger('burnIn', burnIn)
  if (asked !== undefined) checkInteger('examples', asked, 1)
  const graphs = new ModelGraphs(plan.net, { part: 'data', batch: 2, training: true, operators })
  const usual = graphs.buffers.some(({ next }) => next !== undefined) ? 8 : 3
  const examples = Math.min(asked ?? usual, rowsOf(plan.training))
  const depth = Math.max(1, ...graphs.parameters.map(({ name }) => depthOf(graphs.said, name)))
  const seed = core.seed ?? plan.seed
  const checks = new PointCheck(plan, engine, {
    data: firstRows(plan, examples),
    core: { ...core, seed, depth, batchSize: examples },
    operators,
    onProgress,
    signal,
  })
  const points: ModelPointReport[] = []
  const warnings: string[] = []
  for (const point of await modelPoints(plan, engine, burnIn, signal)) {
    if (isFinitePoint(point)) points.push(await checks.at(point, warnings))
    else warnings.push(divergedText(point))
  }
  const parts = points.flatMap(partsOf)
  for (const { where, part } of parts)
    if ('warnings' in part) warnings.push(...part.warnings.map((warning) => `${where}: ${warning}`))
  const verdict = points.length === 0 ? 'inconclusive' : worstVerdict(parts.map(({ part }) => part.verdict))
  return { verdict, words: wordsOf(verdict, points), examples, depth, points, warnings }
}

function divergedText({ steps }: ModelPoint): string {
  return `After ${steps} steps of training the parameters were not finite, so nothing could be checked there: lower the learning rate, a tenth of it at first.`
}

/** The first examples of the first epoch. */
function firstRows(plan: TrainingPlan, examples: number): Pick<ModelEvaluatorOptions, 'inputs' | 'targets'> {
  const { training, net, seed } = plan
  const inputs = tensor('float32', [examples, ...net.featureShape])
  const targets = tensor(net.loss.task === 'classification' ? 'int32' : 'float32', [examples, ...net.targetShape])
  new Batches(training, { batchSize: examples, seed }).fill(0, 0, inputs.data, targets.data)
  return { inputs, targets }
}

interface Settings {
  readonly data: Pick<ModelEvaluatorOptions, 'inputs' | 'targets'>
  readonly core: CheckOptions
  readonly operators?: Operators
  readonly onProgress?: (progress: CheckProgress) => void
  readonly signal?: AbortSignal
}

class PointCheck {
  readonly #plan: TrainingPlan
  readonly #engine: Engine
  readonly #settings: Settings
  /** The greatest entry of each tensor's gradient, at all points so far. */
  #units: readonly number[] = []

  constructor(plan: TrainingPlan, engine: Engine, settings: Settings) {
    this.#plan = plan
    this.#engine = engine
    this.#settings = settings
  }

  async at(point: ModelPoint, warnings: string[]): Promise<ModelPointReport> {
    const { net } = this.#plan
    const data = await this.#check(point, 'data')
    const penalty = net.penalty && (await this.#penalty(point))
    if (penalty !== undefined) warnings.push(...swampedText(data, penalty, point.steps))
    const objective = data.gradient.map((values, t) =>
      penalty === undefined ? values : values.map((value, i) => value + penalty.gradient[t][i]),
    )
    const { data: rows, core } = this.#settings
    const at = { parameters: point.parameters, buffers: point.buffers, seed: core.seed, ...rows }
    const float32 = await checkFloat32(net, this.#engine, at, objective, this.#units)
    this.#units = greatestEntries(objective).map((here, t) => Math.max(here, this.#units[t] ?? 0))
    return { steps: point.steps, data: data.report, ...(penalty && { penalty: penalty.report }), float32 }
  }

  /** Undefined where the penalty is on none of the parameters. */
  async #penalty(point: ModelPoint): Promise<Checked | undefined> {
    const { net } = this.#plan
    const { parameters } = new ModelGraphs(net, { part: 'data', batch: 1, training: false })
    return net.penalty?.of(parameters) === undefined ? undefined : this.#check(point, 'penalty')
  }

  async #check(point: ModelPoint, part: Part): Promise<Checked> {
    const { data, core, operators, onProgress, signal } = this.#settings
    onProgress?.({ steps: point.steps, part })
    const { parameters, buffers } = point
    const at = { part, parameters, buffers, ...data, seed: core.seed, operators }
    const evaluator = await modelEvaluator(this.#plan.net, this.#engine, at)
    try {
      // A penalty is a sum over the parameters: there are no layers in it, and no examples.
      const options =
        part === 'data' ? { ...core, sweep: true } : { ...core, depth: 1, batchSize: undefined, sweep: false }
      const checked = await checkEvaluator(stoppable(evaluator, signal), options)
      const report = await withFloat32Sweeps(checked, this.#plan.net, this.#engine, at)
      const { gradient } = await evaluator.analytic()
      return { report, names: evaluator.tensors.map(({ name }) => name), gradient }
    } finally {
      await evaluator.release()
    }
  }
}

interface Checked {
  readonly report: GradientReport
  readonly names: readonly string[]
  readonly gradient: readonly Float64Array[]
}

/** The evaluator that gives way to others before each call, and ends when it is asked to. */
function stoppable(evaluator: ModelEvaluator, signal: AbortSignal | undefined): ModelEvaluator {
  const before = async () => {
    await new Promise<void>(letOthersRun)
    signal?.throwIfAborted()
  }
  const { gradientsAlong } = evaluator
  return {
    tensors: evaluator.tensors,
    precision: evaluator.precision,
    at: evaluator.at,
    analytic: () => before().then(() => evaluator.analytic()),
    valuesAt: (moves) => before().then(() => evaluator.valuesAt(moves)),
    frozenValuesAt: (moves) => before().then(() => evaluator.frozenValuesAt(moves)),
    valuesAlong: (directions, offsets) => before().then(() => evaluator.valuesAlong(directions, offsets)),
    ...(gradientsAlong && {
      gradientsAlong: (direction, offsets) => before().then(() => gradientsAlong.call(evaluator, direction, offsets)),
    }),
    hessianVector: (vector) => before().then(() => evaluator.hessianVector(vector)),
    release: () => evaluator.release(),
  }
}

/** Tensors in which the penalty's gradient is far above that of the data. */
function swampedText(data: Checked, penalty: Checked, steps: number): string[] {
  const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  const swamped = data.names.flatMap((name, t) => {
    const [ofData, ofPenalty] = [norm(data.gradient[t]), norm(penalty.gradient[t])]
    return ofPenalty > swamping * ofData ? [{ name, ratio: ofPenalty / ofData }] : []
  })
  if (swamped.length === 0) return []
  const worst = swamped.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  const where = steps === 0 ? 'as initialised' : `after ${steps} steps`
  const times = Number.isFinite(worst.ratio) ? `${worst.ratio.toPrecision(2)} times` : 'all of'
  return [
    `The penalty swamps the data, ${where}: in ${worst.name} its gradient is ${times} that of the data loss${swamped.length > 1 ? `, and it is larger than ten times it in ${swamped.length - 1} more` : ''}. A weaker penalty would let the net learn from the data.`,
  ]
}

/** What was checked at a point, each with its name. */
function partsOf({ steps, data, penalty, float32 }: ModelPointReport) {
  const at = pointText(steps)
  return [
    { where: `Data loss, ${at}`, part: data },
    ...(penalty ? [{ where: `Penalty, ${at}`, part: penalty }] : []),
    { where: `Float32 step, ${at}`, part: float32 },
  ]
}

function wordsOf(verdict: ModelReport['verdict'], points: readonly ModelPointReport[]): string {
  if (points.length === 0) return 'Nothing could be checked.'
  const first = points.flatMap(partsOf).find(({ part }) => part.verdict === verdict)
  if (verdict !== 'pass' && first !== undefined) return `${first.where}: ${first.part.words}`
  return `The gradients are right: ${points.map(({ steps }) => pointText(steps)).join(' and ')}.`
}

/** A point in words. */
export function pointText(steps: number): string {
  return steps === 0 ? 'as initialised' : `after ${steps} step${steps === 1 ? '' : 's'} of training`
}
