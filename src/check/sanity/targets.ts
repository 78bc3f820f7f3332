/** @file The targets: classes that occur, and how often; numbers of a size that a net gives; what the loss can be used for. */
import { type Examples, labelsOf, targetShapeOf } from '../../data/dataset.ts'
import type { Loss, LossFormula } from '../../nn/loss.ts'
import { number, plural } from '../words.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { type Columns, columnsOf, eachChunk, type Sample } from './sample.ts'

const { fail, warning, pass } = speaker('targets')

const mostRows = 50_000
/** The most frequent class in units of the rarest, from which on accuracy says little. */
const unbalanced = 20
/** So large a share of one class that saying it always looks good. */
const nearlyAll = 0.9
/** Root mean square and deviation of targets that a net can learn as they are. */
const usualMost = 10
const usualLeast = 0.01
const mostNamed = 5

/** Classes, or numbers, against what the loss expects of them. @param data the training part */
export function checkTargets(data: Examples, loss: Loss, options: { readonly seed: number }): Findings {
  const found: SanityFinding[] = []
  if (data.task === 'classification') found.push(...checkClasses(data))
  else
    eachChunk(data, mostRows, options.seed, (chunk) => {
      const columns = columnsOf(chunk.targets, chunk.targetWidth)
      found.push(...numbersFor(loss.formula?.([1, ...targetShapeOf(data)]), chunk, columns, loss.name))
    })
  return found
}

function checkClasses(data: Examples & { task: 'classification' }): Findings {
  const { classes } = data
  const labels = labelsOf(data)
  const counts = new Float64Array(classes.length)
  let odd = 0
  for (let k = 0; k < labels.length; k++)
    if (labels[k] >= 0 && labels[k] < classes.length) counts[labels[k]]++
    else odd++
  if (odd > 0) return [outOfRange(odd, classes.length)]
  const never = Array.from(counts.keys()).filter((c) => counts[c] === 0)
  if (never.length > 0) return [neverSeen(never, counts, classes, data.categorical === true)]
  return [balance(counts, classes, labels.length, data.categorical === true)]
}

function outOfRange(odd: number, classes: number): SanityFinding {
  return fail({
    code: 'labels-wrong',
    expected: `labels from 0 to ${classes - 1}`,
    got: `${plural(odd, 'label')} outside`,
    words: 'Labels count from 0. Correct the rows, or name all classes.',
    evidence: { outside: odd, classes },
  })
}

function neverSeen(
  never: readonly number[],
  counts: Float64Array,
  classes: readonly string[],
  many: boolean,
): SanityFinding {
  const fromOne = never.length === 1 && never[0] === 0 && classes.length > 2
  const found = {
    code: 'labels-wrong',
    expected: `examples of all ${classes.length} classes`,
    got: `none of ${never
      .slice(0, mostNamed)
      .map((c) => `'${classes[c]}'`)
      .join(', ')}${never.length > mostNamed ? ` and ${never.length - mostNamed} more` : ''} in the training part`,
    words: fromOne
      ? 'Only the first class never occurs: do the labels count from 1? Take 1 off, and give the net one output less.'
      : 'The net has outputs for classes of which it sees nothing. Leave these classes out of the list, or find their examples: is the file sorted by class and cut off?',
    evidence: { classes: classes.length, neverSeen: never.length, examples: counts.reduce((a, b) => a + b, 0) },
  }
  return many ? pass(found) : warning(found)
}

function balance(counts: Float64Array, classes: readonly string[], rows: number, text: boolean): SanityFinding {
  const [least, most] = [counts.indexOf(Math.min(...counts)), counts.indexOf(Math.max(...counts))]
  const share = counts[most] / rows
  const ratio = counts[most] / counts[least]
  const evidence = { classes: classes.length, rows, most: counts[most], least: counts[least], ratio, share }
  const expected = `classes within a factor of ${unbalanced} of each other`
  const got =
    counts[most] === counts[least]
      ? `${counts[most]} of each of ${classes.length} classes`
      : `${counts[most]} of '${classes[most]}' and ${counts[least]} of '${classes[least]}' among ${rows} examples`
  if (classes.length < 2 || (ratio <= unbalanced && share <= nearlyAll))
    return pass({ expected, got, words: 'Every class occurs often enough.', evidence })
  const found = {
    code: 'class-imbalance',
    expected,
    got,
    words: `Always saying '${classes[most]}' is right in ${(100 * share).toFixed(1)}% of all cases: compare the accuracy with that, not with ${(100 / classes.length).toFixed(1)}%, and look at each class by itself. More examples of the rare ones, or drawing them more often, help.`,
    evidence,
  }
  // Characters and words are like that.
  return text ? pass(found) : warning(found)
}

function numbersFor(formula: LossFormula | undefined, chunk: Sample, columns: Columns, loss: string): Findings {
  const least = Math.min(...columns.least)
  const greatest = Math.max(...columns.greatest)
  const range = { least, greatest, rows: chunk.rows.length }
  if (formula?.kind === 'binary' || formula?.kind === 'distribution') {
    const expected =
      formula.kind === 'binary' ? 'targets from 0 to 1' : 'targets that are distributions over the classes'
    if (least < -1e-6 || greatest > 1 + 1e-6)
      return [
        fail({
          code: 'labels-wrong',
          expected,
          got: `targets from ${number(least)} to ${number(greatest)}`,
          words: `${loss} takes probabilities: with others it has no lower bound and the scores grow without end. Scale them to [0, 1], or use loss.squaredError().`,
          evidence: range,
        }),
      ]
    if (formula.kind === 'distribution') return [sums(chunk, formula.classes, expected, loss)]
    return [
      pass({
        expected,
        got: `from ${number(least)} to ${number(greatest)}`,
        words: 'The targets are probabilities.',
        evidence: range,
      }),
    ]
  }
  return [oneHot(chunk, columns, loss) ?? size(columns, range)]
}

/** What each distribution adds up to. */
function sums(chunk: Sample, classes: number, expected: string, loss: string): SanityFinding {
  const { targets } = chunk
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let at = 0; at < targets.length; at += classes) {
    let sum = 0
    for (let c = 0; c < classes; c++) sum += targets[at + c]
    low = Math.min(low, sum)
    high = Math.max(high, sum)
  }
  const found = {
    expected,
    got: `sums from ${number(low)} to ${number(high)}`,
    evidence: { leastSum: low, greatestSum: high },
  }
  if (low > 0.99 && high < 1.01) return pass({ ...found, words: 'The targets are distributions.' })
  return fail({
    ...found,
    code: 'labels-wrong',
    words: `${loss} compares distributions: each target adds up to 1. Where several classes can be true at once, use loss.binaryCrossEntropy(); otherwise divide each by its sum.`,
  })
}

/** Several numbers, one of them 1 and the others 0, in every row: those are classes. */
function oneHot({ targets, targetWidth, rows }: Sample, columns: Columns, loss: string): SanityFinding | undefined {
  if (targetWidth < 2) return undefined
  for (let k = 0; k < rows.length; k++) {
    let ones = 0
    for (let j = 0; j < targetWidth; j++) {
      const value = targets[k * targetWidth + j]
      if (value !== 0 && value !== 1) return undefined
      ones += value
    }
    if (ones !== 1) return undefined
  }
  return warning({
    code: 'labels-wrong',
    expected: `numbers to be predicted, for ${loss}`,
    got: `one of ${targetWidth} numbers is 1 and the others are 0, in every row`,
    words:
      'These are classes. Give their numbers as targets and use loss.softmaxCrossEntropy(): squared distances from 0 and 1 have small slopes where the net is most wrong.',
    evidence: { classes: targetWidth, rows: rows.length, deviation: columns.deviations[0] },
  })
}

function size(columns: Columns, range: { least: number; greatest: number; rows: number }): SanityFinding {
  const { means, deviations } = columns
  const sizes = Array.from(means, (mean, j) => Math.hypot(mean, deviations[j]))
  const [largest, smallest] = [Math.max(...sizes), Math.min(...deviations)]
  const evidence = { ...range, rootMeanSquare: largest, deviation: smallest }
  const expected = `a root mean square of at most ${usualMost} and a deviation of at least ${usualLeast}`
  const got = `a root mean square of ${number(largest)}, deviation ${number(smallest)}, from ${number(range.least)} to ${number(range.greatest)}`
  if (deviations.every((deviation) => deviation === 0))
    return fail({
      code: 'labels-wrong',
      expected: 'targets that differ from row to row',
      got: `${number(means[0])} in all rows`,
      words: 'There is nothing to be learnt. Look at how the targets are read.',
      evidence,
    })
  if (largest <= usualMost && smallest >= usualLeast)
    return pass({ expected, got, words: 'The targets are of a size that a net gives.', evidence })
  return warning({
    code: 'targets-not-scaled',
    expected,
    got,
    words:
      'A net begins with outputs near 1. Targets far from that make the first slopes huge (or next to nothing), and a learning rate that suits them suits nothing else. Take off their mean, divide by their deviation, and undo both on what the net gives.',
    evidence,
  })
}
