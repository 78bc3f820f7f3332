/** @file batchnorm-statistics: the running means and variances are not those of the data. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'

/** Loss as used over loss as trained, on the same rows; and their difference in units of chance. */
const apart = { times: 2, ofChance: 0.03 }
const apartInTraining = { times: 1.25, ofChance: 0.1 }
/** Examples a batch, from which on means and variances are worth something (Wu and He 2018, figure 1). */
const tiny = 4
/** Of the way from knowing nothing to a perfect answer: who comes so far can bear them. */
const fine = 0.9

export const batchnormStatistics: DiagnosisRule = {
  code: 'batchnorm-statistics',
  basis: ['run'],
  statistic:
    'In nets with batch normalisation: the loss on the same training rows as the net is used (running statistics) and as it trains (the statistics of the batch), in the last three measurements.',
  threshold: `As used ${apart.times} times as high and ${apart.ofChance} of the loss at chance higher: once the running values have followed, both are nearly the same. Or batches of at most ${tiny}, with the loss in training ${apartInTraining.times} times as high as used and short of ${100 * fine}% of the way: the batch's statistics are then mostly chance.`,
  source:
    'Ioffe and Szegedy 2015, section 3.1 and algorithm 2; Ioffe 2017, section 2; Wu and He 2018, figure 1 (small batches)',
  judge(run) {
    const { layers = [], batchSize = 0 } = run.start ?? {}
    if (!layers.some(({ kind }) => kind === 'batchNorm')) return undefined
    const used = run.series('evaluated/training/loss')?.values ?? []
    const trained = run.series('evaluated/training/lossInTraining')?.values ?? []
    if (used.length < 3 || trained.length < 3) return undefined
    const [asUsed, inTraining] = [median(used.slice(-3)), median(trained.slice(-3))]
    const chance = run.derive(lossCurve)?.origin ?? Number.NaN
    const isFar = (high: number, low: number, { times, ofChance }: typeof apart) =>
      high > times * low && high - low > ofChance * chance
    if (isFar(asUsed, inTraining, apart)) return running(run, asUsed, inTraining)
    const hasDropout = layers.some(({ kind }) => kind === 'dropout')
    const reached = run.derive(learning)?.reached ?? Number.NaN
    return batchSize <= tiny && !hasDropout && reached < fine && isFar(inTraining, asUsed, apartInTraining)
      ? small(batchSize, asUsed, inTraining)
      : undefined
  },
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
