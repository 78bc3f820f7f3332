/** @file Whether the inputs say anything about the targets: two cheap tests against the same data with the targets shuffled. */
import { RandomStream } from '../../base/random.ts'
import { type Examples, featureShapeOf } from '../../data/dataset.ts'
import { number } from '../words.ts'
import { maxOf, meanOf } from './formula.ts'
import { nearestOf } from './near-rows.ts'
import { type Findings, speaker } from './report.ts'
import { columnsOf, type Sample, sampleOf } from './sample.ts'

const { warning, pass, skipped } = speaker('signal')

const mostRows = 600
/** With fewer rows a weak signal cannot be told from none. */
const fewestRows = 200
/** Multiplications for the distances of all pairs. */
const mostWork = 2e8
/** Pairs of a feature and a target column that are correlated, in each order. */
const mostPairs = 1000
const neighbours = 5
const shuffles = 99
/** A test has found nothing where so large a share of the shuffled data looks as good. */
const nothing = 0.1

/** Says how well targets go with inputs, as they are or in another order of the rows. */
type Agreement = (order: ArrayLike<number>) => number

/**
 * Two tests, each against the distribution over shuffled targets: whether near rows have like targets (5 nearest neighbours), and whether some
 * feature differs between classes, or goes up with a target. A warning needs that both find nothing in some hundred rows. Targets that
 * depend on the inputs only through many features at once (parity) can hide from both.
 */
export function checkSignal(data: Examples, options: { readonly seed: number }): Findings {
  if (data.categorical === true)
    return [skipped('The inputs are numbers of categories, which have no distances and no means.')]
  const width = featureShapeOf(data).reduce((product, dim) => product * dim, 1)
  const most = Math.min(mostRows, Math.floor(Math.sqrt(mostWork / width)))
  const sample = sampleOf(data, most, options.seed)
  const rows = sample.rows.length
  if (rows < fewestRows) return [skipped(`${rows} rows are too few to tell a weak signal from none.`)]
  const inputs = scaled(sample, data.sameUnit === true || featureShapeOf(data).length > 1)
  const targets = targetColumns(data, sample)
  if (targets.length === 0) return [skipped('All targets are the same.')]
  const random = new RandomStream(options.seed, 'sanity/signal')
  const orders = Array.from({ length: shuffles }, () => random.permutation(rows))
  const near = compare(nearness(inputs, rows, width, targets), orders, rows)
  const single = compare(singleFeatures(inputs, rows, width, targets), orders, rows)
  const evidence = {
    rows,
    nearRows: near.value,
    nearRowsShuffled: near.shuffled,
    nearRowsProbability: near.probability,
    singleFeature: single.value,
    singleFeatureShuffled: single.shuffled,
    singleFeatureProbability: single.probability,
  }
  const expected = 'targets that go with the inputs better than shuffled ones'
  const got = `as good by chance in ${percent(near.probability)} of shuffles (near rows) and ${percent(single.probability)} (single features), ${rows} rows`
  if (near.probability <= nothing || single.probability <= nothing)
    return [pass({ expected, got, words: 'The inputs say something about the targets.', evidence })]
  return [
    warning({
      code: 'no-signal',
      expected,
      got,
      words: `Near rows are no more alike in their targets (${number(near.value)}) than shuffled ones (${number(near.shuffled)} on average), and no feature goes with a target. Do inputs and targets still stand in the same rows: was one of them sorted, shuffled or filtered alone? If they do, a net has little to learn from here, unless the target needs many features at once (as a parity does).`,
      evidence,
    }),
  ]
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

/** The inputs, each feature with mean 0, and of deviation 1 where they have no common unit. */
function scaled({ inputs, width, rows }: Sample, common: boolean): Float32Array {
  const { means, deviations } = columnsOf(inputs, width)
  return Float32Array.from({ length: rows.length * width }, (_, i) => {
    const j = i % width
    return (inputs[i] - means[j]) / (common ? 1 : deviations[j] || 1)
  })
}

/** Numbers that go with a target: for classes 1 and 0, for numbers their distance from the mean; of deviation 1. */
function targetColumns(data: Examples, { targets, targetWidth, rows }: Sample): Float64Array[] {
  const column = (of: (k: number) => number) => {
    const values = Float64Array.from(rows, (_, k) => of(k))
    const mean = meanOf(values)
    const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)))
    return deviation > 0 ? [values.map((value) => (value - mean) / deviation)] : []
  }
  if (data.task === 'regression')
    return Array.from({ length: Math.min(targetWidth, 32) }, (_, j) =>
      column((k) => targets[k * targetWidth + j]),
    ).flat()
  const classes = [...new Set(targets)].slice(0, 64)
  return classes.flatMap((label) => column((k) => (targets[k] === label ? 1 : 0)))
}

function compare(agreement: Agreement, orders: readonly Uint32Array[], rows: number) {
  const value = agreement(Uint32Array.from({ length: rows }, (_, k) => k))
  const others = orders.map(agreement)
  const asGood = others.filter((other) => other >= value).length
  // The order as it is counts as one of the shuffles (Phipson and Smyth 2010).
  return { value, shuffled: meanOf(others), probability: (1 + asGood) / (1 + others.length) }
}

/** The mean product of a row's target and those of its neighbours: 1 where they are the same, 0 where they have nothing to do with it. */
function nearness(inputs: Float32Array, rows: number, width: number, targets: readonly Float64Array[]): Agreement {
  const { places: near } = nearestOf(inputs, inputs, width, neighbours)
  return (order) => {
    let sum = 0
    for (const values of targets)
      for (let i = 0; i < rows; i++)
        for (let k = 0; k < neighbours; k++) sum += values[order[i]] * values[order[near[i * neighbours + k]]]
    return sum / (rows * neighbours * targets.length)
  }
}

/** The largest correlation of any feature with any target column. */
function singleFeatures(
  inputs: Float32Array,
  rows: number,
  width: number,
  targets: readonly Float64Array[],
): Agreement {
  const step = Math.max(1, Math.ceil((width * targets.length) / mostPairs))
  const features: Float64Array[] = []
  for (let j = 0; j < width; j += step) {
    const values = Float64Array.from({ length: rows }, (_, k) => inputs[k * width + j])
    const size = Math.sqrt(meanOf(values.map((value) => value * value)))
    if (size > 0) features.push(values.map((value) => value / size))
  }
  return (order) =>
    maxOf(
      features.flatMap((feature) =>
        targets.map((values) => {
          let sum = 0
          for (let k = 0; k < rows; k++) sum += feature[k] * values[order[k]]
          return Math.abs(sum) / rows
        }),
      ),
    )
}
