/** @file inputs-not-normalised: all inputs are far too large, far too small, or far from 0. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

/** Means of so many deviations are mended by taking them off, not by a factor. */
const farFromZero = 10

export const inputsNotNormalised: DiagnosisRule = {
  code: 'inputs-not-normalised',
  basis: ['data'],
  statistic:
    'Root mean square of the inputs as the net gets them, and the median of the features’ means in units of their deviations.',
  threshold:
    'A root mean square below 0.05 or above 5, or means of more than 10 deviations: first values are drawn for inputs near 1, and the slope of the loss along the weights goes with the inputs, its curvature with their square. Grey values from 0 to 1 (about 0.3) train as they are.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.3; He et al. 2015, eq. 10; CS231n notes, Neural networks 2, data preprocessing',
  judge(run) {
    const finding = checkedAs(run, 'inputs-not-normalised')
    if (finding === undefined) return undefined
    const { rootMeanSquare: size, meanInDeviations: away } = finding.evidence
    const value = Number((1 / size).toPrecision(2))
    if (!(size > 0)) return judgedFrom(finding)
    if (away > farFromZero)
      return judgedFrom(finding, {
        advice: `${finding.words} With standardise: 'feature' the means are taken off, and each is divided by its own deviation.`,
        suggestion: { what: 'standardise', value: 'feature' },
      })
    return judgedFrom(finding, {
      advice: `${finding.words} Multiplied by ${value} their root mean square is 1.`,
      suggestion: { what: 'inputScale', value, instead: 1 },
    })
  },
}
