/** @file Votes of near rows: what they say of a row, and how often they are right. */
import type { Examples } from '../../data/dataset.ts'
import { maxOf, sharesOf } from './formula.ts'
import type { Nearest } from './near-rows.ts'
import { columnsOf, type Sample } from './sample.ts'

/** One neighbour is best where classes hang together in threads, five where they overlap. */
const voters = [1, 5] as const

/** How a vote of near rows does at predicting rows. */
export interface Vote {
  readonly rows: number
  /** Share of right answers; of numbers, the share of the variance that is explained. */
  readonly right: number
  /** Of the right answers, or of the squared errors in units of the variance. */
  readonly standardError: number
  /** What guessing gets: the largest class's share; 0 for numbers. */
  readonly guess: number
  /** How many neighbours vote. */
  readonly voters: number
}

/** Targets of rows, side by side. */
export interface Answers {
  /** [rows, width] */
  readonly values: ArrayLike<number>
  readonly width: number
  /** Units of the columns, where they are numbers; absent where they are labels. */
  readonly deviations?: Float64Array
}

/** @returns undefined where all targets are the same */
export function answersOf(data: Examples, { targets, targetWidth }: Sample): Answers | undefined {
  if (data.task === 'classification')
    return maxOf(sharesOf(targets, data.classes.length)) === 1 ? undefined : { values: targets, width: 1 }
  const { deviations } = columnsOf(targets, targetWidth)
  return deviations.every((deviation) => deviation === 0)
    ? undefined
    : { values: targets, width: targetWidth, deviations }
}

/** What the first `count` neighbours of a row say: the class with the most votes (of equals the nearer one's), and its share. */
export function voteOf(near: Nearest, row: number, count: number, labels: ArrayLike<number>) {
  const votes = new Map<number, number>()
  let [label, most] = [-1, 0]
  for (let n = 0; n < count; n++) {
    const one = labels[near.places[row * near.count + n]]
    votes.set(one, (votes.get(one) ?? 0) + 1)
  }
  for (const [one, of] of votes) if (of > most) [label, most] = [one, of]
  return { label, share: most / count }
}

/** The mean of one target column over the first `count` neighbours of a row. */
export function meanOfNear(
  near: Nearest,
  row: number,
  count: number,
  { values, width }: Answers,
  column: number,
): number {
  let sum = 0
  for (let n = 0; n < count; n++) sum += values[near.places[row * near.count + n] * width + column]
  return sum / count
}

/** The best of the votes with few and with more neighbours. @param asked the rows' own targets @param known the neighbours' */
export function bestVote(near: Nearest, asked: Answers, known: Answers): Vote {
  return voters
    .filter((count) => count <= near.count)
    .map((count) => vote(near, count, asked, known))
    .reduce((a, b) => (b.right > a.right ? b : a))
}

/** A vote of `voters` neighbours. */
export function vote(near: Nearest, voters: number, asked: Answers, known: Answers): Vote {
  const rows = near.places.length / near.count
  if (known.deviations !== undefined) return votesForNumbers(near, voters, asked, known, known.deviations)
  let right = 0
  const counts = new Map<number, number>()
  for (let i = 0; i < rows; i++) {
    const label = asked.values[i]
    counts.set(label, (counts.get(label) ?? 0) + 1)
    if (voteOf(near, i, voters, known.values).label === label) right++
  }
  const share = right / rows
  const guess = maxOf([...counts.values()]) / rows
  return { rows, right: share, standardError: Math.sqrt((share * (1 - share)) / rows), guess, voters }
}

function votesForNumbers(
  near: Nearest,
  voters: number,
  asked: Answers,
  known: Answers,
  deviations: Float64Array,
): Vote {
  const rows = near.places.length / near.count
  const { values, width } = asked
  const errors = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let [sum, columns] = [0, 0]
    for (let j = 0; j < width; j++) {
      if (deviations[j] === 0) continue
      const error = (values[i * width + j] - meanOfNear(near, i, voters, known, j)) / deviations[j]
      sum += error * error
      columns++
    }
    errors[i] = sum / columns
  }
  const mean = errors.reduce((a, b) => a + b, 0) / rows
  const variance = errors.reduce((a, b) => a + (b - mean) ** 2, 0) / rows
  return { rows, right: 1 - mean, standardError: Math.sqrt(variance / rows), guess: 0, voters }
}
