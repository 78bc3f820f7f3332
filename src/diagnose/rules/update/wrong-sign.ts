/** @file wrong-sign: the updates, or the loss itself, are turned round. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { troubleFrom } from '../../statistics/checked.ts'
import { type Descent, descents } from '../../statistics/descent.ts'
import { epochCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { quantile } from '../../statistics/numbers.ts'
import { batchTrial, rateTrial } from '../../statistics/trials.ts'

/** Of the cosine between a first update and downhill: of adaptive rules it is −0.6 or so. */
const straightUp = -0.3
/** Of the loss before: what stands out of rounding. */
const leastRise = 1e-4
/** By what the rise may grow where the rate grows three times. */
const inProportion = { least: 2, most: 5 }

export const wrongSign: DiagnosisRule = {
  code: 'wrong-sign',
  basis: ['graph', 'run', 'gradient-check', 'experiment'],
  statistic:
    'Before training: the loss against its formula. In the run: the angle between update and gradient, −⟨g, Δ⟩/(‖g‖‖Δ‖); a loss that falls far below 0 while no more answers are right than by guessing. With --probe: what the loss does at the lowest of the rates that are tried, on other batches and on one that is repeated.',
  threshold:
    'An angle of more than 90° in three quarters of the first watched steps, or straight up (cosine −0.3) in the first step and uphill ever since: whatever a rule does, on average it has to go down (Armijo); momentum goes uphill for a while, never from the start. In the trials: a loss that rises in proportion to the rate where steps are smallest, and on a batch that is repeated; a rate that is too high makes it rise as its square or faster.',
  source:
    'Nocedal and Wright 2006, Numerical Optimization, section 3.1 (descent directions); the sanity check of the loss',
  judge(run) {
    return (
      troubleFrom(run, 'wrong-sign', { severity: 'error', basis: 'graph' }) ??
      uphill(run) ??
      maximised(run) ??
      atEveryRate(run)
    )
  },
}

function uphill(run: History): Judgement | undefined {
  const seen = run.derive(descents)
  if (seen === undefined || seen.points.length === 0) return undefined
  const { early } = seen
  // In the first step no velocity can be to blame: straight up is enough.
  const [begin] = seen.points
  if (begin.step === 0 && begin.alignment < straightUp && early.uphill === 1) return judgement(early)
  if (seen.points.length < 4) return undefined
  // Three quarters of them, by a clear angle.
  const angle = quantile(
    seen.points.slice(0, early.count).map((p) => p.alignment),
    0.75,
  )
  if (!(begin.alignment < -0.02 && early.uphill >= 0.75 && angle < -0.02)) return undefined
  return judgement(early)
}

function judgement(early: Descent): Judgement {
  return {
    severity: 'error',
    confidence: 0.95,
    words: `The updates go up the slope of the loss: the cosine between update and downhill is ${number(early.alignment, 2)}.`,
    evidence: { alignment: early.alignment, uphill: early.uphill },
    advice: 'Turn the sign of the step round in the update rule: a parameter becomes x − rate · gradient.',
    basis: 'run',
  }
}

/** A negative log-likelihood without its minus: the loss falls below 0 without end, and the answers are no better than guessing. */
function maximised(run: History): Judgement | undefined {
  const curve = run.derive(lossCurve)
  const classes = run.start?.data.classes?.length ?? 0
  const accuracy = epochCurve(run, 'training/accuracy').values
  const last = accuracy[accuracy.length - 1]
  if (curve === undefined || classes < 2 || last === undefined) return undefined
  const guess = 1 / classes
  const size = Math.max(Math.abs(curve.initial), Math.log(classes))
  const falls = curve.late.mean < -size && curve.late.mean < curve.windows[0].mean
  if (!(falls && last < 1.5 * guess)) return undefined
  return {
    severity: 'error',
    confidence: 0.9,
    words: `The loss is ${number(curve.late.mean)}, below anything that it could be, and ${number(100 * last, 2)}% of the answers are right, where guessing gives ${number(100 * guess, 2)}%.`,
    evidence: { loss: curve.late.mean, accuracy: last, guess },
    advice: 'The loss is turned round: a cross-entropy is minus the logarithm of the probability of the right answer.',
    basis: 'run',
  }
}

/** Steps of any size make the loss worse, the smallest in proportion to their size, also that of the one batch from which they come. */
function atEveryRate(run: History): Judgement | undefined {
  const [rates, batch] = [run.derive(rateTrial), run.derive(batchTrial)]
  // Whoever watched the steps knows better.
  if (rates === undefined || batch === undefined || run.derive(descents) !== undefined) return undefined
  const { untrained, ends, steps } = rates
  const [first, second] = ends.map(({ end }) => end - untrained)
  const grows = (second / first) * (3 / (ends[1].factor / ends[0].factor))
  const size = Math.abs(untrained)
  if (!(first > leastRise * size && grows > inProportion.least && grows < inProportion.most)) return undefined
  if (!ends.every(({ end }) => end > untrained) || !(batch.end > batch.start * (1 + leastRise))) return undefined
  return {
    severity: 'error',
    confidence: 0.85,
    words: `At each of ${ends.length} rates the loss goes up within ${steps} steps: from ${number(untrained)} to ${number(ends[0].end)} at ${ends[0].factor} times the run's rate, and in proportion to it; one batch over and over goes from ${number(batch.start)} to ${number(batch.end)}.`,
    evidence: {
      trialUntrained: untrained,
      trialLowest: ends[0].end,
      growth: grows,
      batchStart: batch.start,
      batchEnd: batch.end,
    },
    advice:
      'Turn the sign of the step round in the update rule (a parameter becomes x − rate · gradient), or that of the loss; then check the gradient (rappel check).',
    basis: 'experiment',
  }
}
