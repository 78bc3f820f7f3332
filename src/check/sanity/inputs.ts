/** @file The inputs as the net gets them: numbers at all, of one scale, about 0, none of them always the same. */
import { sizeOf } from '../../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowsOf } from '../../data/dataset.ts'
import { featureText } from '../../data/features.ts'
import { number, plural } from '../words.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { type Columns, columnsOf, eachChunk, quantile, type Sample, sampleOf } from './sample.ts'

const { fail, warning, pass } = speaker('inputs')

/** Rows of a source that are looked at: of data in memory all are, but for scales only where they are no more than so many values. */
const [mostRows, mostValues] = [5000, 2 ** 24]
/** Root mean square of usual inputs: standardised ones have 1, grey values between 0 and 1 about 0.3. */
const usualSize = [0.05, 5] as const
/** A feature's mean in units of its deviation, from which on its weight learns little but a bias. */
const farFromZero = 10
/** A feature's size in units of the others', from which on it drowns them. */
const muchLarger = 30
/** Where there are so many features, a few that are empty are usual: pictures read from a table. */
const manyFeatures = 50
const mostNamed = 5

/**
 * NaN and infinities, constant features, the features' scale and where they lie. Numbers of categories are only looked at for NaN.
 *
 * LeCun, Bottou, Orr and Müller 1998, section 4.3: mean 0 and equal variances.
 */
export function checkInputs(
  training: Examples,
  validation: Examples | undefined,
  options: { readonly seed: number; readonly standardised: boolean },
): Findings {
  const found: SanityFinding[] = []
  const { seed } = options
  for (const part of [training, validation])
    if (part !== undefined) eachChunk(part, mostRows, seed, (chunk) => void found.push(...notFinite(part, chunk)))
  if (found.length > 0) return found.slice(0, 1)
  const see = (chunk: Sample) => {
    found.push(...scales(training, chunk, columnsOf(chunk.inputs, chunk.width), options.standardised))
  }
  if (rowsOf(training) * sizeOf(featureShapeOf(training)) > mostValues) see(sampleOf(training, mostRows, seed))
  else eachChunk(training, mostRows, seed, see)
  return found
}

/** Less itself, a finite number is 0 and any other NaN. */
function areFinite(values: Float32Array | Int32Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    sum += value - value
  }
  return sum === 0
}

function notFinite(data: Examples, chunk: Sample): Findings {
  if (areFinite(chunk.inputs) && areFinite(chunk.targets)) return []
  const inputs = columnsOf(chunk.inputs, chunk.width)
  const targets = columnsOf(chunk.targets, chunk.targetWidth)
  const [what, columns, width] =
    inputs.notFinite > 0
      ? (['inputs', inputs, chunk.width] as const)
      : (['targets', targets, chunk.targetWidth] as const)
  const place = columns.firstNotFinite
  const row = chunk.rows[Math.floor(place / width)]
  const where = what === 'inputs' ? featureText(place % width, data.featureNames) : `output ${place % width}`
  const values = what === 'inputs' ? chunk.inputs : chunk.targets
  return [
    fail({
      code: 'nan-in-inputs',
      expected: 'numbers in all inputs and targets',
      got: `${plural(columns.notFinite, 'value')} of the ${what} not finite, the first ${values[place]} in row ${row} of ${data.name}, ${where}`,
      words:
        'One such value makes the loss and then every parameter NaN. Leave out the rows that lack a value, or fill the gaps; where there are none in the file, a division by 0 or a logarithm on the way to here made them. Nothing else was checked.',
      evidence: { notFinite: columns.notFinite, inputs: inputs.notFinite, targets: targets.notFinite, row },
    }),
  ]
}

function scales(data: Examples, chunk: Sample, columns: Columns, standardised: boolean): Findings {
  const { means, deviations } = columns
  const varying = Array.from(deviations.keys()).filter((j) => deviations[j] > 0)
  const constants = deviations.length - varying.length
  const looked = `${plural(deviations.length, 'feature')} in ${plural(chunk.rows.length, 'row')}`
  if (varying.length === 0) return [allConstant(looked)]
  const common = data.sameUnit === true || featureShapeOf(data).length > 1
  const found: SanityFinding[] = []
  if (data.categorical !== true) {
    const sizes = varying.map((j) => Math.hypot(means[j], deviations[j]))
    const unequal = common ? undefined : unequalScales(data, varying, sizes, standardised)
    const bad = unequal ?? unusualScale(common, means, deviations, varying, standardised)
    if (bad !== undefined) found.push(bad)
  }
  const few = deviations.length >= manyFeatures && 2 * constants < deviations.length
  const harmless = common || data.categorical === true || few
  if (constants > 0) found.push(someConstant(data, columns, constants, harmless, chunk))
  if (found.length > 0) return found
  return [
    pass({
      expected: 'finite, mean 0 and deviation 1 or not far from it',
      got: `${looked}, deviations ${number(
        quantile(
          varying.map((j) => deviations[j]),
          0,
        ),
      )} to ${number(
        quantile(
          varying.map((j) => deviations[j]),
          1,
        ),
      )}`,
      words: 'The inputs are numbers of a usual scale.',
      evidence: { features: deviations.length, rows: chunk.rows.length },
    }),
  ]
}

function allConstant(looked: string): SanityFinding {
  return fail({
    code: 'constant-feature',
    expected: 'features that differ from row to row',
    got: `every feature is the same in all rows (${looked})`,
    words: 'There is nothing to tell the examples by. Look at how the inputs are read.',
    evidence: { constant: 1 },
  })
}

function someConstant(
  data: Examples,
  columns: Columns,
  constants: number,
  harmless: boolean,
  chunk: Sample,
): SanityFinding {
  const names = Array.from(columns.deviations.keys()).filter((j) => columns.deviations[j] === 0)
  const named = names
    .slice(0, mostNamed)
    .map((j) => featureText(j, data.featureNames))
    .join(', ')
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  const found = {
    code: 'constant-feature',
    expected: 'features that differ from row to row',
    got: `${plural(constants, 'feature')} of ${columns.deviations.length} the same in ${chunk.whole ? `all ${chunk.rows.length}` : chunk.rows.length} rows: ${named}${more}`,
    words: harmless
      ? 'Nothing can be learnt from them; in images, pixels at the border that are always empty are usual and do no harm.'
      : 'Nothing can be learnt from them, and where they differ later the net has no idea what that means. Leave these columns out, or find out why they are empty.',
    evidence: { constant: constants, features: columns.deviations.length, rows: chunk.rows.length },
  }
  // What a part of a source has not shown may be in the rest.
  return harmless || (!chunk.whole && isRowSource(data)) ? pass(found) : warning(found)
}

function unequalScales(
  data: Examples,
  varying: readonly number[],
  sizes: readonly number[],
  standardised: boolean,
): SanityFinding | undefined {
  const middle = quantile(sizes, 0.5)
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)]
  const ratio = high / (varying.length > 2 ? middle : low)
  if (!(ratio > muchLarger)) return undefined
  const largest = featureText(varying[sizes.indexOf(high)], data.featureNames)
  return warning({
    code: 'feature-scale',
    expected: `features of about the same size: none ${muchLarger} times the others`,
    got: `${largest} has the root mean square ${number(high)}, the median of all is ${number(middle)}, the least ${number(low)}`,
    words: `The large feature drowns the others, and a learning rate that suits it is too low for them. ${standardised ? "Standardise by 'feature'" : "Leave standardise at its default, or set it to 'feature'"}; where a feature has a long tail, take its logarithm first.`,
    evidence: { largest: high, median: middle, smallest: low, ratio },
  })
}

function unusualScale(
  common: boolean,
  means: Float64Array,
  deviations: Float64Array,
  varying: readonly number[],
  standardised: boolean,
): SanityFinding | undefined {
  const squares = varying.map((j) => means[j] ** 2 + deviations[j] ** 2)
  const overall = Math.sqrt(squares.reduce((sum, s) => sum + s, 0) / squares.length)
  const size = common ? overall : Math.sqrt(quantile(squares, 0.5))
  const away = quantile(
    varying.map((j) => Math.abs(means[j]) / deviations[j]),
    0.5,
  )
  const [least, most] = usualSize
  if (size >= least && size <= most && away <= farFromZero) return undefined
  return warning({
    code: 'inputs-not-normalised',
    expected: 'mean 0 and deviation 1, or not far from it',
    got:
      away > farFromZero
        ? `means of ${number(away)} deviations (median of the features)`
        : `a root mean square of ${number(size)}`,
    words: `First values and learning rates are made for inputs near 1: with these the first layer ${size > most ? 'saturates or its steps are far too large' : size < least ? 'sees next to nothing' : 'learns little but its bias'}. ${standardised ? 'Standardise each feature.' : 'Leave out standardise: false, or divide by the largest value and take off the mean.'}`,
    evidence: { rootMeanSquare: size, meanInDeviations: away },
  })
}
