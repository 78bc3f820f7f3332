/** @file diverged: the loss is out of bounds. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { divergence } from '../../statistics/divergence.ts'
import { highestRate } from '../../statistics/rates.ts'

export const diverged: DiagnosisRule = {
  code: 'diverged',
  basis: ['run'],
  statistic:
    'Losses and parameters that are not finite; the median of the last quarter of the losses over the first loss.',
  threshold:
    'Not finite at all, or a hundred times what the loss was at the start: that is beyond any loss at chance, and no run comes back from there.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6: above twice the best rate gradient descent diverges',
  judge(run) {
    const found = run.derive(divergence)
    if (found === undefined) return undefined
    const rate = highestRate(run)
    return {
      severity: 'error',
      confidence: found.kind === 'exploded' ? 0.85 : 0.97,
      ...(found.first !== undefined && { where: found.first }),
      words: found.words,
      evidence: { step: found.step, factor: found.factor, ...(rate !== undefined && { learningRate: rate }) },
      advice: `Go back to before step ${found.step}. Look for values that are NaN or extreme in the inputs and targets of that batch; where there are none, try ${
        rate === undefined ? 'a tenth of the learning rate' : `the learning rate ${number(rate / 10, 2)}, a tenth`
      }, or clip the gradient's norm.`,
      ...(rate !== undefined && {
        suggestion: { what: 'learningRate' as const, value: Number((rate / 10).toPrecision(2)), instead: rate },
      }),
      basis: 'run',
    }
  },
}
