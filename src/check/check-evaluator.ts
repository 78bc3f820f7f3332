/** @file The core of the gradient check: an evaluator in, a report out. */
import { type Checked, checkCoordinates, checkTies, isSeen } from './coordinates.ts'
import { checkDirections, type DirectionCheck, findWrongEntries, type Part } from './directions.ts'
import type { Evaluator } from './evaluator.ts'
import type { Context } from './line.ts'
import { measureNoise } from './noise.ts'
import { type CheckOptions, type Settings, settingsOf } from './options.ts'
import type { GradientReport } from './report.ts'
import { chooseCoordinates } from './sample.ts'
import { rounding, scalesOf, smallScales } from './scale.ts'
import { checkSecondOrder } from './second-order.ts'
import { type Parts, summary, unchecked } from './summary.ts'
import { sweepsOf } from './sweep.ts'
import { checkTaylor } from './taylor.ts'

/** Up to so many coordinates in all, every one is looked at. */
const everyOne = 2000
const quota = 100

/**
 * Checks a gradient against differences of the loss (PROCESS.md, section 1).
 *
 * @throws RappelError 'usage' for wrong options; what the evaluator throws. A wrong gradient is a report, not an error
 */
export async function checkEvaluator(evaluator: Evaluator, options: CheckOptions = {}): Promise<GradientReport> {
  const settings = settingsOf(options)
  const { loss, gradient } = await evaluator.analytic()
  const trouble = nonFinite(evaluator, loss, gradient)
  if (trouble !== undefined) return unchecked(evaluator, settings, loss, trouble)
  const context = await contextOf(evaluator, settings, gradient)
  if (!Number.isFinite(context.noise.loss))
    return unchecked(evaluator, settings, context.noise.loss, lossWords(context.noise.loss))
  const parts = settings.mode === 'coordinates' ? await byCoordinates(context) : await byDirections(context)
  const product = evaluator.hessianVector
  return summary(context, {
    ...parts,
    ...(settings.sweep && { sweeps: await sweepsOf(context, parts.checked) }),
    ties: await checkTies(context, parts.checked),
    lossOfGradient: loss,
    ...(settings.taylor && { taylor: await checkTaylor(context) }),
    ...(product !== undefined &&
      settings.secondOrder !== false && {
        secondOrder: await checkSecondOrder(context, (vector) => product.call(evaluator, vector)),
      }),
  })
}

async function contextOf(
  evaluator: Evaluator,
  settings: Settings,
  gradient: readonly Float64Array[],
): Promise<Context> {
  const scales = evaluator.at.map(scalesOf)
  const noise = await measureNoise(
    evaluator,
    scales.map((scale, t) => smallScales(evaluator.at[t], scale)),
    gradient,
    settings.seed,
  )
  const changes = gradient.map((values, t) =>
    values.reduce((max, g, i) => Math.max(max, Math.abs(g * scales[t][i])), 0),
  )
  // The largest derivatives are made of terms like those of the others: some tens of roundings of them. In float32, where that is
  // much, a few: what is left over there is below the loss's own rounding in most cases.
  const roundings = noise.precision === 'float64' ? 64 : 4
  const residue = rounding[noise.precision] * (roundings * Math.max(0, ...changes) + Math.abs(noise.loss))
  const hidden = noise.flat && noise.loss === 0 ? 1 : 0
  const size = Math.max(Math.abs(noise.loss), ...changes, hidden)
  // Rounding falls with the step and truncation grows with its square: they meet at the third root of the relative rounding.
  const relative = size > 0 && noise.deviation > 0 ? noise.deviation / size : 2 ** -53
  const firstExponent = Math.min(-5, Math.max(-17, Math.round(Math.log2(relative) / 3)))
  return { evaluator, settings, gradient, scales, noise, size, residue, firstExponent, evaluations: 0 }
}

/** What makes a check impossible, in words. */
function nonFinite(evaluator: Evaluator, loss: number, gradient: readonly Float64Array[]): string | undefined {
  const where = (values: readonly Float64Array[]) => {
    const tensor = values.findIndex((array) => !array.every(Number.isFinite))
    if (tensor < 0) return undefined
    const index = values[tensor].findIndex((value) => !Number.isFinite(value))
    return { name: evaluator.tensors[tensor].name, index, value: values[tensor][index] }
  }
  const point = where(evaluator.at)
  if (point !== undefined)
    return `the point itself is not finite: '${point.name}' is ${point.value} at ${point.index}; nothing can be checked there`
  if (!Number.isFinite(loss)) return lossWords(loss)
  const slope = where(gradient)
  if (slope === undefined) return undefined
  const hint = 'look for 0/0, log(0), the square root of 0 or an overflowing exponential in its formula'
  return `the gradient of '${slope.name}' is ${slope.value} at ${slope.index}, though the loss is ${loss}: ${hint}`
}

function lossWords(loss: number): string {
  const hint = 'choose a point where it is finite; a logarithm of 0 and an overflowing exponential are the usual causes'
  return `the loss is ${loss} at the point, so that nothing can be checked: ${hint}`
}

/** A quota of each tensor one by one, the rest along directions, and the entries that make those wrong. */
async function byCoordinates(context: Context): Promise<Parts> {
  const { evaluator, settings, gradient } = context
  const total = evaluator.tensors.reduce((sum, { size }) => sum + size, 0)
  const all = settings.coordinates === 'all' || (settings.coordinates === undefined && total <= everyOne)
  const limit = settings.coordinates === undefined || settings.coordinates === 'all' ? quota : settings.coordinates
  const chosen = evaluator.tensors.map(({ name, size }, t) =>
    chooseCoordinates(gradient[t], all ? size : limit, settings.seed, name),
  )
  const checked = await checkCoordinates(context, asked(chosen))
  const rest = chosen.flatMap((indices, tensor): Part[] => {
    const left = new Set(gradient[tensor].keys())
    for (const index of indices) left.delete(index)
    return left.size === 0 ? [] : [{ tensor, indices: [...left] }]
  })
  const directions = await checkDirections(context, rest, settings.directions, true)
  const open = directions.filter((check) => disagrees(check) && isRare(checked, check.part.tensor))
  return { checked: [...checked, ...(await wrongEntries(context, open))], directions }
}

/** Every tensor along directions; where they disagree or say nothing, a quota of its coordinates, and the wrong entries. */
async function byDirections(context: Context): Promise<Parts> {
  const { evaluator, settings, gradient } = context
  const whole = evaluator.tensors.map(({ size }, tensor) => ({
    tensor,
    indices: Array.from({ length: size }, (_, i) => i),
  }))
  const directions = await checkDirections(
    context,
    whole.filter(({ indices }) => indices.length > 0),
    settings.directions,
    false,
  )
  const doubtful = directions.filter(({ reports }) => reports.some(({ verdict }) => verdict !== 'pass'))
  const limit = settings.coordinates ?? quota
  const chosen = evaluator.tensors.map(({ name, size }, t) =>
    doubtful.some(({ part }) => part.tensor === t)
      ? chooseCoordinates(gradient[t], limit === 'all' ? size : limit, settings.seed, name)
      : [],
  )
  const checked = await checkCoordinates(context, asked(chosen))
  const open = doubtful.filter((check) => disagrees(check) && isRare(checked, check.part.tensor))
  const fresh = open.map((check) => ({
    ...check,
    part: { ...check.part, indices: check.part.indices.filter((i) => !chosen[check.part.tensor].includes(i)) },
  }))
  return { checked: [...checked, ...(await wrongEntries(context, fresh))], directions }
}

const asked = (chosen: readonly (readonly number[])[]) =>
  chosen.flatMap((indices, tensor) => indices.map((index) => ({ tensor, index })))

const disagrees = ({ findings }: DirectionCheck) => findings.some(({ outcome }) => outcome === 'disagree')

/** Whether so few of a tensor's coordinates are wrong that the others must be looked for; where many are, enough is known. */
function isRare(checked: readonly Checked[], tensor: number): boolean {
  const own = checked.filter((one) => one.tensor === tensor)
  return own.filter(({ report }) => report.verdict === 'fail').length <= own.length / 10
}

async function wrongEntries(context: Context, checks: readonly DirectionCheck[]): Promise<Checked[]> {
  const found: Checked[] = []
  for (const { part } of checks) {
    const indices = await findWrongEntries(context, part)
    found.push(
      ...(await checkCoordinates(
        context,
        indices.map((index) => ({ tensor: part.tensor, index })),
      )),
    )
  }
  return found.filter((one) => !isSeen(one) || one.report.verdict === 'fail')
}
