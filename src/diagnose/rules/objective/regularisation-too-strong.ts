/** @file regularisation-too-strong: the penalty has the say, and the data do not. */
import { isTrouble } from '../../../check/sanity/report.ts'
import { number } from '../../../check/words.ts'
import type { Judgement, Suggestion } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule, TooEarly } from '../../rule.ts'
import { againstNeighbours } from '../../statistics/against-neighbours.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'
import { late } from '../../statistics/series.ts'
import { shrinking } from '../../statistics/shrinking.ts'

/** Weights' norms in units of the first ones. */
const shrunk = 0.35
const collapsed = 0.03
/** Share of the way from chance to no loss at all; and where a vote of neighbours shows that more can be reached. */
const short = 0.65
const shortOfVote = 0.9
/** Of the norm that all units at their bound would have together. */
const atBound = 0.95
/** Of the penalty's gradient in units of the data's at the first values: what leaves the data the say. */
const modest = 0.1

export const regularisationTooStrong: DiagnosisRule = {
  code: 'regularisation-too-strong',
  basis: ['graph', 'run'],
  statistic:
    "The penalty's gradient beside the data's before the first step; later the weights' norms in units of their first ones, the penalty beside the loss, and how far the training loss has come.",
  threshold: `Ten times the data's at the start; or a run with a penalty that is short of ${100 * short}% of the way on its own training data after a third of its steps, with weights below ${shrunk} of their first size or a penalty above the loss (${100 * shortOfVote}% where a vote of neighbours does clearly better). Under max-norm: the same, with weights at ${100 * atBound}% of the bound in the median. A strong penalty with which the training data are learnt is a choice, and so is one with which the net is as good as a vote of neighbours: labels are noisy then.`,
  source: 'Krogh and Hertz 1992; Goodfellow, Bengio and Courville 2016, section 7.1.1',
  judge(run) {
    if (run.start?.penalty === undefined) return run.start?.constraint === undefined ? undefined : byConstraint(run)
    const checked = run.check?.sanity?.findings.find(
      (finding) => finding.code === 'regularisation-too-strong' && isTrouble(finding),
    )
    if (checked !== undefined) return atStart(run, checked.evidence)
    const [learnt, curve, weights] = [run.derive(learning), run.derive(lossCurve), run.derive(shrinking)]
    if (learnt === undefined || curve === undefined || !Number.isFinite(curve.progress)) return undefined
    if (learnt.done < 1 / 3) return { tooEarly: Math.ceil((run.totalSteps ?? 0) / 3) }
    const penalty = median(late(run.series('objective/penalty')))
    const swamps = penalty > curve.late.mean
    const isBehind = run.derive(againstNeighbours)?.isBehind
    if (curve.progress >= (isBehind ? shortOfVote : short) || !((weights?.left ?? 1) < shrunk || swamps))
      return undefined
    // With noisy labels a strong penalty is right, and the training loss far from 0.
    if (isBehind === false && (weights?.left ?? 1) > collapsed) return undefined
    return inRun(run, { reached: curve.progress, penalty, loss: curve.late.mean, left: weights?.left ?? Number.NaN })
  },
}

function atStart(run: History, evidence: Readonly<Record<string, number>>): Judgement {
  return {
    severity: 'warning',
    confidence: 0.92,
    words: `The penalty ${run.start?.penalty} has the say from the first step on: its gradient is ${number(evidence.ratio, 2)} times that of the data.`,
    evidence,
    ...remedy(run, evidence.ratio),
    basis: 'graph',
  }
}

function inRun(
  run: History,
  evidence: { readonly reached: number; readonly penalty: number; readonly loss: number; readonly left: number },
): Judgement {
  const ratio = run.check?.sanity?.findings.find(({ check }) => check === 'penalty')?.evidence.ratio
  const { left, penalty, loss } = evidence
  return {
    severity: 'warning',
    confidence: 0.85,
    words: `The penalty ${run.start?.penalty} keeps the net from its training data: ${left < shrunk ? `the weights have shrunk to ${number(100 * left, 2)}% of their first size` : `it is ${number(penalty)}`} and the loss stays at ${number(loss)}.`,
    evidence,
    ...remedy(run, ratio ?? 3),
    basis: 'run',
  }
}

/** A bound on the norm of each unit's weights, at which nearly all of them stand, and more was to be learnt. */
function byConstraint(run: History): Judgement | TooEarly | undefined {
  const most = Number(/^maxNorm\(([\d.e+-]+)\)$/.exec(run.start?.constraint ?? '')?.[1])
  const [learnt, curve] = [run.derive(learning), run.derive(lossCurve)]
  if (!(most > 0) || learnt === undefined || curve === undefined || !Number.isFinite(curve.progress)) return undefined
  if (learnt.done < 1 / 3) return { tooEarly: Math.ceil((run.totalSteps ?? 0) / 3) }
  const isBehind = run.derive(againstNeighbours)?.isBehind
  if (curve.progress >= (isBehind ? shortOfVote : short) || isBehind === false) return undefined
  const shares = (run.start?.parameters ?? []).flatMap(({ name, fanIn, initial }) => {
    const norm = median(late(run.series(`norm:weight/${name}`)))
    return fanIn !== undefined && initial?.units !== undefined && norm > 0
      ? [norm / (most * Math.sqrt(initial.units))]
      : []
  })
  if (shares.length === 0 || median(shares) < atBound) return undefined
  return {
    severity: 'warning',
    confidence: 0.8,
    words: `The bound ${run.start?.constraint} keeps the net from its training data: the weights stand at ${number(100 * median(shares), 3)}% of what it allows, and the loss stays at ${number(curve.late.mean)}.`,
    evidence: { reached: curve.progress, loss: curve.late.mean, atBound: median(shares), most },
    advice:
      'Take a bound some ten times as large (3 or 4 are usual), so that only weights that run away meet it; then look at the validation loss.',
    basis: 'run',
  }
}

/** @param ratio the penalty's gradient in units of the data's */
function remedy(run: History, ratio: number): { readonly advice: string; readonly suggestion?: Suggestion } {
  const strength = Number(/\(([\d.e+-]+)\)/.exec(run.start?.penalty ?? '')?.[1])
  const factor = Math.min(0.1, modest / ratio)
  if (!(strength > 0))
    return {
      advice: `Take about ${number(factor, 1)} times this strength, so that the data have the say; then look at the validation loss.`,
    }
  const value = Number((strength * factor).toPrecision(1))
  return {
    advice: `Take a strength of about ${number(value)}, ${number(factor, 1)} times this one, so that the data have the say; then look at the validation loss.`,
    suggestion: { what: 'penalty', value, instead: strength },
  }
}
