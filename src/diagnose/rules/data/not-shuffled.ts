/** @file not-shuffled: examples come in an order that has to do with their targets. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { epochPattern } from '../../statistics/epoch-pattern.ts'

/** Of the batches' differences that are left without the trend, the share that the place in the epoch explains. */
const leastExplained = 0.35
/** Correlation of a place with the next: blocks of like examples. Batches that are the same in every epoch, but drawn at random, have none. */
const leastBlocks = 0.4
const fewestEpochs = 3

export const notShuffled: DiagnosisRule = {
  code: 'not-shuffled',
  basis: ['run'],
  statistic:
    'Batch losses, the trend of each epoch taken out: the share of their variance that their place in the epoch explains, and the correlation of a place with the next.',
  threshold:
    'A share above 0.35 and a correlation above 0.4 (both beyond chance), in three epochs or more. Rows that lie in order and are shuffled by the loop leave no pattern, and are none of its business; neither is a fixed order that was drawn at random.',
  source:
    'Bottou 2012, Stochastic gradient descent tricks, section 4.1 (shuffle the examples); analysis of variance, one factor; Bengio 2012, arXiv:1206.5533, section 3.3.3',
  judge(run) {
    const pattern = run.derive(epochPattern)
    if (pattern === undefined || pattern.epochs < fewestEpochs) return undefined
    const { explained, blocks, chance, places } = pattern
    if (explained < leastExplained || explained < 3 * chance) return undefined
    if (blocks < leastBlocks || blocks < 3 / Math.sqrt(places)) return undefined
    return {
      severity: 'warning',
      confidence: Math.min(0.95, 0.6 + 0.5 * (explained - leastExplained) + 0.3 * (blocks - leastBlocks)),
      words: `The losses repeat from epoch to epoch: ${(100 * explained).toFixed(0)}% of their variance is explained by the place in the epoch (${(100 * chance).toFixed(0)}% by chance), in blocks of like batches (correlation of neighbours ${number(blocks, 2)}).`,
      evidence: { explained, chance, blocks, stepsInEpoch: pattern.length, epochs: pattern.epochs },
      advice:
        'The examples come in an order, sorted by class or by time: each block pulls the net to itself, and the last one stays. Draw a new order for every epoch; from a stream, shuffle in a buffer of several times the length of a block.',
      basis: 'run',
    }
  },
}
