/** @file What a vote of the nearest examples gets right: a level that a net should reach, and labels that contradict it. */
import { wilsonInterval } from '../../base/statistics.ts'
import { type Examples, featureShapeOf } from '../../data/dataset.ts'
import { type Nearest, nearestOf, scaledBy, scaleOf } from './near-rows.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { type Sample, sampleOf } from './sample.ts'
import { type Carried, carriedOver, misplaced, transferFindings } from './transfer.ts'
import { answersOf, bestVote, type Vote, voteOf } from './votes.ts'

const { warning, pass, skipped } = speaker('neighbours')

const mostRows = 1000
const fewestRows = 30
/** Multiplications for the distances of all pairs: a tenth of a second. */
const mostWork = 1e8
/** Labels are doubted where so many neighbours agree most: in this share of the rows, and in no fewer. */
const [witnesses, surest, fewestSure] = [15, 0.25, 30] as const
/** The least rate of wrong labels that is spoken of, and that is warned of. */
const [leastRate, warnedRate] = [0.04, 0.08] as const

/**
 * Nearest neighbours in the inputs, features with mean 0 and, where they have no common unit, deviation 1. Three questions:
 *
 * - What does a vote of the others get right? It has learnt nothing: a net that is trained should be as good (Cover and Hart 1967).
 * - Where the neighbours all agree, does a row's own label? Labels that are wrong at random contradict them everywhere, classes that
 *   overlap mainly where the neighbours are divided themselves (Wilson 1972, edited neighbours; Northcutt, Jiang and Chuang 2021).
 * - Do the training rows say of the validation rows what they say of each other?
 */
export function checkNeighbours(
  training: Examples,
  validation: Examples | undefined,
  options: { readonly seed: number },
): Findings {
  if (training.categorical === true) return [skipped('The inputs are numbers of categories, which have no distances.')]
  const shape = featureShapeOf(training)
  const width = shape.reduce((product, dim) => product * dim, 1)
  const sample = sampleOf(training, Math.min(mostRows, Math.floor(Math.sqrt(mostWork / width))), options.seed)
  const rows = sample.rows.length
  if (rows < fewestRows) return [skipped(`${rows} rows are too few for a vote of neighbours.`)]
  const scale = scaleOf(sample, training.sameUnit === true || shape.length > 1)
  const inputs = scaledBy(sample, scale)
  const near = nearestOf(inputs, inputs, width, Math.min(witnesses, rows - 1))
  const answers = answersOf(training, sample)
  if (answers === undefined) return [skipped('All targets are the same.')]
  const vote = bestVote(near, answers, answers)
  const look = { training, sample, inputs, scale, near, answers, vote, seed: options.seed }
  const carried = validation === undefined ? undefined : carriedOver(look, validation)
  const between = carried === undefined ? [] : transferFindings(look, carried)
  const found = [misplaced(look), noiseOf(training, sample, near, vote), ...between]
  return [...found.filter((finding) => finding !== undefined), level(vote, carried)]
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

/** What a vote reaches, as a number that a run is compared with. */
function level(vote: Vote, carried: Carried | undefined): SanityFinding {
  return pass({
    expected: 'near rows that say something of each other',
    got:
      vote.guess > 0
        ? `a vote of neighbours is right in ${percent(vote.right)} of ${vote.rows} rows, guessing in ${percent(vote.guess)}`
        : `the mean of neighbours explains ${percent(Math.max(0, vote.right))} of the variance in ${vote.rows} rows`,
    words:
      'It has learnt nothing but the rows by heart: a level for the net to reach, where near rows are alike at all.',
    evidence: {
      rows: vote.rows,
      baseline: vote.right,
      baselineError: vote.standardError,
      guess: vote.guess,
      ...(carried !== undefined && {
        validationRows: carried.rows,
        validationBaseline: carried.right,
        validationBaselineError: carried.standardError,
      }),
    },
  })
}

/**
 * Labels that contradict their neighbours where these agree most. Where classes overlap this happens too, but mostly where neighbours are
 * divided: among the surest quarter the vote is wrong at most about half as often as everywhere. Labels that are wrong at random
 * contradict the vote everywhere alike. The heavier the overlap, the less clear: more is then asked for (simulated for clouds, moons
 * and digits of 225 to 1000 rows: test/check/sanity/neighbours.test.ts has examples).
 */
function noiseOf(data: Examples, sample: Sample, near: Nearest, vote: Vote): SanityFinding | undefined {
  if (data.task !== 'classification' || near.count < witnesses) return undefined
  const { sure, contradicting, error } = contradicted(sample, near)
  if (sure < fewestSure) return undefined
  const rate = contradicting / sure
  const [low, high] = wilsonInterval(contradicting, sure)
  const hardness = error / (1 - vote.guess)
  const asked = hardness < 0.54 ? 0.48 : 0.68
  if (low < leastRate || rate < 0.62 * error || low < asked * error || hardness > 0.76) return undefined
  const found = {
    code: 'label-noise',
    expected: 'labels like those of near rows, where these agree',
    got: `${contradicting} of the ${sure} rows whose neighbours agree most have another label than these: about ${percent(rate)} of the labels are wrong (${percent(low)} to ${percent(high)})`,
    words:
      'A net that fits these learns them by heart and answers by them. Look at the rows that contradict their neighbours, and correct or leave out what is wrong; label smoothing, a penalty and stopping early keep the net from learning the rest.',
    evidence: { rate, low, high, sure, contradicting, error, rows: vote.rows },
  }
  return rate >= warnedRate ? warning(found) : pass(found)
}

/** Of the rows whose neighbours agree most, how many have another label; and how often the vote is wrong in all. */
function contradicted({ rows, targets }: Sample, near: Nearest) {
  const votes = Array.from(rows, (_, i) => ({ ...voteOf(near, i, witnesses, targets), own: targets[i] }))
  const wrong = votes.filter(({ label, own }) => label !== own)
  // Equal shares stay in the order of the rows: that says nothing of their labels.
  const sure = votes.toSorted((a, b) => b.share - a.share).slice(0, Math.floor(surest * rows.length))
  return {
    sure: sure.length,
    contradicting: sure.filter(({ label, own }) => label !== own).length,
    error: wrong.length / rows.length,
  }
}
