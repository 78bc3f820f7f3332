/** @file decay-scale: the update rule itself shrinks the weights, faster than the data can hold them. */
import { number } from '../../../check/words.ts'
import type { Suggestion } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { againstNeighbours } from '../../statistics/against-neighbours.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { shrinking } from '../../statistics/shrinking.ts'

const shrunk = 0.35
const collapsed = 0.03
const short = 0.75

export const decayScale: DiagnosisRule = {
  code: 'decay-scale',
  basis: ['run'],
  statistic:
    "In runs without a penalty in the objective: the weights' norms in units of their first ones, by what share a step makes them smaller, and how far the training loss has come.",
  threshold: `Weights below ${shrunk} of their first size (without decay they grow: a usual net ends at 1 to 1.5) in a run that is short of ${100 * short}% of the way on its own training data after a third of its steps. With the objective's penalty it is regularisation-too-strong.`,
  source:
    'Loshchilov and Hutter 2019, algorithm 2 (the decay is multiplied by the schedule, not by the gradient) and appendix B.1; Wang and Aitchison 2024 (weights remember 1/decay steps, which should be epochs)',
  judge(run) {
    if (run.start === undefined || run.start.penalty !== undefined || run.start.constraint !== undefined)
      return undefined
    const [learnt, curve, weights] = [run.derive(learning), run.derive(lossCurve), run.derive(shrinking)]
    if (learnt === undefined || curve === undefined || weights === undefined) return undefined
    if (!Number.isFinite(curve.progress) || weights.left >= shrunk) return undefined
    if (learnt.done < 1 / 3) return { tooEarly: Math.ceil((run.totalSteps ?? 0) / 3) }
    if (curve.progress >= short) return undefined
    if (run.derive(againstNeighbours)?.isBehind === false && weights.left > collapsed) return undefined
    const memory = 1 / weights.perStep
    return {
      severity: 'warning',
      confidence: 0.88,
      words: `The weights have shrunk to ${number(100 * weights.left, 2)}% of their first size, by about ${number(100 * weights.perStep, 2)}% a step, though the objective has no penalty: the update rule's decay is too large, and the loss stays at ${number(curve.late.mean)}.`,
      evidence: {
        left: weights.left,
        perStep: weights.perStep,
        memory,
        loss: curve.late.mean,
        reached: curve.progress,
      },
      ...remedy(run, weights.perStep),
      basis: 'run',
    }
  },
}

/** Weights should remember as many steps as the run has. */
function remedy(run: History, perStep: number): { readonly advice: string; readonly suggestion?: Suggestion } {
  const wanted = 1 / Math.max(run.totalSteps ?? 0, 1000)
  const factor = Math.min(0.1, wanted / perStep)
  const [name, value] =
    Object.entries(run.start?.rule?.hyper ?? {}).find(([key]) => /decay|shrink|l2|lambda/i.test(key)) ?? []
  const per =
    'The decay of a step is the learning rate times a small number (1e-4 to 1e-2), in place of that number itself or of one times the batch size.'
  if (name === undefined || value === undefined || !(value > 0))
    return { advice: `Take about ${number(factor, 1)} times this decay. ${per}` }
  const suggested = Number((value * factor).toPrecision(1))
  return {
    advice: `Take a ${name} of about ${number(suggested)} instead of ${number(value)}. ${per}`,
    suggestion: { what: 'penalty', value: suggested, instead: value },
  }
}
