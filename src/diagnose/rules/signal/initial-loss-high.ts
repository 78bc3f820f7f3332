/** @file initial-loss-high: the net begins sure of what it does not know. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { firstLoss, highFirstLoss } from '../../statistics/first-loss.ts'
import { usualDeviation } from '../../statistics/usual-deviation.ts'

export const initialLossHigh: DiagnosisRule = {
  code: 'initial-loss-high',
  basis: ['graph', 'run'],
  statistic:
    'The loss before anything is learnt, over eight draws of the first values where the check before the start made them, in units of the loss of equal scores.',
  threshold:
    "4 times; 10 times for squared distances. He's weights give 1.3 to 1.5 times, twice for squares. Targets that are far away make a loss high too: that is targets-not-scaled.",
  source:
    "CS231n notes, 'Neural networks part 3: sanity checks'; Karpathy 2019, 'A recipe for training neural networks'",
  judge(run) {
    const checked = run.check?.sanity?.findings.find(({ check, verdict }) => check === 'loss' && verdict !== 'skipped')
    const high = checked?.code === 'initial-loss-high'
    const loss = firstLoss(run)
    if (loss === undefined || !(checked === undefined ? loss.times >= highFirstLoss(run) : high)) return undefined
    // The last weight of a product: what gives the scores.
    const last = run.start?.parameters.findLast(({ fanIn }) => fanIn !== undefined)
    // Scores of deviation 1 or so, of hidden values of that size: the net begins unsure, and its gradients reach the layers before.
    const unsure = last?.fanIn && Number(usualDeviation(run, { fanIn: last.fanIn, isLast: true }).toPrecision(2))
    return {
      severity: 'warning',
      confidence: high ? 0.9 : 0.75,
      words: `The loss begins at ${number(loss.value)}, ${number(loss.times, 2)} times what equal scores give: the first scores are far too large.`,
      evidence: { firstLoss: loss.value, timesChance: loss.times },
      advice: `Take smaller first values for the last layer (${unsure ? `a deviation of ${unsure} for its weights, 1/√fan-in` : 'init.leCun() for its weights'}, zeros for its biases), so that the net begins unsure; its first steps are then spent on learning.`,
      ...(unsure && {
        where: last?.name,
        suggestion: { what: 'outputDeviation' as const, value: unsure, instead: last?.initial?.deviation },
      }),
      basis: loss.basis,
    }
  },
}
