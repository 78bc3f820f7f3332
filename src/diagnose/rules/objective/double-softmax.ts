/** @file double-softmax: the net gives probabilities to a loss that makes them itself. */
import { isTrouble } from '../../../check/sanity/report.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'

const squashing = ['Softmax', 'Sigmoid', 'HardSigmoid']
/** What rounding leaves of a mean of probabilities that add up to 1. */
const rounding = 1e-4
const enough = 3

export const doubleSoftmax: DiagnosisRule = {
  code: 'double-softmax',
  basis: ['graph', 'data', 'run'],
  statistic:
    "The operator that gives the scores, beside the loss; what the check of the loss before the start says; the last layer's outputs at every measurement.",
  threshold:
    'A softmax or sigmoid in front of a loss that takes scores (softmaxCrossEntropy, softCrossEntropy, binaryCrossEntropy); or outputs of at least two classes in [0, 1] whose mean is one over their number, each time. Two logarithms of a softmax are the same as one, and harmless.',
  source:
    "PyTorch documentation of CrossEntropyLoss ('unnormalized logits'); CS231n notes, 'Linear classification: softmax'",
  judge(run) {
    const { start, check } = run
    const checked = check?.sanity?.findings.find((finding) => finding.code === 'double-softmax' && isTrouble(finding))
    const takesScores = /^(softmaxCrossEntropy|softCrossEntropy|binaryCrossEntropy)/.test(start?.loss ?? '')
    const output = start?.graph?.output
    const squashes = takesScores && output !== undefined && squashing.includes(output)
    if (squashes || checked !== undefined)
      return judgement(
        squashes ? `the net's last operator is ${output}` : (checked?.got ?? ''),
        squashes ? 'graph' : 'data',
        { squashes: Number(squashes), checked: Number(checked !== undefined) },
      )
    const mean = takesScores && !start?.loss.startsWith('binary') ? meanOfProbabilities(run) : undefined
    return mean === undefined
      ? undefined
      : judgement('what it gives lies between 0 and 1 and adds up to 1', 'run', { mean })
  },
}

function meanOfProbabilities(run: History): number | undefined {
  const classes = run.start?.data.classes?.length ?? 0
  const last = run.distributionNames.filter((name) => name.startsWith('activation/')).at(-1)
  if (classes < 2 || last === undefined) return undefined
  const seen = run.distributions(last).map(({ distribution }) => distribution)
  const isOne = seen.every(({ mean, min, max }) => min >= 0 && max <= 1 && Math.abs(mean * classes - 1) < rounding)
  return isOne && seen.length >= enough ? 1 / classes : undefined
}

const judgement = (got: string, basis: Judgement['basis'], evidence: Judgement['evidence']): Judgement => ({
  severity: 'warning',
  confidence: 0.96,
  words: `The loss makes probabilities of scores, and the net gives it probabilities already (${got}).`,
  evidence,
  advice:
    'Take the softmax or sigmoid layer out of the net. Squashed twice, the loss cannot come near 0 and its slopes are small; who needs probabilities takes them from the finished model.',
  basis,
})
