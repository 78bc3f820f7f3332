/** @file wrong-gradient: the gradient is not that of the loss. */
import { number } from '../../../check/words.ts'
import type { CheckEvent } from '../../events.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { type DescentPoint, descents } from '../../statistics/descent.ts'
import { median } from '../../statistics/numbers.ts'
import { batchTrial } from '../../statistics/trials.ts'

/** A step's second order, in units of its slope, up to which the third is small. */
const mostCurved = 0.2
/** Roundings of a float32 loss: the slope is a difference of five of them. */
const rounding = 5 * 2 ** -23
const fewestSteps = 5
/** Share of the slope by which losses and gradient may differ. */
const mostApart = 0.3

export const wrongGradient: DiagnosisRule = {
  code: 'wrong-gradient',
  basis: ['gradient-check', 'run', 'experiment'],
  statistic:
    "The gradient check's verdict, tensor by tensor. In training: the slope of the batch's loss along the step, 4·(L(w) − L(w + Δ/2)) − (L(w) − L(w + Δ)), which has no second order, over what the gradient promises, −⟨g, Δ⟩. With --probe: whether one batch can be learnt, which makes the finding surer where it cannot.",
  threshold:
    'A failing check: differences three times beyond what rounding and truncation explain. In training: a ratio more than 0.3 from 1 in the median and in three of four steps, of at least five that are small enough (curvature takes less than 0.2 of the slope) and large enough (promised more than 20 roundings of the loss).',
  source: 'CS231n notes, Neural networks 3, gradient checks; Richardson 1911, extrapolation',
  judge(run) {
    if (run.check?.verdict === 'fail') return failed(run.check)
    return alongTheSteps(run)
  },
}

function failed({ points = [], words }: CheckEvent) {
  const tensors = new Map<string, number>()
  for (const { data } of points)
    for (const { name, verdict, worst } of data.tensors)
      if (verdict === 'fail') tensors.set(name, Math.max(tensors.get(name) ?? 0, worst ?? Number.NaN))
  const [worst] = [...tensors].sort((a, b) => b[1] - a[1])
  const names = [...tensors.keys()]
  const named =
    names.length === 0
      ? ''
      : ` in ${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`
  return {
    severity: 'error' as const,
    confidence: 0.98,
    ...(worst !== undefined && { where: worst[0] }),
    words: `The gradient check fails${named}${worst === undefined || !Number.isFinite(worst[1]) ? '' : `: a relative error of ${number(worst[1])} at worst`}.${words === undefined ? '' : ` ${words}`}`,
    evidence: {
      tensors: names.length,
      ...(worst !== undefined && Number.isFinite(worst[1]) && { relativeError: worst[1] }),
    },
    advice:
      'Mend the gradient before anything else: what is learnt with a wrong one says nothing of rates and nets. Tensors behind the first wrong one (towards the inputs) are wrong too: look at the operation next to the loss among those that fail.',
    basis: 'gradient-check' as const,
  }
}

function alongTheSteps(run: History) {
  const points = run.derive(descents)?.points.filter((point) => isTelling(run, point)) ?? []
  if (points.length < fewestSteps) return undefined
  const ratios = points.map(({ slope, predicted }) => slope / predicted)
  const middle = median(ratios)
  // Of a right gradient, steps of some size make one batch's loss smaller; that they do not proves nothing by itself.
  const batch = run.derive(batchTrial)
  const apart = ratios.filter((ratio) => Math.abs(ratio - 1) > mostApart && ratio > 1 === middle > 1)
  if (Math.abs(middle - 1) <= mostApart || apart.length < 0.75 * ratios.length) return undefined
  return {
    severity: 'error' as const,
    confidence: batch?.isStuck ? 0.97 : Math.min(0.95, 0.6 + 0.05 * points.length),
    words: `Along ${points.length} steps the batch's loss changed by ${number(middle)} times what its gradient promises (median).`,
    evidence: {
      slopeRatio: middle,
      steps: points.length,
      apart: apart.length,
      ...(batch && { batchStart: batch.start, batchEnd: batch.end }),
    },
    advice:
      'The steps are small enough for the two to agree: the gradient is not that of this loss. Run the gradient check (rappel check): it names the parameters; a function of your own with its own gradient, or a stopped gradient, is the usual place.',
    basis: batch?.isStuck ? ('experiment' as const) : ('run' as const),
  }
}

/** Small against the curvature, and large against the rounding of the loss. */
function isTelling(run: History, { step, predicted, decrease, slope }: DescentPoint): boolean {
  if (![predicted, decrease, slope].every(Number.isFinite) || predicted === 0) return false
  const at = run.lossSteps.indexOf(step)
  const loss = Math.abs(at >= 0 ? run.losses[at] : 1)
  const size = Math.max(Math.abs(predicted), Math.abs(slope))
  // slope − decrease is the second order as the losses themselves say.
  return size > 20 * rounding * loss && Math.abs(slope - decrease) < mostCurved * Math.abs(slope)
}
