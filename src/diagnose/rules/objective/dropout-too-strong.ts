/** @file dropout-too-strong: so much is dropped that what is left cannot learn. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { againstNeighbours } from '../../statistics/against-neighbours.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'

/** Srivastava et al. 2014, section A.4: 0.2 to 0.5 is usual, and wider layers bear more. */
const strong = 0.6
/** What passes all dropout layers one after the other. */
const leftOver = 0.2
/** Of the way from chance to no loss, of the net as it is used. */
const short = 0.7
/** Loss in training over the loss of the same rows without dropout. */
const apart = 1.15
/** Of the way from chance: so little says that the net gives the same answer to all. */
const nothing = 0.15

export const dropoutTooStrong: DiagnosisRule = {
  code: 'dropout-too-strong',
  basis: ['run'],
  statistic:
    'The rates of the dropout layers; the loss of the same training rows without dropout and with it, and how far the one without has come from chance, in the second half of the run.',
  threshold: `A rate of ${strong} or more, or less than ${leftOver} that passes all of them, where the net without dropout is short of ${100 * short}% of the way on its own training data after a third of its steps, and dropout makes the loss ${apart} times as high; or where it is short of ${100 * nothing}%, and a vote of neighbours does clearly better. A high rate with which the training data are learnt is healthy.`,
  source: 'Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, section 7.3 and appendix A.4',
  judge(run) {
    const layers = (run.start?.layers ?? []).filter(({ kind }) => kind === 'dropout')
    const rates = layers.map(({ options }) => Number(options?.rate ?? 0))
    const kept = rates.reduce((product, rate) => product * (1 - rate), 1)
    const highest = Math.max(0, ...rates)
    if (highest < strong && kept >= leftOver) return undefined
    const learnt = run.derive(learning)
    if (learnt === undefined) return undefined
    if (learnt.done < 1 / 3) return { tooEarly: Math.ceil((run.totalSteps ?? 0) / 3) }
    const losses = lossesOf(run)
    const chance = run.derive(lossCurve)?.chance
    if (losses === undefined || chance === undefined) return undefined
    const reached = 1 - losses.without / chance
    // So little may be left that the net answers with the mean, which dropout does not change; the neighbours show that there was more to say.
    const answersMean = reached < nothing && run.derive(againstNeighbours)?.isBehind === true
    if (!(reached < short) || !(losses.with > apart * losses.without || answersMean)) return undefined
    const layer = layers[rates.indexOf(highest)]
    const rate = Math.min(0.5, 1 - Math.sqrt(1 - highest))
    return {
      severity: 'warning',
      confidence: answersMean ? 0.75 : 0.85,
      where: layer.name,
      words: `${layer.name} drops ${number(100 * highest, 2)}% of its inputs: on the same training rows the loss is ${number(losses.with)} with dropout and ${number(losses.without)} without, ${number(chance)} being chance. The net does not fit what it is trained on.`,
      evidence: { rate: highest, kept, withDropout: losses.with, withoutDropout: losses.without, reached },
      advice: `Take a rate of about ${number(rate, 1)}, or a layer that is ${number(1 / (1 - highest), 2)} times as wide: what is left of it in each step must be able to learn.`,
      suggestion: { what: 'dropout', value: Number(rate.toPrecision(1)), instead: highest },
      basis: 'run',
    }
  },
}

function lossesOf(run: History): { readonly with: number; readonly without: number } | undefined {
  const without = run.series('evaluated/training/loss')?.values ?? []
  const trained = run.series('evaluated/training/lossInTraining')?.values ?? []
  if (without.length < 2 || trained.length < 2) return undefined
  const half = Math.floor(without.length / 2)
  return { with: median(trained.slice(half)), without: median(without.slice(half)) }
}
