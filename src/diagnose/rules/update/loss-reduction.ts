/** @file loss-reduction: a sum where a mean is meant, or the other way round. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { troubleFrom } from '../../statistics/checked.ts'
import { epochCurve, lossCurve } from '../../statistics/loss-curve.ts'

export const lossReduction: DiagnosisRule = {
  code: 'loss-reduction',
  basis: ['graph', 'run'],
  statistic:
    'Before training: the loss against its formula. In the run: the loss over what its share of right answers implies, (1 − accuracy) · ln C, at the start and at the end.',
  threshold:
    'A factor of the formula, to rounding. In a run: the loss is the batch size (or its inverse) times what guessing gives, within a half, at the start; and as far off in the end, when most answers are right.',
  source:
    'Karpathy 2019, A recipe for training neural networks (verify the loss at init: −ln(1/C)); Goyal et al. 2017, section 2.3 (scaling the loss scales the rate)',
  judge(run) {
    return troubleFrom(run, 'loss-reduction', { severity: 'error', basis: 'graph' }) ?? byAccuracy(run)
  },
}

/** Losses whose size is out of proportion to the share of right answers, by one factor throughout. */
function byAccuracy(run: History): Judgement | undefined {
  const curve = run.derive(lossCurve)
  const checked = run.check?.sanity?.findings.some(({ check, verdict }) => check === 'loss' && verdict === 'pass')
  if (curve === undefined || checked || beginsLoud(run)) return undefined
  // The validation part's, where there is one: a loss that is learnt by heart is small whatever its factor.
  const part = epochCurve(run, 'validation/accuracy').values.length > 0 ? 'validation' : 'training'
  const accuracy = epochCurve(run, `${part}/accuracy`)
  const losses = epochCurve(run, `${part}/loss`)
  const [first, last] = [accuracy.values[0], accuracy.values.at(-1)]
  const end = losses.values.at(-1)
  const classes = run.start?.data.classes?.length ?? guessedClasses(accuracy.values)
  if (first === undefined || last === undefined || end === undefined || classes === undefined) return undefined
  const chance = Math.log(classes)
  const begin = curve.initial / chance
  // At an accuracy a the loss is about (1 − a)·ln C, by a factor of three at most while a is not near 1.
  const later = end / ((1 - Math.min(last, 0.99)) * chance)
  const { batchSize } = run.start ?? {}
  const names = [batchSize, batchSize === undefined ? undefined : 1 / batchSize, classes, 1 / classes]
  const named = names.some((factor) => factor !== undefined && Math.abs(Math.log(begin / factor)) < Math.log(1.5))
  const isOff = (factor: number) => factor > 8 || factor < 1 / 8
  const alike = Math.abs(Math.log(begin / later)) < Math.log(4)
  if (!(isOff(begin) && isOff(later) && alike && last > 2 / classes && (named || run.start === undefined)))
    return undefined
  return {
    severity: 'warning',
    confidence: named ? 0.75 : 0.6,
    words: `The loss begins at ${number(curve.initial)} where guessing among ${classes} classes gives ${number(chance)}, ${number(begin, 2)} times as much, and is as far off in the end, with ${number(100 * last, 2)}% right answers.`,
    evidence: { loss: curve.initial, chance, factor: begin, factorAtEnd: later, accuracy: last },
    advice:
      'Take the mean over the batch, not the sum, and of an example its own loss: a factor of the loss is a factor of every step.',
    basis: 'run',
  }
}

/** First values several times as large as they should be make the first loss large as well. */
function beginsLoud({ start }: History): boolean {
  return (start?.parameters ?? []).some(
    ({ fanIn, initial }) => fanIn !== undefined && initial !== undefined && initial.deviation > 2.5 / Math.sqrt(fanIn),
  )
}

/** Of a foreign run: what the first share of right answers looks like, where it is near a guess. */
function guessedClasses(accuracies: readonly number[]): number | undefined {
  const first = accuracies[0]
  if (!(first > 0.005 && first < 0.55)) return undefined
  return Math.max(2, Math.round(1 / first))
}
