/** @file nan-in-inputs: a value that is no number goes into the training. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const nanInInputs: DiagnosisRule = {
  code: 'nan-in-inputs',
  basis: ['data', 'run'],
  statistic:
    'Inputs and targets that are NaN or infinite, counted before training; or the tensor that went first where a run diverged.',
  threshold: 'One: a single NaN makes the loss of its batch NaN, and with it every gradient and every parameter.',
  source: 'IEEE 754-2019, section 6.2: operations on a NaN give a NaN',
  judge(run) {
    const finding = checkedAs(run, 'nan-in-inputs')
    if (finding !== undefined) return judgedFrom(finding, { confidence: 1, severity: 'error' })
    const { outcome } = run
    if (outcome?.reason !== 'diverged' || (outcome.first !== 'input' && outcome.first !== 'target')) return undefined
    const what = outcome.first === 'input' ? 'inputs' : 'targets'
    return {
      severity: 'error',
      confidence: 1,
      where: outcome.first,
      words: `The ${what} of the batch of step ${run.step} hold a value that is NaN or infinite; nothing else had gone wrong before.`,
      evidence: { step: run.step },
      advice: `Look at where the ${what} are read: leave out rows that lack a value, or fill the gaps; a division by 0 or a logarithm of 0 on the way makes such values too.`,
      basis: 'run',
    }
  },
}
