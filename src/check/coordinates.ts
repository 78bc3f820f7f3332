/** @file Coordinates one by one: findings become reports with bands and words; ties are looked at together. */
import type { Shape } from '../base/tensor.ts'
import type { Context, Line } from './line.ts'
import type { CoordinateReport, Verdict } from './report.ts'
import { type Finding, type Outcome, settle } from './settle.ts'
import { bandOf, relativeErrorOf, tolerances } from './tolerance.ts'
import { number } from './words.ts'

/** What an outcome means for the gradient. 'silent': the coordinate says nothing, whatever the gradient is. */
const meaning: Record<Outcome, Verdict | 'silent'> = {
  agree: 'pass',
  zero: 'pass',
  noise: 'pass',
  side: 'pass',
  between: 'pass',
  disagree: 'fail',
  unclear: 'inconclusive',
  convention: 'silent',
  jump: 'silent',
  undefined: 'silent',
}

export interface Checked {
  readonly tensor: number
  readonly index: number
  readonly finding: Finding
  readonly report: CoordinateReport
}

export async function checkCoordinates(
  context: Context,
  asked: readonly { readonly tensor: number; readonly index: number }[],
): Promise<Checked[]> {
  const lines = asked.map(({ tensor, index }) => ({
    line: { kind: 'coordinate', tensor, index } as const,
    analytic: context.gradient[tensor][index] * context.scales[tensor][index],
  }))
  const findings = await settle(context, lines)
  return asked.map(({ tensor, index }, i) => ({
    tensor,
    index,
    finding: findings[i],
    report: coordinateReport(context, tensor, index, findings[i]),
  }))
}

/** Back from derivatives along the line to those by the coordinate itself. */
function coordinateReport(context: Context, tensor: number, index: number, finding: Finding): CoordinateReport {
  const { evaluator, gradient, scales, settings } = context
  const { name, shape } = evaluator.tensors[tensor]
  const scale = scales[tensor][index]
  const analytic = gradient[tensor][index]
  const numeric = finding.numeric / scale
  const relativeError = relativeErrorOf(analytic, numeric, settings.relativeError)
  const verdict = meaning[finding.outcome]
  return {
    tensor: name,
    index,
    position: positionOf(index, shape),
    verdict: verdict === 'silent' ? 'inconclusive' : verdict,
    band: bandFor(context, finding.outcome, analytic, numeric),
    analytic,
    numeric,
    uncertainty: finding.uncertainty / scale,
    step: finding.step * scale,
    relativeError,
    kinks: finding.kinks,
    words: wordsOf(context, finding, scale, relativeError),
  }
}

export function isSilent({ finding }: Checked): boolean {
  return meaning[finding.outcome] === 'silent'
}

/** Whether a factor of two would have been seen. */
export function isSeen({ finding }: Checked): boolean {
  return !['noise', 'unclear', 'jump', 'undefined', 'convention'].includes(finding.outcome)
}

function bandFor(context: Context, outcome: Outcome, analytic: number, numeric: number): CoordinateReport['band'] {
  if (outcome === 'zero' || outcome === 'noise' || outcome === 'jump') return outcome
  if (outcome === 'side' || outcome === 'between' || outcome === 'convention') return 'kink'
  if (outcome === 'undefined' || !Number.isFinite(numeric)) return 'non-finite'
  // The bands are those of the notes' form, whichever is shown.
  return bandOf(relativeErrorOf(analytic, numeric, 'sum'), tolerances(context))
}

export function positionOf(index: number, shape: Shape): number[] {
  const position: number[] = []
  let rest = index
  for (const dim of shape.toReversed()) {
    position.unshift(rest % dim)
    rest = Math.floor(rest / dim)
  }
  return position
}

function wordsOf(context: Context, finding: Finding, scale: number, relativeError: number): string {
  const [behind, ahead] = (finding.slopes ?? [0, 0]).map((slope) => number(slope / scale))
  const apart = `relative error ${number(relativeError)}`
  const limits = tolerances(context)
  const words: Record<Outcome, () => string> = {
    zero: () => 'both are 0',
    agree: () =>
      finding.uncertainty < Math.abs(finding.analytic - finding.numeric) && relativeError > limits.happy
        ? `${apart}: small, but more than rounding explains`
        : `agrees, ${apart}`,
    noise: () => 'agrees within rounding, which is as large as the derivative',
    side: () => `a kink at the point: the slopes are ${behind} and ${ahead}, the analytic value is one of them`,
    between: () => `a kink at the point: the analytic value lies between the slopes ${behind} and ${ahead}`,
    convention: () => `kinks at the point: the slopes are ${behind} and ${ahead}; move the point off them`,
    jump: () => 'the loss jumps here, so that it has no derivative',
    undefined: () => 'the loss is not finite on either side of the point',
    unclear: () =>
      finding.uncertainty < Math.abs(finding.analytic - finding.numeric)
        ? `${apart}, less than three times what rounding and truncation may be`
        : 'the differences do not settle as the step falls',
    disagree: () =>
      relativeError <= limits.fine
        ? `${apart}: fine beside kinks, but there are none in the step, and rounding does not explain it`
        : `${apart}, ${number(Math.abs(finding.analytic - finding.numeric) / finding.uncertainty)} times the uncertainty`,
  }
  const notes = [
    finding.half ? 'one side only: the loss is not finite on the other' : '',
    finding.frozen ? 'with the winners of the base point held fixed' : '',
  ].filter((note) => note !== '')
  return [words[finding.outcome](), ...notes].join('; ')
}

/**
 * Coordinates at kinks, moved together. Where a maximum is tied, each of the tied may have all of the gradient, but not all of them at
 * once: one by one they look right.
 *
 * @returns the tensors where the sum is wrong, with the finding
 */
export async function checkTies(
  context: Context,
  checked: readonly Checked[],
): Promise<{ tensor: number; finding: Finding }[]> {
  const tied = checked.filter(({ finding }) => finding.slopes !== undefined && finding.outcome !== 'disagree')
  const tensors = [...new Set(tied.map(({ tensor }) => tensor))].filter((tensor) => {
    const members = tied.filter((one) => one.tensor === tensor)
    return members.length > 1 && members.some(({ finding }) => finding.analytic !== 0)
  })
  const lines = tensors.map((tensor) => tieLine(context, tensor, tied))
  const findings = await settle(context, lines)
  return tensors.flatMap((tensor, i) => {
    const finding = findings[i]
    if (finding.outcome !== 'disagree') return []
    // Kinks that have nothing to do with each other add up: each was judged already.
    const scale = lines[i].scale
    const members = tied.filter((one) => one.tensor === tensor)
    const sums = [0, 1].map((side) =>
      members.reduce((sum, { index, finding: { slopes } }) => {
        return sum + ((slopes?.[side] ?? 0) / context.scales[tensor][index]) * scale
      }, 0),
    )
    const size = Math.abs(sums[0]) + Math.abs(sums[1])
    const together = finding.slopes ?? [finding.numeric, finding.numeric]
    const additive = sums.every((sum, side) => Math.abs(sum - together[side]) <= 3 * finding.uncertainty + 1e-6 * size)
    const spread = sums.some((sum) => Math.abs(sum - finding.numeric) > 1e-3 * size)
    return !additive && spread ? [{ tensor, finding }] : []
  })
}

function tieLine(
  context: Context,
  tensor: number,
  tied: readonly Checked[],
): { line: Line; analytic: number; scale: number } {
  const members = tied.filter((one) => one.tensor === tensor).map(({ index }) => index)
  const scale = Math.min(...members.map((index) => context.scales[tensor][index]))
  const direction = context.gradient.map((values) => new Float64Array(values.length))
  let analytic = 0
  for (const index of members) {
    direction[tensor][index] = scale
    analytic += context.gradient[tensor][index] * scale
  }
  return { line: { kind: 'direction', direction }, analytic, scale }
}
