/** @file The loss before anything was learnt: what those scores should give, and what guessing gives. */
import { RandomStream } from '../../base/random.ts'
import type { OpKind } from '../../graph/types.ts'
import type { LossFormula } from '../../nn/loss.ts'
import type { NetDescription } from '../../train/graphs.ts'
import { number } from '../words.ts'
import { byFormula, type FirstLook, type FirstScores } from './first-scores.ts'
import { bestConstant, meanOf, meanOver, type Targets, varianceOf } from './formula.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import type { Sample } from './sample.ts'
import { type Recomputed, suspectLoss } from './suspect-loss.ts'

const { fail, warning, pass, skipped } = speaker('loss')

/** Loss of the first scores in units of the loss at chance, from which on it is far too high. He's weights give 1.3 to 1.5. */
const tooHigh = 4
/** For losses with squares: the first scores of He's weights have twice the inputs' variance. */
const tooHighSquared = 10
/** Deviations of the mean over draws: what chance gives once in ten thousand nets, with eight draws. */
const farAway = 8
/** And at least so large a part of the loss at chance. */
const farShare = 0.1
const shuffles = 20

/**
 * Three questions. Is the loss of these scores what the loss's formula gives, computed once more in float64? Is the loss over several draws of
 * the first values what such scores give when they know nothing of the targets (the same scores with shuffled targets)? Is it near
 * that of the best single answer, or are the scores far too large?
 */
export function checkLoss(
  net: NetDescription,
  look: FirstLook,
  sample: Sample,
  options: { readonly seed: number },
): Findings {
  const { draws, last } = look
  const [{ scores, losses }] = draws
  if (losses.length !== sample.rows.length) return [notEach(losses.length, sample.rows.length)]
  const formula = net.loss.formula?.(scores.shape)
  const twice = squashedTwice(formula, last, draws)
  if (twice !== undefined) return [twice]
  const bad = draws
    .flatMap(({ scores: { data } }) => Array.from(data))
    .filter((value) => !Number.isFinite(value)).length
  if (bad > 0) return [notFinite(bad)]
  if (formula === undefined)
    return [
      skipped(`What ${net.loss.name} should be is not known: let it say its formula, and it is compared with that.`),
    ]
  const recomputed = recompute(formula, draws, sample)
  const wrong = suspectLoss(net, recomputed, draws, sample)
  if (wrong !== undefined) return [wrong]
  return [atChance(formula, draws, sample, options.seed)]
}

function notEach(got: number, examples: number): SanityFinding {
  return fail({
    code: 'loss-reduction',
    expected: `a loss for each of ${examples} examples`,
    got: `${got} for all of them`,
    words:
      'The mean over the batch is taken later; what is measured would be wrong by the number of examples. Let perExample give [batch].',
    evidence: { losses: got, examples },
  })
}

function notFinite(count: number): SanityFinding {
  return fail({
    code: 'init-too-large',
    expected: 'finite scores',
    got: `${count} scores of the net, as it is initialised, are NaN or infinite`,
    words:
      'The inputs are finite, so the net itself overflows, divides by 0 or takes the logarithm of a negative number. Look at what its layers compute, and at its first values.',
    evidence: { notFinite: count },
  })
}

/** Probabilities where the loss expects scores. */
function squashedTwice(
  formula: LossFormula | undefined,
  last: OpKind | undefined,
  draws: readonly FirstScores[],
): SanityFinding | undefined {
  const soft = formula?.kind === 'softmax' || formula?.kind === 'distribution'
  if (!soft && formula?.kind !== 'binary') return undefined
  const squashes = last === 'Softmax' || last === 'Sigmoid' || last === 'HardSigmoid'
  if (!squashes && !(soft && draws.every(({ scores }) => addUpToOne(scores.data, scores.shape.at(-1) ?? 1))))
    return undefined
  const [{ losses }] = draws
  return fail({
    code: 'double-softmax',
    expected: 'scores of any size and sign: the loss itself makes probabilities of them',
    got: `the net gives probabilities (${squashes ? `its last operator is ${last}` : 'what it gives adds up to 1'})`,
    words: `Take the ${soft ? 'softmax' : 'sigmoid'} layer out of the net. Squashed twice, the loss cannot come near 0, begins just where guessing is, and its slopes are small; the exported model can have one in the end.`,
    evidence: { loss: meanOf(losses) },
  })
}

function addUpToOne(scores: Float32Array, classes: number): boolean {
  if (classes < 2) return false
  for (let at = 0; at < scores.length; at += classes) {
    let sum = 0
    for (let c = at; c < at + classes; c++) {
      if (scores[c] < 0) return false
      sum += scores[c]
    }
    if (Math.abs(sum - 1) > 1e-3) return false
  }
  return true
}

function recompute(formula: LossFormula, draws: readonly FirstScores[], sample: Sample): Recomputed {
  const join = (parts: readonly ArrayLike<number>[]) => Float64Array.from(parts.flatMap((part) => Array.from(part)))
  return {
    formula,
    graph: join(draws.map(({ losses }) => losses)),
    formulas: join(draws.map((draw) => byFormula(formula, draw, sample))),
  }
}

function atChance(formula: LossFormula, draws: readonly FirstScores[], sample: Sample, seed: number): SanityFinding {
  const random = new RandomStream(seed, 'sanity/loss')
  const count = sample.rows.length
  const losses = draws.map(({ losses: each }) => meanOf(each))
  // The same scores with the targets of other examples: what a net that knows nothing gives.
  const blind = draws.map((draw) =>
    meanOver(shuffles, () => {
      const order = random.permutation(count)
      return meanOf(byFormula(formula, draw, sample, (k) => order[k]))
    }),
  )
  const differences = losses.map((loss, i) => loss - blind[i])
  const spread = Math.sqrt(varianceOf(differences) / Math.max(1, draws.length - 1))
  const [loss, expected, away] = [losses[0], meanOf(blind), meanOf(differences)]
  const deviation = Math.sqrt(varianceOf(losses))
  const classes = draws[0].scores.shape.at(-1) ?? 1
  const targets: Targets = { values: sample.targets, width: sample.targetWidth, classes }
  const chance = bestConstant(
    formula,
    targets,
    sample.rows.map((_, k) => k),
  )
  const evidence = {
    loss,
    chance,
    equalScores: equalScores(formula, classes, chance),
    expected,
    deviation,
    difference: away,
    differenceError: spread,
    scoresDeviation: Math.sqrt(meanOver(draws.length, (i) => varianceOf(draws[i].scores.data))),
    draws: draws.length,
    examples: count,
  }
  const expectedText = `${number(expected)} ± ${number(deviation)} from the scores' size (deviation ${number(evidence.scoresDeviation)}), ${number(chance)} from the best single answer`
  const found = { expected: expectedText, got: number(loss), evidence }
  const base = Math.max(chance, evidence.equalScores)
  if (expected > (isSquared(formula) ? tooHighSquared : tooHigh) * Math.max(base, targetsSize(formula, sample)))
    return warning({
      ...found,
      code: 'initial-loss-high',
      words: `The first scores are far too large, so that the net begins sure of what it does not know, and spends its first steps unlearning that. Take smaller first values, init.he() or init.glorot(), or a last layer that begins near 0.`,
    })
  if (Math.abs(away) > farAway * spread + 1e-4 * expected && Math.abs(away) > farShare * base)
    return warning({
      ...found,
      expected: `${number(expected)} ± ${number(farAway * spread)}, as with other examples' targets`,
      words:
        away < 0
          ? 'As it is initialised the net answers better than guessing, in every draw of its first values: what it is to say stands in its inputs or its first values.'
          : 'As it is initialised the net answers worse than guessing, in every draw of its first values: its first values know the targets, and turn them round.',
    })
  return pass({ ...found, words: 'The loss is what guessing gives with scores of this size.' })
}

/** The loss where all scores are 0. */
function equalScores(formula: LossFormula, classes: number, chance: number): number {
  switch (formula.kind) {
    case 'softmax':
    case 'distribution':
      return Math.log(classes)
    case 'hinge':
      return (classes - 1) * formula.margin
    case 'binary':
      return Math.LN2
    default:
      return chance
  }
}

const isSquared = (formula: LossFormula) => formula.kind === 'squared' || formula.kind === 'huber'

/** Losses of a distance: what saying 0 gives. Targets that are far away make the loss high, not the scores. */
function targetsSize(formula: LossFormula, { targets }: Sample): number {
  if (formula.kind === 'squared') return meanOver(targets.length, (i) => targets[i] ** 2)
  if (formula.kind === 'absolute' || formula.kind === 'huber')
    return meanOver(targets.length, (i) => Math.abs(targets[i]))
  return 0
}
