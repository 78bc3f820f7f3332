/** @file label-noise: part of the labels are wrong. */
import { wilsonInterval } from '../../../base/statistics.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline, checkedAs, judgedFrom } from '../../statistics/checked.ts'
import { parts } from '../../statistics/parts.ts'

/** The share of surprising examples that is spoken of; a calibrated net is this sure of a wrong answer in a tenth of such cases at most. */
const leastShare = 0.08
/** Of all errors, how many are made with confidence. Where classes overlap most are made in doubt. */
const mostlySure = 0.7
/** A loss of the median example of which one may say that the usual example is well fit: p = 0.7. */
const wellFit = -Math.log(0.7)

export const labelNoise: DiagnosisRule = {
  code: 'label-noise',
  basis: ['data', 'run'],
  statistic:
    'Before training: of the quarter of the rows whose 15 nearest neighbours agree most, the share whose own label is another. In training, where there are no distances: the share of training examples whose label gets less than 0.1 while the median example gets more than 0.7, when the validation loss is lowest.',
  threshold:
    "A share of 0.08 (Wilson interval above 0.04) that is at least 0.62 of the vote's errors everywhere: where classes overlap, errors gather where neighbours disagree, wrong labels are everywhere alike.",
  source:
    'Northcutt, Jiang and Chuang 2021, Confident learning, arXiv:1911.00068; Wilson 1972, edited nearest neighbours; Arpit et al. 2017, arXiv:1706.05394 (what is general is learnt before what is wrong)',
  judge(run) {
    const finding = checkedAs(run, 'label-noise')
    if (finding !== undefined) return judgedFrom(finding)
    return surprising(run)
  },
}

function surprising(run: History) {
  // Neighbours that are good at predicting each other would have shown it.
  const known = run.derive(baseline)
  if (known !== undefined && known.right - known.guess > 0.5 * (1 - known.guess)) return undefined
  const both = run.derive(parts)
  const shares = run.series('surprising/training')
  if (both === undefined || shares === undefined || (run.start?.data.classes?.length ?? 0) < 3) return undefined
  const { step, trainingAccuracy } = both.best
  const i = shares.steps.findLastIndex((at) => at > 0 && at <= step + 1)
  const seen = run.distributions('exampleLoss/training').findLast((one) => one.step <= step + 1)
  if (i < 0 || seen === undefined || both.points.length < 3) return undefined
  const share = shares.values[i]
  const rows = seen.distribution.count
  const [low] = wilsonInterval(Math.round(share * rows), rows)
  const middle = seen.distribution.quantiles[5]
  if (share < leastShare || low < leastShare / 2 || !(middle < wellFit)) return undefined
  if (!(share > mostlySure * (1 - trainingAccuracy))) return undefined
  return {
    severity: 'warning' as const,
    confidence: 0.65,
    words: `After ${Math.round(both.best.epoch)} epochs, when the validation loss was lowest, the net gave the label of ${(100 * share).toFixed(1)}% of the training examples less than 0.1, though the median example got ${Math.exp(-middle).toFixed(2)}.`,
    evidence: { share, low, medianLoss: middle, trainingAccuracy, step: shares.steps[i] },
    advice: `About ${(100 * share).toFixed(0)}% of the labels contradict the rest. Look at the training examples with the largest loss: which label is right? Correct them or leave them out; stopping early, label smoothing and a penalty keep the net from learning them by heart.`,
    basis: 'run' as const,
  }
}
