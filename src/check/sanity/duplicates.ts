/** @file Rows that occur twice: in the training part, and in both parts, where the validation would measure memory. */
import type { Examples } from '../../data/dataset.ts'
import { plural } from '../words.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { eachChunk, type Sample } from './sample.ts'

const { fail, warning, pass } = speaker('duplicates')

const mostRows = 20_000
/** Shares of the validation rows that the training part holds too. */
const leakWarned = 0.01
const leakFailed = 0.1
/** Fewer may be chance. */
const fewest = 3
/** Share of the training rows of which a copy has another target. */
const contradicting = 0.05

/** The rows of a part, by the hash of their inputs. */
interface Index {
  readonly sample: Sample
  /** Places of the rows with a hash, the first of each kind of inputs. */
  readonly kinds: Map<number, number[]>
  /** For each place, the first place with the same inputs. */
  readonly firstLike: Uint32Array
  /** How many different rows there are. */
  readonly distinct: number
}

/**
 * Exact duplicates. Rows that can only have few different inputs (a table of a few categories) and sequences of categories are duplicates
 * by nature, and said to be so.
 *
 * @param validation absent where there is none
 */
export function checkDuplicates(
  training: Examples,
  validation: Examples | undefined,
  options: { readonly seed: number },
): Findings {
  let found: Findings = []
  eachChunk(training, mostRows, options.seed, (ours) => {
    const index = indexOf(ours)
    const few = training.categorical === true || possibleRows(ours) < 10 * ours.rows.length
    const inside = insideOf(index, training, few)
    if (validation === undefined) found = [inside]
    else eachChunk(validation, mostRows, options.seed, (theirs) => void (found = both(inside, index, theirs, few)))
  })
  return found
}

/** The leak speaks where there is one. */
function both(inside: SanityFinding, index: Index, theirs: Sample, few: boolean): Findings {
  const leak = leakOf(index, theirs, few)
  if (leak === undefined) return [inside]
  return inside.verdict === 'pass' ? [leak] : [inside, leak]
}

function indexOf(sample: Sample): Index {
  const kinds = new Map<number, number[]>()
  const firstLike = new Uint32Array(sample.rows.length)
  let distinct = 0
  const bits = bitsOf(sample)
  for (let place = 0; place < sample.rows.length; place++) {
    const hash = hashRow(bits, place * sample.width, sample.width)
    const known = kinds.get(hash)
    const like = known?.find((other) => sameRow(sample, other, sample, place))
    firstLike[place] = like ?? place
    if (like !== undefined) continue
    distinct++
    if (known === undefined) kinds.set(hash, [place])
    else known.push(place)
  }
  return { sample, kinds, firstLike, distinct }
}

const bitsOf = ({ inputs }: Sample) => new Int32Array(inputs.buffer, inputs.byteOffset, inputs.length)

/** FNV-1a over the words of a row. */
function hashRow(bits: Int32Array, at: number, width: number): number {
  let hash = 0x811c9dc5
  // −0 is 0.
  for (let i = at; i < at + width; i++)
    hash = Math.imul(hash ^ (bits[i] === -0x80000000 ? 0 : bits[i]), 0x01000193) ^ (hash >>> 15)
  return hash | 0
}

function sameRow(a: Sample, i: number, b: Sample, j: number): boolean {
  for (let k = 0; k < a.width; k++) if (a.inputs[i * a.width + k] !== b.inputs[j * a.width + k]) return false
  return true
}

function sameTarget(a: Sample, i: number, b: Sample, j: number): boolean {
  for (let k = 0; k < a.targetWidth; k++)
    if (a.targets[i * a.targetWidth + k] !== b.targets[j * a.targetWidth + k]) return false
  return true
}

/** How many different inputs there could be: the product of the features' different values; a bound is enough. */
function possibleRows({ inputs, width, rows }: Sample): number {
  let possible = 1
  for (let j = 0; j < width && possible < 1e12; j++) {
    const values = new Set<number>()
    for (let k = 0; k < rows.length && values.size < 1000; k++) values.add(inputs[k * width + j])
    possible *= values.size
  }
  return possible
}

function insideOf({ sample, firstLike, distinct }: Index, training: Examples, few: boolean): SanityFinding {
  const rows = sample.rows.length
  const repeated = rows - distinct
  const odd = Array.from(firstLike.keys()).filter((place) => !sameTarget(sample, firstLike[place], sample, place))
  const evidence = { rows, distinct, repeated, contradicting: odd.length }
  const looked = sample.whole ? `${rows} rows` : `${rows} rows that were looked at`
  const expected = 'every example once, and one target for the same inputs'
  if (odd.length >= fewest && odd.length > contradicting * rows && !few && training.task === 'classification') {
    const [place] = odd
    return warning({
      code: 'label-noise',
      expected,
      got: `${plural(odd.length, 'row')} of ${rows} with the inputs of an earlier one and another label: row ${sample.rows[place]} is row ${sample.rows[firstLike[place]]}`,
      words:
        'No net can fit two answers to one question: the training loss stays above 0. Look at these rows: which label is right?',
      evidence,
    })
  }
  if (repeated === 0)
    return pass({ expected, got: `${looked}, all different`, words: 'No example occurs twice.', evidence })
  return pass({
    expected,
    got: `${plural(repeated, 'row')} of ${rows} repeated, ${odd.length} of them with another target`,
    words: few
      ? 'Inputs of few values, and short sequences of letters, repeat by nature.'
      : 'Few enough to do no harm; an example that occurs twice counts twice.',
    evidence,
  })
}

function leakOf(index: Index, theirs: Sample, few: boolean): SanityFinding | undefined {
  const { sample, kinds } = index
  const bits = bitsOf(theirs)
  let [shared, first] = [0, [0, 0]]
  for (let place = 0; place < theirs.rows.length; place++) {
    const hash = hashRow(bits, place * theirs.width, theirs.width)
    const like = kinds.get(hash)?.find((other) => sameRow(sample, other, theirs, place))
    if (like === undefined) continue
    if (shared === 0) first = [theirs.rows[place], sample.rows[like]]
    shared++
  }
  const share = shared / theirs.rows.length
  if (shared < fewest || share <= leakWarned) return undefined
  const found = {
    code: 'train-validation-leak',
    expected: 'validation examples that the net has not seen',
    got: `${plural(shared, 'row')} of ${theirs.rows.length} of the validation part are in the training part too: row ${first[0]} is row ${first[1]} there`,
    words: few
      ? 'Inputs of few values, and short sequences of letters, repeat by nature, so that both parts share them; for these the validation accuracy says how well they were learnt by heart.'
      : 'The validation part measures memory there. Take out duplicates before splitting, and split before anything makes copies (oversampling, augmentation).',
    evidence: { shared, rows: theirs.rows.length, share },
  }
  if (few) return pass(found)
  return share > leakFailed ? fail(found) : warning(found)
}
