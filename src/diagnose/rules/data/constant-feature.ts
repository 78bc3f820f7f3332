/** @file constant-feature: inputs that are the same in every row. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const constantFeature: DiagnosisRule = {
  code: 'constant-feature',
  basis: ['data'],
  statistic: 'Features whose least and greatest value over the training rows are equal.',
  threshold:
    'One of a table of fewer than 50 columns is worth a warning, all of them are an error. In images, in wide tables (fewer than half of the columns) and in what was only read in part they are usual: information.',
  source: 'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.3: a constant input only adds to the bias',
  judge(run) {
    const finding = checkedAs(run, 'constant-feature')
    return finding && judgedFrom(finding)
  },
}
