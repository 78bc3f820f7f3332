/** @file batchnorm-statistics: the running means and variances are not those of the data. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'

/** Loss as used over loss as trained, on the same rows; and their difference in units of chance. */
const apart = { times: 1.5, ofChance: 0.015 }
/** The same where it is known that the running values are still mostly those that they began with. */
const apartUnfollowed = { times: 1.15, ofChance: 0 }
const apartInTraining = { times: 1.1, ofChance: 0.05 }
/** What is left of the first values at the end of the run. */
const unfollowed = 0.3
/** Examples a batch, from which on means and variances are worth something (Wu and He 2018, figure 1); examples behind a running value. */
const tiny = 4
const few = 16
/** Of the way from knowing nothing to a perfect answer: who comes so far can bear them. */
const fine = 0.9

export const batchnormStatistics: DiagnosisRule = {
  code: 'batchnorm-statistics',
  basis: ['run'],
  statistic:
    'In nets with batch normalisation: the loss on the same training rows as the net is used (running statistics) and as it trains (the statistics of the batch), in the last three measurements; how many steps and examples a running value remembers.',
  threshold: `As used ${apart.times} times as high and ${apart.ofChance} of the loss at chance higher: once the running values have followed, both are nearly the same, and as used is the lower. ${apartUnfollowed.times} times where (1 − momentum)^steps leaves ${unfollowed} of the first values. Or, short of ${100 * fine}% of the way, batches of at most ${tiny} with the loss in training ${apartInTraining.times} times as high as used, or running values of fewer than ${few} examples: these statistics are mostly chance.`,
  source:
    'Ioffe and Szegedy 2015, section 3.1 and algorithm 2; Ioffe 2017, section 2; Wu and He 2018, figure 1 (small batches)',
  judge(run) {
    const { layers = [], batchSize = 0 } = run.start ?? {}
    const layer = layers.find(({ kind }) => kind === 'batchNorm')
    if (layer === undefined) return undefined
    const used = run.series('evaluated/training/loss')?.values ?? []
    const trained = run.series('evaluated/training/lossInTraining')?.values ?? []
    if (used.length < 3 || trained.length < 3) return undefined
    const [asUsed, inTraining] = [median(used.slice(-3)), median(trained.slice(-3))]
    const chance = run.derive(lossCurve)?.origin ?? Number.NaN
    const isFar = (high: number, low: number, { times, ofChance }: typeof apart) =>
      high > times * low && high - low > ofChance * chance
    const momentum = weightOf(layer.options)
    const isUnfollowed = (1 - momentum) ** run.step >= unfollowed
    if (isFar(asUsed, inTraining, isUnfollowed && run.ended ? apartUnfollowed : apart))
      return running(run, asUsed, inTraining)
    if ((run.derive(learning)?.reached ?? Number.NaN) >= fine) return undefined
    if (batchSize * (2 / momentum - 1) < few) return forgetful(run, batchSize, momentum)
    const hasDropout = layers.some(({ kind }) => kind === 'dropout')
    return batchSize <= tiny && !hasDropout && isFar(inTraining, asUsed, apartInTraining)
      ? small(batchSize, asUsed, inTraining)
      : undefined
  },
}

/** Of a new value; NaN where nobody says. */
function weightOf({ momentum, dialect }: Readonly<Record<string, unknown>> = {}): number {
  if (typeof momentum !== 'number') return Number.NaN
  return dialect === 'onnx' ? 1 - momentum : momentum
}

/** Of weights that fall by 1 − m each time the sum of squares is m/(2 − m). */
function forgetful(run: History, batchSize: number, momentum: number): Judgement {
  const examples = batchSize * (2 / momentum - 1)
  return {
    severity: 'warning',
    confidence: 0.75,
    words: `A running mean remembers about ${number(examples, 2)} examples (momentum ${number(momentum)}, batches of ${batchSize}): what the net is used with is mostly chance, and ${number(100 * (run.derive(learning)?.reached ?? Number.NaN), 2)}% of the way is done.`,
    evidence: { examples, momentum, batchSize },
    advice:
      'Let the running values remember longer (nn.batchNorm({ momentum: 0.1 }), the weight of the new value), and take batches of at least 16.',
    basis: 'run',
  }
}

function running(run: History, asUsed: number, inTraining: number): Judgement {
  const layer = run.start?.layers?.find(({ kind }) => kind === 'batchNorm')
  const momentum = layer?.options?.momentum
  return {
    severity: 'warning',
    confidence: 0.9,
    ...(layer && { where: layer.name }),
    words: `On the same training rows the loss is ${number(inTraining)} with the statistics of the batch and ${number(asUsed)} with the running ones: these are not those of the data.`,
    evidence: { asUsed, inTraining, ...(typeof momentum === 'number' && { momentum }) },
    advice: `Let the running values follow faster (nn.batchNorm({ momentum: 0.1 }), the weight of the new value), train for longer than their memory, and shuffle, so that every batch looks like the data.`,
    basis: 'run',
  }
}

function small(batchSize: number, asUsed: number, inTraining: number): Judgement {
  return {
    severity: 'warning',
    confidence: 0.75,
    words: `With ${batchSize} examples a batch, its means and variances are mostly chance: on the same rows the loss is ${number(inTraining)} in training and ${number(asUsed)} as the net is used.`,
    evidence: { batchSize, asUsed, inTraining },
    advice: 'Take batches of at least 16, or nn.layerNorm() or nn.groupNorm(), which do not look at the batch.',
    suggestion: { what: 'batchSize', value: 16, instead: batchSize },
    basis: 'run',
  }
}
