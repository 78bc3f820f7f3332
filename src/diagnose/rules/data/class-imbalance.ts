/** @file class-imbalance: a class so rare that saying another always looks good. */
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, checkedNumber, judgedFrom } from '../../statistics/checked.ts'
import { parts } from '../../statistics/parts.ts'

/** Where the errors are so small a part of the rare examples' share, the rare ones are answered too. */
const mostMissed = 0.3
const fewestEpochs = 3

export const classImbalance: DiagnosisRule = {
  code: 'class-imbalance',
  basis: ['data', 'run'],
  statistic:
    "The most frequent class's examples over the rarest's, its share, and the validation errors over the share of all other classes.",
  threshold:
    'A factor of 20, or a share above 90%, before training. While it goes on it becomes information where the errors are less than 0.3 of the share of the others: these are then answered too.',
  source: 'Japkowicz and Stephen 2002, The class imbalance problem; Buda, Maki and Mazurowski 2018, arXiv:1710.05381',
  judge(run) {
    const finding = checkedAs(run, 'class-imbalance')
    if (finding === undefined) return undefined
    const judged = judgedFrom(finding)
    const error = errorOf(run)
    const others = 1 - (checkedNumber(run, 'targets', 'share') ?? Number.NaN)
    if (error === undefined || !(error < mostMissed * others)) return judged
    return {
      ...judged,
      severity: 'info',
      evidence: { ...judged.evidence, error },
      advice: `The net is wrong in ${(100 * error).toFixed(1)}% of all cases, less than the share of the rare ones: it tells them apart all the same. Look at each class by itself.`,
    }
  },
}

function errorOf(run: History): number | undefined {
  const both = run.derive(parts)
  if (both === undefined || both.points.length < fewestEpochs) return undefined
  const { validationAccuracy } = both.last
  return Number.isFinite(validationAccuracy) ? 1 - validationAccuracy : undefined
}
