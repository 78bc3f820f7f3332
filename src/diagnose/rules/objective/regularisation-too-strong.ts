/** @file regularisation-too-strong: the penalty has the say, and the data do not. */
import { isTrouble } from '../../../check/sanity/report.ts'
import { number } from '../../../check/words.ts'
import type { Judgement, Suggestion } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { againstNeighbours } from '../../statistics/against-neighbours.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'
import { late } from '../../statistics/series.ts'
import { shrinking } from '../../statistics/shrinking.ts'

/** Weights' norms in units of the first ones. */
const shrunk = 0.35
const collapsed = 0.03
/** Share of the way from chance to no loss at all. */
const short = 0.65
/** Of the penalty's gradient in units of the data's at the first values: what leaves the data the say. */
const modest = 0.1

export const regularisationTooStrong: DiagnosisRule = {
  code: 'regularisation-too-strong',
  basis: ['graph', 'run'],
  statistic:
    "The penalty's gradient beside the data's before the first step; later the weights' norms in units of their first ones, the penalty beside the loss, and how far the training loss has come.",
  threshold: `Ten times the data's at the start; or a run with a penalty that is short of ${100 * short}% of the way on its own training data after a third of its steps, with weights below ${shrunk} of their first size or a penalty above the loss. A strong penalty with which the training data are learnt is a choice, and so is one with which the net is as good as a vote of neighbours: labels are noisy then.`,
  source: 'Krogh and Hertz 1992; Goodfellow, Bengio and Courville 2016, section 7.1.1',
  judge(run) {
    if (run.start?.penalty === undefined) return undefined
    const checked = run.check?.sanity?.findings.find(
      (finding) => finding.code === 'regularisation-too-strong' && isTrouble(finding),
    )
    if (checked !== undefined) return atStart(run, checked.evidence)
    const [learnt, curve, weights] = [run.derive(learning), run.derive(lossCurve), run.derive(shrinking)]
    if (learnt === undefined || curve === undefined || !Number.isFinite(curve.progress)) return undefined
    if (learnt.done < 1 / 3) return { tooEarly: Math.ceil((run.totalSteps ?? 0) / 3) }
    const penalty = median(late(run.series('objective/penalty')))
    const swamps = penalty > curve.late.mean
    if (curve.progress >= short || !((weights?.left ?? 1) < shrunk || swamps)) return undefined
    // With noisy labels a strong penalty is right, and the training loss far from 0.
    if (run.derive(againstNeighbours)?.isBehind === false && (weights?.left ?? 1) > collapsed) return undefined
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
