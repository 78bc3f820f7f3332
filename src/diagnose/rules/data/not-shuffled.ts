/** @file not-shuffled: examples come in the same order in every epoch. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { epochPattern } from '../../statistics/epoch-pattern.ts'

/** Mean correlation of two epochs' batch losses. */
const leastRepeats = 0.3
const standardErrors = 6
const fewestEpochs = 2

export const notShuffled: DiagnosisRule = {
  code: 'not-shuffled',
  basis: ['run'],
  statistic:
    'Mean correlation between the epochs (the first left out) of the ranks of their batch losses, slope and bend over the epoch taken out.',
  threshold:
    'Above 0.3 and six standard errors. Epochs with an order of their own have about 0: hard examples are then in other batches each time. Rows that lie in order and are shuffled by the loop leave no pattern, and are none of its business.',
  source:
    'Bottou 2012, Stochastic gradient descent tricks, section 4.1 (shuffle the examples); Bengio 2012, arXiv:1206.5533, section 3.3.3; Fisher 1925, intraclass correlation; Spearman 1904, ranks',
  judge(run) {
    const pattern = run.derive(epochPattern)
    if (pattern === undefined || pattern.epochs < fewestEpochs) return undefined
    const { repeats, error, epochs, length } = pattern
    if (!(repeats > leastRepeats) || repeats < standardErrors * error) return undefined
    return {
      severity: 'warning',
      confidence: Math.min(0.97, 0.65 + 0.4 * repeats),
      words: `The losses repeat from epoch to epoch: the same batches come at the same places (mean correlation of ${epochs} epochs ${number(repeats, 2)}, where chance gives ${number(error, 1)}).`,
      evidence: { repeats, standardError: error, epochs, stepsInEpoch: length },
      advice:
        'The examples come in the same order each time. Where they are sorted, by class or by time, each block pulls the net to itself and the last one stays. Draw a new order for every epoch; from a stream, shuffle in a buffer of several times the length of a block.',
      basis: 'run',
    }
  },
}
