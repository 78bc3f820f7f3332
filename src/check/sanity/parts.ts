/** @file Whether training and validation part are drawn from the same: feature by feature, and class by class. */
import { kolmogorovSmirnov, kolmogorovSmirnovProbability } from '../../base/statistics.ts'
import { type Examples, labelsOf } from '../../data/dataset.ts'
import { featureText } from '../../data/features.ts'
import { number } from '../words.ts'
import { sharesOf } from './formula.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { columnsOf, type Sample, sampleOf } from './sample.ts'

const { fail, warning, pass, skipped } = speaker('parts')

const mostRows = 2000
/** Features that are compared: of images with more, so many evenly spread. */
const mostFeatures = 512
/** Smaller differences may be sure and still do not matter. */
const leastDistance = 0.15
/** Probability that any feature of equal parts is called different. */
const alarms = 1e-4
const fewestRows = 20
/** A transformation changes nearly all features, another population some. */
const nearlyAll = 0.8
const fewestOfTransformation = 3

interface Compared {
  readonly feature: number
  /** Kolmogorov and Smirnov's, of the values as they are, and after each part's own mean and deviation were taken out. */
  readonly distance: number
  readonly aligned: number
  readonly probability: number
  /** Deviation of the validation part in units of the training part's, and how far its mean lies away in those units. */
  readonly ratio: number
  readonly shift: number
}

/**
 * Two-sample Kolmogorov and Smirnov test of each feature, with Bonferroni's correction for their number. Where nearly all features differ, and no
 * longer do when each part is standardised by itself, the parts were prepared differently.
 */
export function checkParts(
  training: Examples,
  validation: Examples | undefined,
  options: { readonly seed: number },
): Findings {
  if (validation === undefined) return [skipped('There is no validation part.')]
  const [ours, theirs] = [training, validation].map((part) => sampleOf(part, mostRows, options.seed))
  if (Math.min(ours.rows.length, theirs.rows.length) < fewestRows)
    return [skipped(`The smaller part has ${theirs.rows.length} rows: too few to compare distributions.`)]
  const compared = comparedFeatures(ours, theirs)
  const different = compared.filter(
    ({ distance, probability }) => distance >= leastDistance && probability * compared.length < alarms,
  )
  const found = different.length > 0 ? [differing(different, compared.length, training)] : []
  const classes = classShares(training, validation)
  if (classes !== undefined) found.push(classes)
  if (found.length > 0) return found
  const most = compared.reduce((a, { distance }) => Math.max(a, distance), 0)
  return [
    pass({
      expected: `distributions within ${leastDistance} of each other, or within chance`,
      got: `at most ${number(most)} in ${compared.length} features`,
      words: 'Training and validation part look alike.',
      evidence: { greatestDistance: most, features: compared.length },
    }),
  ]
}

function comparedFeatures(ours: Sample, theirs: Sample): Compared[] {
  const [a, b] = [columnsOf(ours.inputs, ours.width), columnsOf(theirs.inputs, theirs.width)]
  const step = Math.max(1, Math.ceil(ours.width / mostFeatures))
  const found: Compared[] = []
  for (let j = 0; j < ours.width; j += step) {
    if (a.deviations[j] === 0 && b.deviations[j] === 0 && a.means[j] === b.means[j]) continue
    const [x, y] = [sortedColumn(ours, j), sortedColumn(theirs, j)]
    const distance = kolmogorovSmirnov(x, y)
    const unit = a.deviations[j] || 1
    const aligned = () =>
      kolmogorovSmirnov(standardised(x, a.means[j], a.deviations[j]), standardised(y, b.means[j], b.deviations[j]))
    found.push({
      feature: j,
      distance,
      // Of features that do not differ nobody asks.
      aligned: distance >= leastDistance ? aligned() : distance,
      probability: kolmogorovSmirnovProbability(distance, x.length, y.length),
      ratio: b.deviations[j] / unit,
      shift: (b.means[j] - a.means[j]) / unit,
    })
  }
  return found
}

function sortedColumn({ inputs, width, rows }: Sample, j: number): Float64Array {
  const column = new Float64Array(rows.length)
  for (let k = 0; k < column.length; k++) column[k] = inputs[k * width + j]
  return column.sort()
}

/** Rounded, so that values which were equal stay so under different arithmetic. */
const standardised = (values: Float64Array, mean: number, deviation: number) =>
  values.map((value) => Math.round(((value - mean) / (deviation || 1)) * 1e3) / 1e3)

function differing(different: readonly Compared[], features: number, data: Examples): SanityFinding {
  const worst = different.reduce((a, b) => (b.distance > a.distance ? b : a))
  const middle = (of: (one: Compared) => number) => different.map(of).sort((x, y) => x - y)[different.length >> 1]
  const [ratio, shift] = [middle((one) => one.ratio), middle((one) => one.shift)]
  const evidence = {
    different: different.length,
    features,
    greatestDistance: worst.distance,
    probability: worst.probability,
    deviationRatio: ratio,
    meanShift: shift,
  }
  const place = featureText(worst.feature, data.featureNames)
  const transformed =
    features >= fewestOfTransformation &&
    different.length >= nearlyAll * features &&
    middle((one) => one.aligned) < Math.max(leastDistance, middle((one) => one.distance) / 3)
  if (transformed)
    return fail({
      code: 'validation-preprocessing',
      expected: 'both parts prepared in the same way, with numbers fitted on the training part',
      got: `${different.length} of ${features} features differ by a scale and a shift: the validation part's deviations are ${number(ratio)} times the training part's, its means ${number(shift)} deviations away (medians)`,
      words:
        "The net is measured on inputs of another scale than it learns from. Prepare both parts by the same function: divide by the same number, standardise once with the training part's mean and deviation.",
      evidence,
    })
  return warning({
    code: 'train-validation-mismatch',
    expected: 'both parts drawn from the same',
    got: `${different.length} of ${features} features are distributed differently, most of all ${place}: the distributions are up to ${number(worst.distance)} apart`,
    words:
      'The validation part measures something else than what is learnt. Is one part earlier, or from another source or another class? Split at random where the order says nothing; where it does (time, patients), know that the gap between the parts holds this difference too.',
    evidence,
  })
}

/** Classes whose shares differ beyond chance. */
function classShares(training: Examples, validation: Examples): SanityFinding | undefined {
  if (training.task !== 'classification' || validation.task !== 'classification') return undefined
  const [ours, theirs] = [labelsOf(training), labelsOf(validation)]
  const count = training.classes.length
  const [a, b] = [sharesOf(ours, count), sharesOf(theirs, count)]
  // In units of the deviation that chance alone gives, both parts being finite.
  const z = a.map((share, c) => {
    const pooled = (share * ours.length + b[c] * theirs.length) / (ours.length + theirs.length)
    return Math.abs(share - b[c]) / Math.sqrt(pooled * (1 - pooled) * (1 / ours.length + 1 / theirs.length) || 1)
  })
  const apart = a.reduce((sum, share, c) => sum + Math.abs(share - b[c]), 0) / 2
  const worst = z.indexOf(Math.max(...z))
  if (z[worst] < 5 || apart < 0.1) return undefined
  return warning({
    code: 'train-validation-mismatch',
    expected: 'the same share of each class in both parts',
    got: `'${training.classes[worst]}' is ${(100 * a[worst]).toFixed(1)}% of the training part and ${(100 * b[worst]).toFixed(1)}% of the validation part; ${(100 * apart).toFixed(1)}% of the examples are in other classes than they would be`,
    words:
      "Guessing by the training part's shares is wrong in the validation part. Was a sorted file cut in two? Split at random, each class by itself.",
    evidence: { apart, deviations: z[worst], training: a[worst], validation: b[worst] },
  })
}
