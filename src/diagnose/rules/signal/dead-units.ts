/** @file dead-units: ReLUs that are off for every example, and so learn no more. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'

/** Share of a layer's units. */
const many = 0.5
const some = 0.1
/** Of the way from knowing nothing to a perfect answer: who comes so far can spare them. */
const fine = 0.8

export const deadUnits: DiagnosisRule = {
  code: 'dead-units',
  basis: ['run'],
  statistic:
    'Share of the units of each ReLU layer that are off for all of 512 examples, in the two newest measurements; whether they were before the first step; how far the run has come.',
  threshold: `Half of a layer: a warning where they begin so, or where the run is short of ${100 * fine}% of the way to a perfect answer; an error where it is all of a layer, which lets no gradient through. From ${100 * some}% on, and where it learns well nevertheless, information: some dead units are usual.`,
  source:
    "CS231n notes, 'Neural networks part 1: ReLU' (up to 40% of a net can be dead where the rate is too high); Lu, Shin, Su and Karniadakis 2020",
  judge(run) {
    const found = [...run.by('dead')].flatMap(([layer, { values }]) => {
      const share = Math.min(...values.slice(-2))
      return values.length > 0 && share >= some ? [{ layer, share, start: values[0], seen: values.length }] : []
    })
    const [worst] = found.sort((a, b) => b.share - a.share)
    return worst && judged(run, worst)
  },
}

function judged(
  run: History,
  {
    layer,
    share,
    start,
    seen,
  }: { readonly layer: string; readonly share: number; readonly start: number; readonly seen: number },
): Judgement | undefined {
  const reached = run.derive(learning)?.reached ?? Number.NaN
  const fromStart = start >= many
  if (!fromStart && seen < 3) return undefined
  const harm = share >= many && (fromStart ? true : !(reached >= fine))
  return {
    severity: harm ? (share === 1 ? 'error' : 'warning') : 'info',
    confidence: harm ? (Number.isNaN(reached) && !fromStart ? 0.55 : 0.9) : 0.8,
    where: layer,
    words: `${number(100 * share, 2)}% of ${layer}'s units are off for every example${fromStart ? ', as they were before the first step' : `; before the first step it was ${number(100 * start, 2)}%`}.`,
    evidence: { dead: share, deadAtStart: start, ...(Number.isFinite(reached) && { reached }) },
    advice: harm ? adviceFor(fromStart) : 'Nothing to do: the others carry the net. A narrower layer would do as well.',
    basis: 'run',
  }
}

const adviceFor = (fromStart: boolean) =>
  fromStart
    ? 'Begin with biases of 0 and weights around 0 (init.he()), and with inputs that are standardised, so that a unit is on for about half of the examples; nn.leakyRelu() lets units come back.'
    : 'Take a lower learning rate, a third as a start: large steps threw the units to where no example reaches them, and no gradient brings them back. nn.leakyRelu() lets units come back.'
