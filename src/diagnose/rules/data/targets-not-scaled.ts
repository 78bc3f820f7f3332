/** @file targets-not-scaled: numbers to be predicted that are far from what a net gives. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const targetsNotScaled: DiagnosisRule = {
  code: 'targets-not-scaled',
  basis: ['data'],
  statistic: 'Root mean square and deviation of the targets.',
  threshold:
    'A root mean square above 10 or a deviation below 0.01: a net begins with outputs near 1, squared error has slopes as large as the targets, and a rate for targets of deviation 1 is then wrong by their square.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.5; CS231n notes, Neural networks 2, losses for regression',
  judge(run) {
    const finding = checkedAs(run, 'targets-not-scaled')
    if (finding === undefined) return undefined
    const { rootMeanSquare: size, deviation, least, greatest } = finding.evidence
    if (!(size > 0)) return judgedFrom(finding)
    // All on one side of 0 and far from it: what varies is small beside what does not.
    if (deviation > 0 && greatest - least < size) {
      const [offset, scale] = [Number(((least + greatest) / 2).toPrecision(4)), Number((1 / deviation).toPrecision(2))]
      return judgedFrom(finding, {
        advice: `${finding.words} With ${offset} taken off, then multiplied by ${scale}, their mean is near 0 and their deviation 1.`,
        suggestion: { what: 'targetScale', value: scale, offset, instead: 1 },
      })
    }
    const value = Number((1 / size).toPrecision(2))
    return judgedFrom(finding, {
      advice: `${finding.words} Multiplied by ${value} their root mean square is 1.`,
      suggestion: { what: 'targetScale', value, instead: 1 },
    })
  },
}
