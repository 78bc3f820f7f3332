/** @file A loss that is not what its formula gives: what it is instead. */
import type { LossFormula } from '../../nn/loss.ts'
import type { NetDescription } from '../../train/graphs.ts'
import { number } from '../words.ts'
import { byFormula, type FirstScores } from './first-scores.ts'
import { maxOf, meanOf, minOf } from './formula.ts'
import { type SanityFinding, speaker } from './report.ts'
import type { Sample } from './sample.ts'

const { fail } = speaker('loss')

/** What float32 may leave, relative to the loss and to the scores that are subtracted in it. */
const rounding = 1e-5

/** What was computed once more. */
export interface Recomputed {
  readonly formula: LossFormula
  /** Of all draws, one after the other: of each example, by the graph and by the formula. */
  readonly graph: Float64Array
  readonly formulas: Float64Array
}

/** A factor that has a name. */
interface Factor {
  readonly value: number
  readonly words: string
}

/** Undefined where the loss is what the formula says. */
export function suspectLoss(
  net: NetDescription,
  recomputed: Recomputed,
  draws: readonly FirstScores[],
  sample: Sample,
): SanityFinding | undefined {
  const { formula, graph, formulas } = recomputed
  const size = Math.max(...draws.map(({ scores: { data } }) => Math.max(Math.abs(minOf(data)), Math.abs(maxOf(data)))))
  // A squared distance rounds with the square of what is subtracted.
  const unit = formula.kind === 'squared' || formula.kind === 'huber' ? size * size : size
  const agree = (a: Float64Array, b: Float64Array) =>
    a.every((value, i) => Math.abs(value - b[i]) <= 10 * rounding * (1 + unit + Math.abs(b[i])))
  if (agree(graph, formulas)) return undefined
  const { name } = net.loss
  const found = {
    expected: `${number(meanOf(formulas))}, which ${name} gives for these scores`,
    got: number(meanOf(graph)),
    evidence: { loss: meanOf(graph), expected: meanOf(formulas), ratio: meanOf(graph) / meanOf(formulas) },
  }
  const classes = draws[0].scores.shape.at(-1) ?? 1
  const labelled = formula.kind === 'softmax' || formula.kind === 'hinge'
  for (const shift of labelled ? [1, classes - 1] : []) {
    const moved = { ...sample, targets: Int32Array.from(sample.targets, (label) => (label + shift) % classes) }
    if (
      agree(
        graph,
        all(draws, (draw) => byFormula(formula, draw, moved)),
      )
    )
      return fail({
        ...found,
        code: 'labels-wrong',
        words: `The loss counts the classes from another number: it is that of the class ${shift === 1 ? 'after' : 'before'} the target. Labels count from 0.`,
      })
  }
  if (formula.kind === 'softmax' || formula.kind === 'distribution') {
    const twice = all(draws, (draw) => byFormula(formula, { ...draw, scores: softened(draw.scores, classes) }, sample))
    if (agree(graph, twice))
      return fail({
        ...found,
        code: 'double-softmax',
        words:
          'The loss makes probabilities of the scores twice, so that it cannot come near 0 and its slopes are small. Take one softmax out of it.',
      })
  }
  const factor = factorOf(graph, formulas, agree)
  if (factor === undefined)
    return fail({
      ...found,
      words: `The loss is not what its name says, and no simple factor of it. Write it with the parts of loss.…, or leave out its formula where it is a loss of its own.`,
    })
  if (factor < 0)
    return fail({
      ...found,
      code: 'wrong-sign',
      words: `The loss is ${factor === -1 ? 'the negative' : `${number(factor)} times`} of what it should be: training would make it worse and worse. A cross-entropy is minus the logarithm.`,
    })
  const outputs = draws[0].scores.data.length / sample.rows.length
  const named = namedFactor(factor, sample.rows.length, labelled ? 1 : outputs)
  return fail({
    ...found,
    code: 'loss-reduction',
    words: `The loss is ${number(factor)} times what it should be${named === undefined ? '' : `: ${named}`}. A factor of the loss is a factor of every step, and it shifts the penalty's share. The loss of an example is its own, and a mean over its outputs.`,
  })
}

const all = (draws: readonly FirstScores[], of: (draw: FirstScores) => Float64Array) =>
  Float64Array.from(draws.flatMap((draw) => Array.from(of(draw))))

function softened(scores: FirstScores['scores'], classes: number): FirstScores['scores'] {
  const data = scores.data.slice()
  for (let at = 0; at < data.length; at += classes) {
    const row = data.subarray(at, at + classes)
    const top = maxOf(row)
    const powers = Float64Array.from(row, (score) => Math.exp(score - top))
    const sum = powers.reduce((a, b) => a + b, 0)
    row.set(powers.map((power) => power / sum))
  }
  return { ...scores, data }
}

function factorOf(
  graph: Float64Array,
  formulas: Float64Array,
  agree: (a: Float64Array, b: Float64Array) => boolean,
): number | undefined {
  let [across, squares] = [0, 0]
  for (let i = 0; i < graph.length; i++) {
    across += graph[i] * formulas[i]
    squares += formulas[i] ** 2
  }
  const factor = Number((across / squares).toPrecision(6))
  return factor !== 0 &&
    Number.isFinite(factor) &&
    agree(
      graph.map((value) => value / factor),
      formulas,
    )
    ? factor
    : undefined
}

function namedFactor(factor: number, examples: number, outputs: number): string | undefined {
  const factors: Factor[] = [
    { value: Math.LOG2E, words: 'a logarithm to the base 2' },
    { value: Math.LOG10E, words: 'a logarithm to the base 10' },
    { value: examples, words: 'a sum over the batch where a mean is expected' },
    { value: 1 / examples, words: 'divided by the batch size once more' },
    { value: outputs, words: 'a sum over the outputs where a mean is expected' },
    { value: 1 / outputs, words: 'divided by the number of outputs once more' },
    { value: 0.5, words: 'a half, as in ½·(difference)²' },
  ]
  return factors.find(({ value }) => value !== 1 && Math.abs(factor / value - 1) < 1e-4)?.words
}
