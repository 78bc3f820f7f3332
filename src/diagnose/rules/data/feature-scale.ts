/** @file feature-scale: one feature is far larger than the others. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const featureScale: DiagnosisRule = {
  code: 'feature-scale',
  basis: ['data'],
  statistic: "The largest feature's root mean square over the median feature's, as the net gets them.",
  threshold:
    'A factor of 30: curvatures go with its square, so that a learning rate which is right for the largest is then 900 times too low for the others. Features of one unit (pixels) are compared as a whole instead.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.3 and eq. 24; CS231n notes, Neural networks 2, data preprocessing',
  judge(run) {
    const finding = checkedAs(run, 'feature-scale')
    return (
      finding &&
      judgedFrom(finding, {
        advice: `${finding.words} With standardise: 'feature' each is divided by its own deviation.`,
        suggestion: { what: 'standardise', value: 'feature' },
      })
    )
  },
}
