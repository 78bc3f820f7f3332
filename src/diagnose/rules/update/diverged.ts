/** @file diverged: the loss is out of bounds. */
import { number } from '../../../check/words.ts'
import type { Basis, Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { type Divergence, divergence } from '../../statistics/divergence.ts'
import { highestRate } from '../../statistics/rates.ts'
import { measuredRate, trialProposal } from '../../statistics/trials.ts'

/** Operators that give an infinity or NaN out of ordinary numbers, or have a slope that is infinite there, and what keeps them from it. */
const edges: Readonly<Record<string, string>> = {
  Log: 'a logarithm of 0 is −∞: take log(1 + x) where x is never below 0, else keep x above a small number (1e-6)',
  Sqrt: 'the slope of a root at 0 is infinite: add a small number (1e-6) below the root',
  Div: 'a division by 0: add a small number (1e-6) to what is divided by',
  Reciprocal: 'a division by 0: add a small number (1e-6) to what is divided by',
  Pow: 'a power of 0 or of a negative number: keep what it is taken of above a small number (1e-6)',
  Exp: 'an exponential of more than 88 is infinite in float32: take the largest value off before',
}

export const diverged: DiagnosisRule = {
  code: 'diverged',
  basis: ['run', 'experiment'],
  statistic:
    'Losses and parameters that are not finite; the median of the last quarter of the losses over the first loss.',
  threshold:
    'Not finite at all, or a hundred times what the loss was at the start: that is beyond any loss at chance, and no run comes back from there.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6: above twice the best rate gradient descent diverges',
  judge(run) {
    const found = run.derive(divergence)
    if (found === undefined) return undefined
    const rate = highestRate(run)
    return {
      severity: 'error',
      confidence: found.kind === 'exploded' ? 0.85 : 0.97,
      ...(found.first !== undefined && { where: found.first }),
      words: found.words,
      evidence: { step: found.step, factor: found.factor, ...(rate !== undefined && { learningRate: rate }) },
      basis: 'run',
      ...remedyOf(run, found, rate),
    }
  },
}

/** A lower rate mends what steps have done: not what was so before the first of them, nor what a value of the data or an operator makes. */
function remedyOf(
  run: History,
  found: Divergence,
  rate: number | undefined,
): Pick<Judgement, 'advice' | 'suggestion'> & { readonly basis?: Basis } {
  const { first, step } = found
  if (first === 'input' || first === 'target')
    return { advice: `Mend that value, or leave the example out: no learning rate helps against ${first}s like it.` }
  const atOnce = isBeforeUpdates(run, found)
  const isOfLayer = run.start?.layers?.some(({ name }) => name === first) ?? false
  const odd = isOfLayer || atOnce || first?.startsWith('gradient/') ? edgesOf(run) : []
  const before = atOnce ? 'It was so before the first update, at any learning rate. ' : ''
  if (odd.length > 0)
    return {
      advice: `${before}Look at ${isOfLayer ? first : 'the operators of the net'}: ${odd.map((kind) => edges[kind]).join('; ')}.`,
      ...(isOfLayer && odd[0] === 'Log' && { suggestion: { what: 'logOffset' as const, value: 1, instead: 0 } }),
    }
  if (atOnce)
    return {
      advice: `${before}Look for values that are NaN or extreme in the first batch's inputs and targets, then for first values that are far too large.`,
    }
  const measured = measuredRate(run, 'lower')
  if (measured !== undefined && rate !== undefined)
    return {
      advice: `Try the learning rate ${number(measured.value, 2)} instead of ${number(rate)}. ${measured.words}`,
      suggestion: { what: 'learningRate', value: measured.value, instead: rate },
      basis: 'experiment',
    }
  return {
    advice: `Go back to before step ${step}. Look for values that are NaN or extreme in the inputs and targets of that batch; where there are none, try ${
      rate === undefined ? 'a tenth of the learning rate' : `the learning rate ${number(rate / 10, 2)}, a tenth`
    }, or clip the gradient's norm.${trialProposal(run, 'tells whether it is the rate, and which one is not too high')}`,
    ...(rate !== undefined && {
      suggestion: { what: 'learningRate' as const, value: Number((rate / 10).toPrecision(2)), instead: rate },
    }),
  }
}

/** The loss of the first batch, which no update has touched, was not finite; or its gradient was not. */
function isBeforeUpdates({ losses, start }: History, { first, kind }: Divergence): boolean {
  if (start === undefined || losses.length === 0) return false
  return (
    !Number.isFinite(losses[0]) || (kind === 'declared' && losses.length < 2 && first?.startsWith('gradient/') === true)
  )
}

const edgesOf = (run: History) =>
  Object.keys(edges).filter((kind) => run.start?.graph?.nonlinear.includes(kind) ?? false)
