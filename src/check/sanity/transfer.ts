/** @file Whether the training rows say of the validation rows what they say of each other; and if not, which change would mend it. */
import { type Examples, featureShapeOf, labelsOf } from '../../data/dataset.ts'
import { type Nearest, nearestOf, type Scale, scaledBy } from './near-rows.ts'
import { preparations } from './preparations.ts'
import { type SanityFinding, speaker } from './report.ts'
import { type Sample, sampleOf } from './sample.ts'
import { type Answers, answersOf, bestVote, meanOfNear, type Vote, vote, voteOf } from './votes.ts'

const { fail, warning } = speaker('neighbours')

/** Validation rows, and multiplications for their distances from the training rows. */
const [mostRows, mostWork] = [400, 5e7]
const fewestRows = 20
/** A difference that matters; it must be beyond chance too. */
const leastDrop = 0.15
const standardErrors = 4
/** So much better than guessing must the training rows be at predicting each other. */
const leastSignal = 0.15
/** A row is a near copy of another where it lies at so small a part of the usual distance. */
const copyDistance = 0.15

/** The training rows, looked at closely. */
export interface Look {
  readonly training: Examples
  readonly sample: Sample
  /** In `scale`. [rows, width] */
  readonly inputs: Float32Array
  readonly scale: Scale
  readonly near: Nearest
  readonly answers: Answers
  readonly vote: Vote
  readonly seed: number
}

/** How well the training rows' votes do on the validation rows. */
export interface Carried extends Vote {
  readonly validation: Examples
  readonly sample: Sample
  readonly near: Nearest
  readonly answers: Answers
  /** Share of the validation rows that are near copies of training rows, but not the same; and of the training rows that are of each other. */
  readonly copies: number
  readonly copiesInside: number
}

/** @returns undefined where there are too few rows to say */
export function carriedOver(look: Look, validation: Examples): Carried | undefined {
  const { inputs, scale, sample: ours, training } = look
  const most = Math.min(mostRows, Math.floor(mostWork / inputs.length))
  const sample = sampleOf(validation, most, look.seed)
  if (sample.rows.length < fewestRows || sample.width !== ours.width || training.task !== validation.task)
    return undefined
  const theirs = scaledBy(sample, scale)
  const near = nearestOf(theirs, inputs, ours.width, look.near.count)
  const answers: Answers = { values: sample.targets, width: sample.targetWidth }
  const usual = Math.sqrt(middleOf(nearest(look.near)))
  return {
    ...vote(near, look.vote.voters, answers, look.answers),
    validation,
    sample,
    near,
    answers,
    copies: shareOf(nearest(near), (square) => square > 0 && Math.sqrt(square) < copyDistance * usual),
    copiesInside: shareOf(nearest(look.near), (square) => Math.sqrt(square) < copyDistance * usual),
  }
}

const nearest = ({ squares, count }: Nearest) => squares.filter((_, i) => i % count === 0)
const middleOf = (values: Float64Array) => values.toSorted()[values.length >> 1]
const shareOf = (values: Float64Array, is: (value: number) => boolean) => values.filter(is).length / values.length

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

/** What is wrong between the parts, if anything is. */
export function transferFindings(look: Look, carried: Carried): readonly SanityFinding[] {
  const found = [copies(carried), dropped(look, carried)]
  return found.filter((finding) => finding !== undefined)
}

function copies({ copies: share, copiesInside, rows }: Carried): SanityFinding | undefined {
  const count = Math.round(share * rows)
  // In few dimensions some rows lie near others by chance.
  if (count < 5 || share < 0.05 + 3 * copiesInside) return undefined
  const found = {
    code: 'train-validation-leak',
    expected: 'validation examples as far from the training examples as these from each other',
    got: `${count} of ${rows} rows of the validation part lie at less than ${copyDistance} of the usual distance from a training row (inside the training part: ${percent(copiesInside)})`,
    words:
      'They look like copies with small changes: the validation part measures memory there. Split before anything makes copies (augmentation, windows that overlap, several pictures of one thing).',
    evidence: { share, inside: copiesInside, rows },
  }
  return share > 0.1 ? fail(found) : warning(found)
}

function dropped(look: Look, carried: Carried): SanityFinding | undefined {
  const { vote: own, near } = look
  const drop = own.right - carried.right
  const error = Math.hypot(own.standardError, carried.standardError)
  const repeated = shareOf(nearest(near), (square) => square === 0)
  if (own.right - own.guess < leastSignal || drop < leastDrop || drop < standardErrors * error) return undefined
  // Rows that are there twice predict each other; they say nothing of new ones.
  if (repeated > 0.02 || carriedCopies(look) > 0.05) return undefined
  const evidence = {
    baseline: own.right,
    validationBaseline: carried.right,
    guess: own.guess,
    drop,
    standardError: error,
    rows: carried.rows,
  }
  return relabelled(look, carried, evidence) ?? prepared(look, carried, evidence) ?? unlike(look, carried, evidence)
}

const carriedCopies = ({ near }: Look) => {
  const squares = nearest(near)
  const usual = Math.sqrt(middleOf(squares))
  return shareOf(squares, (square) => Math.sqrt(square) < copyDistance * usual)
}

type Evidence = Readonly<Record<string, number>>

const gotOf = ({ vote: own }: Look, { right, rows }: Vote) =>
  `near training rows predict ${own.guess > 0 ? percent(own.right) : number2(own.right)} of the training rows, and ${own.guess > 0 ? percent(right) : number2(right)} of ${rows} validation rows`

const number2 = (share: number) => `${percent(Math.max(0, share))} of the variance`

/** Whether a change has mended most of the drop. */
const mends = (look: Look, carried: Carried, right: number) => {
  const drop = look.vote.right - carried.right
  return right - carried.right > 0.7 * drop
}

/** The inputs agree, and the answers go by other names. */
function relabelled(look: Look, carried: Carried, evidence: Evidence): SanityFinding | undefined {
  const expected = 'the same label for the same class in both parts'
  if (look.answers.deviations !== undefined) return rescaled(look, carried, evidence)
  const { training } = look
  if (training.task !== 'classification') return undefined
  const shifted = shiftOfLabels(look, carried)
  if (shifted !== undefined)
    return fail({
      code: 'labels-wrong',
      expected: 'every label in the row of its inputs',
      got: `${gotOf(look, carried)}; with the validation labels moved by ${shifted.by} row, ${percent(shifted.right)}`,
      words:
        'The labels of the validation part stand in the wrong rows. Was a header read as a row, or one of the columns moved?',
      evidence: { ...evidence, mended: shifted.right, shift: shifted.by },
    })
  const map = mapOfLabels(look, carried, training.classes.length)
  if (map === undefined) return undefined
  const [from, to] = map.pairs[0]
  return fail({
    code: 'labels-wrong',
    expected,
    got: `${gotOf(look, carried)}; with the validation part's classes renamed, ${percent(map.right)}: '${training.classes[from]}' there is '${training.classes[to]}' here`,
    words:
      'The classes of the validation part are numbered in another order. Number them by one list of names for both parts.',
    evidence: { ...evidence, mended: map.right, renamed: map.pairs.length },
  })
}

/** The validation labels of the row before or after, if these fit. */
function shiftOfLabels(look: Look, { near, sample, validation, ...carried }: Carried) {
  if (validation.task !== 'classification') return undefined
  const labels = labelsOf(validation)
  for (const by of [1, -1]) {
    const values = Array.from(sample.rows, (row) => labels[(row + by + labels.length) % labels.length])
    const { right } = vote(near, look.vote.voters, { values, width: 1 }, look.answers)
    if (mends(look, { ...carried, near, sample, validation }, right)) return { by, right }
  }
  return undefined
}

/** One new name for each of the validation part's labels: what its rows' neighbours say most often. */
function mapOfLabels(look: Look, carried: Carried, classes: number) {
  const counts = Array.from({ length: classes }, () => new Float64Array(classes))
  for (let i = 0; i < carried.rows; i++)
    counts[carried.answers.values[i]][voteOf(carried.near, i, carried.voters, look.answers.values).label]++
  const to = counts.map((row) => row.indexOf(Math.max(...row)))
  const used = counts.flatMap((row, c) => (row[to[c]] > 0 ? [to[c]] : []))
  const pairs = to.flatMap((name, c) => (counts[c][name] > 0 && name !== c ? [[c, name] as const] : []))
  // Two labels for one class is no renaming: that is what a part of one class looks like.
  if (pairs.length === 0 || new Set(used).size < used.length) return undefined
  const right = counts.reduce((sum, row, c) => sum + row[to[c]], 0) / carried.rows
  return mends(look, carried, right) ? { right, pairs } : undefined
}

/** Numbers in other units: a straight line through predictions and targets mends it. */
function rescaled(look: Look, carried: Carried, evidence: Evidence): SanityFinding | undefined {
  const { values, width } = carried.answers
  if (width > 1) return undefined
  const predicted = Array.from({ length: carried.rows }, (_, i) =>
    meanOfNear(carried.near, i, carried.voters, look.answers, 0),
  )
  const mean = (of: (i: number) => number) => predicted.reduce((sum, _, i) => sum + of(i), 0) / predicted.length
  const [mx, my] = [mean((i) => predicted[i]), mean((i) => values[i])]
  const [xx, yy, xy] = [
    mean((i) => (predicted[i] - mx) ** 2),
    mean((i) => (values[i] - my) ** 2),
    mean((i) => (predicted[i] - mx) * (values[i] - my)),
  ]
  const fitted = (xy * xy) / (xx * yy)
  const slope = xy / xx
  if (!(fitted > look.vote.right - leastDrop) || (Math.abs(slope - 1) < 0.3 && Math.abs(my - mx) < Math.sqrt(xx)))
    return undefined
  return fail({
    code: 'validation-preprocessing',
    expected: 'targets in the same units in both parts',
    got: `${gotOf(look, carried)}; after a scale of ${slope.toPrecision(3)} and a shift of ${(my - slope * mx).toPrecision(3)}, ${number2(fitted)}`,
    words:
      "The validation part's targets are in other units. Prepare the targets of both parts by the same function, with numbers fitted on the training part.",
    evidence: { ...evidence, mended: fitted, slope, shift: my - slope * mx },
  })
}

/** Tries what goes wrong in preparing inputs, the other way round. */
function prepared(look: Look, carried: Carried, evidence: Evidence): SanityFinding | undefined {
  const { sample, scale, inputs, near } = look
  const shape = featureShapeOf(look.training)
  let best: { readonly words: string; readonly right: number } | undefined
  for (const { words, change } of preparations(sample, carried.sample, shape)) {
    const changed = scaledBy({ inputs: change(), width: sample.width }, scale)
    const { right } = vote(
      nearestOf(changed, inputs, sample.width, near.count),
      carried.voters,
      carried.answers,
      look.answers,
    )
    if (best === undefined || right > best.right) best = { words, right }
  }
  if (best === undefined || !mends(look, carried, best.right)) return undefined
  return fail({
    code: 'validation-preprocessing',
    expected: 'both parts prepared in the same way',
    got: `${gotOf(look, carried)}; when the validation part is ${best.words}, ${percent(best.right)}`,
    words: `The validation part was prepared in another way: it fits once it is ${best.words}. Prepare both parts by the same function.`,
    evidence: { ...evidence, mended: best.right },
  })
}

/** Nothing that was tried mends it: does the validation part make sense by itself? */
function unlike(look: Look, carried: Carried, evidence: Evidence): SanityFinding {
  const { sample, validation } = carried
  const own = answersOf(validation, sample)
  const theirs = scaledBy(sample, look.scale)
  const alone =
    own &&
    bestVote(nearestOf(theirs, theirs, sample.width, Math.min(look.near.count, sample.rows.length - 1)), own, own)
  const isSense = alone === undefined || alone.right - alone.guess > Math.max(leastSignal / 2, 3 * alone.standardError)
  const more = {
    ...evidence,
    ...(alone !== undefined && { validationAlone: alone.right, validationGuess: alone.guess }),
  }
  if (!isSense && sample.rows.length >= 100)
    return fail({
      code: 'labels-wrong',
      expected: 'labels that go with the inputs in both parts',
      got: `${gotOf(look, carried)}; inside the validation part near rows predict each other no better than guessing (${percent(alone.right)})`,
      words:
        'The targets of the validation part do not belong to its inputs. Was one of them sorted, shuffled or filtered alone?',
      evidence: more,
    })
  return warning({
    code: 'train-validation-mismatch',
    expected: 'training rows that say of validation rows what they say of each other',
    got: gotOf(look, carried),
    words:
      'The validation part asks something else than what is learnt: other things, another source, another time, or the inputs prepared otherwise. Split at random where the order says nothing; prepare both parts by the same function.',
    evidence: more,
  })
}

/** In the training part itself: targets that fit once they are moved by a row or two. @returns undefined where none does */
export function misplaced(look: Look): SanityFinding | undefined {
  const { training, sample, near, answers, vote: own } = look
  if (own.right - own.guess > leastSignal || training.task !== 'classification') return undefined
  const labels = labelsOf(training)
  for (const by of [1, -1, 2, -2, 'reversed'] as const) {
    const moved = (row: number) =>
      by === 'reversed' ? labels[labels.length - 1 - row] : labels[(row + by + labels.length) % labels.length]
    const values = Array.from(sample.rows, moved)
    const tried = { ...answers, values }
    const { right, guess, standardError } = bestVote(near, tried, tried)
    if (right - guess < leastSignal || right - own.right < Math.max(leastSignal, 5 * standardError)) continue
    const how = by === 'reversed' ? 'in the reverse order' : `moved by ${by} ${Math.abs(by) === 1 ? 'row' : 'rows'}`
    return fail({
      code: 'labels-wrong',
      expected: 'every label in the row of its inputs',
      got: `near rows predict ${percent(own.right)} of each other's labels (guessing: ${percent(own.guess)}); with the labels ${how}, ${percent(right)}`,
      words:
        'The labels stand in the wrong rows. Was a header read as a row, or one of the files sorted or filtered alone?',
      evidence: { baseline: own.right, guess: own.guess, mended: right, rows: sample.rows.length },
    })
  }
  return undefined
}
