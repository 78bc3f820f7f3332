/** @file `gradientCheck`: any objective, at one or several points; hidden randomness, the penalty apart; `assertGradient`. */
import { RappelError, show, usageError } from '../base/errors.ts'
import { checkEvaluator } from './check-evaluator.ts'
import { type ForeignEvaluator, type ForeignOptions, foreignEvaluator } from './foreign.ts'
import { inner } from './noise.ts'
import type { Objective } from './objective.ts'
import { type CheckOptions, settingsOf } from './options.ts'
import type { GradientReport, Verdict } from './report.ts'
import { unchecked, withJson } from './summary.ts'
import { number } from './words.ts'

export interface GradientCheckOptions<P> extends CheckOptions, ForeignOptions {
  /** Further points of the same form, such as some steps of training later: a gradient may be right at the start only. */
  readonly points?: readonly P[]
  /**
   * The penalty's own loss and gradient, where `objective` is the data loss alone: checked apart, because its gradient may swamp that of the
   * data and hide an error there.
   */
  readonly penalty?: Objective<P>
}

/**
 * Checks a gradient against centred differences of the loss (CS231n notes; PROCESS.md, section 1).
 *
 * @param at the point: an array of numbers, a Float64Array or Float32Array, or a tree of them by name. Two or three examples in the loss
 *   are enough, and make kinks rarer
 * @returns 'fail' where the gradient is wrong, not finite or of the wrong form; 'inconclusive' where rounding, kinks or a loss that changes
 *   from call to call hide it
 * @throws RappelError 'usage' for wrong options, a point that is none, a loss that is no number. What the objective throws passes through;
 *   the point is as before then too
 */
export async function gradientCheck<P>(
  objective: Objective<P>,
  at: P,
  options: GradientCheckOptions<P> = {},
): Promise<GradientReport> {
  const { points = [], penalty, shapes, reseed, inPlace, ...rest } = options
  settingsOf(rest)
  const foreign = { shapes, reseed, inPlace }
  for (const each of penalty === undefined ? [objective] : [objective, penalty]) checkObjective(each)
  const report = await checkAt(objective, at, foreign, rest)
  const further: GradientReport[] = []
  for (const point of points) further.push(await checkAt(objective, point, foreign, rest))
  const apart = penalty && (await checkAt(penalty, at, foreign, { ...rest, secondOrder: false, taylor: false }))
  const swamped = penalty && apart?.verdict !== 'fail' ? await swampedTensors(objective, penalty, at, foreign) : []
  const parts = [report, ...further, ...(apart ? [apart] : [])]
  const verdict = parts.map((part) => part.verdict).reduce(worse)
  return withJson({
    ...report,
    verdict,
    words: jointWords(report, further, apart, verdict),
    warnings: [...report.warnings, ...swamped],
    ...(apart && { penalty: apart }),
    ...(further.length > 0 && { points: further }),
  })
}

function checkObjective<P>(objective: Objective<P>): void {
  for (const name of ['loss', 'gradient'] as const) {
    const given: unknown = objective?.[name]
    if (typeof given === 'function') continue
    throw usageError(
      `the objective's ${name} is ${show(given)}, expected a function of the point`,
      'gradientCheck({ loss: (x) => …, gradient: (x) => … }, at)',
    )
  }
}

const order: readonly Verdict[] = ['pass', 'inconclusive', 'fail']
const worse = (a: Verdict, b: Verdict) => (order.indexOf(b) > order.indexOf(a) ? b : a)

function jointWords(
  report: GradientReport,
  further: readonly GradientReport[],
  penalty: GradientReport | undefined,
  verdict: Verdict,
): string {
  if (report.verdict === verdict) return report.words
  const point = further.findIndex((one) => one.verdict === verdict)
  if (point >= 0) return `at point ${point + 2}: ${further[point].words}`
  return `the penalty: ${penalty?.words}`
}

async function checkAt<P>(
  objective: Objective<P>,
  at: P,
  foreign: ForeignOptions,
  options: CheckOptions,
): Promise<GradientReport> {
  const evaluator = foreignEvaluator(objective, at, foreign)
  const settings = settingsOf(options)
  try {
    const hidden = await randomness(evaluator, foreign.reseed !== undefined)
    if (hidden !== undefined) return unchecked(evaluator, settings, hidden.loss, hidden.words, hidden.verdict)
    const report = await checkEvaluator(evaluator, options)
    return await withCare(report, evaluator)
  } catch (error) {
    // A gradient of the wrong form is a wrong gradient.
    if (!(error instanceof RappelError) || error.code !== 'shape') throw error
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    return unchecked(evaluator, settings, Number.NaN, `${error.message}${hint}`)
  }
}

/** What can only be seen after the check: a loss that moved away meanwhile, an objective that writes into its argument. */
async function withCare(report: GradientReport, evaluator: ForeignEvaluator): Promise<GradientReport> {
  const warnings = [...report.warnings]
  const loss = await evaluator.loss()
  const drifted = !Object.is(loss, report.loss) && Math.abs(loss - report.loss) > 1e-9 * Math.abs(report.loss)
  if (drifted)
    warnings.push(
      `the loss at the point was ${number(report.loss)} and is ${number(loss)} after the check: the objective keeps something from call to call (running means?)`,
    )
  if (evaluator.changedItsArgument())
    warnings.push('the objective changes its argument; it was put back after each call')
  const verdict = drifted && report.verdict === 'pass' ? 'inconclusive' : report.verdict
  return {
    ...report,
    warnings,
    verdict,
    words: verdict === report.verdict ? report.words : (warnings.at(-1) as string),
  }
}

/** Loss and gradient, each computed twice at the point: what changes from call to call has no derivative. */
async function randomness(
  evaluator: ForeignEvaluator,
  reseeded: boolean,
): Promise<{ loss: number; words: string; verdict: Verdict } | undefined> {
  const [loss, again] = [await evaluator.loss(), await evaluator.loss()]
  if (!sameNumber(loss, again)) {
    const advice = reseeded
      ? 'reseed does not set all of it back: every source of chance must start again there'
      : 'dropout or augmentation? Switch it off, or give reseed, which is called before every evaluation and sets the seed, so that all of them see the same masks'
    const words = `the loss is ${loss} at the point, and ${again} when it is computed again: it has hidden randomness, and differences of it say nothing. ${advice}`
    return { loss, words, verdict: 'inconclusive' }
  }
  const [gradient, other] = [await evaluator.gradient(), await evaluator.gradient()]
  const tensor = gradient.findIndex((values, t) => !values.every((value, i) => sameNumber(value, other[t][i])))
  if (tensor < 0) return undefined
  const { name } = evaluator.tensors[tensor]
  const words = `the gradient of '${name}' changes from call to call, though the loss does not: it draws a mask of its own, or adds to what the call before left`
  return { loss, words, verdict: 'fail' }
}

/** The order of a sum may differ between threads; more than that is chance. */
function sameNumber(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

/** How much larger one part's gradient may be before it hides the other. */
const swamping = 10

async function swampedTensors<P>(
  data: Objective<P>,
  penalty: Objective<P>,
  at: P,
  foreign: ForeignOptions,
): Promise<string[]> {
  const [one, two] = [foreignEvaluator(data, at, foreign), foreignEvaluator(penalty, at, foreign)]
  const [ofData, ofPenalty] = [await one.gradient(), await two.gradient()]
  return one.tensors.flatMap(({ name }, t) => {
    const [small, large] = [ofData[t], ofPenalty[t]].map((values) => Math.sqrt(inner([values], [values])))
    if (!(large > swamping * small)) return []
    return [
      `'${name}': the penalty's gradient (norm ${number(large)}) swamps the data's (${number(small)}): checked together, an error in the data's would not show`,
    ]
  })
}

export interface AssertOptions<P> extends GradientCheckOptions<P> {
  /** Accept 'inconclusive' too. Default false: a test that shows nothing should not be green. */
  readonly allowInconclusive?: boolean
}

/**
 * `gradientCheck` for any test runner.
 *
 * @throws RappelError 'run' with the words of the report when the verdict is not 'pass'
 */
export async function assertGradient<P>(
  objective: Objective<P>,
  at: P,
  options: AssertOptions<P> = {},
): Promise<GradientReport> {
  const { allowInconclusive = false, ...rest } = options
  const report = await gradientCheck(objective, at, rest)
  if (report.verdict === 'pass' || (allowInconclusive && report.verdict === 'inconclusive')) return report
  throw new RappelError('run', `gradient check: ${report.words}`, report.warnings[0])
}
