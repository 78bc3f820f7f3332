/** @file validation-preprocessing: the validation part was prepared in another way than the training part. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const validationPreprocessing: DiagnosisRule = {
  code: 'validation-preprocessing',
  basis: ['data'],
  statistic:
    "Kolmogorov and Smirnov's distance of every feature between the parts, before and after each part is standardised by itself; and how well near training rows predict validation rows, before and after a change (scale, inversion, turn, order of features or channels, units of the targets).",
  threshold:
    'At least 80% of the features differ and no longer do once each part is standardised; or a change takes back more than 70% of a drop in the predictions that is above 0.15 and four standard errors.',
  source:
    "Kolmogorov and Smirnov's test with Stephens' correction (1970); Cover and Hart 1967, nearest neighbour; CS231n notes, Neural networks 2, common pitfall of preprocessing",
  judge(run) {
    const finding = checkedAs(run, 'validation-preprocessing')
    return finding && finding.verdict !== 'pass' ? judgedFrom(finding) : undefined
  },
}
