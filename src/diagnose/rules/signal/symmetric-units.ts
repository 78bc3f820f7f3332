/** @file symmetric-units: units of a hidden layer begin as copies of each other. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { usualDeviation } from '../../statistics/usual-deviation.ts'
import { type Weight, weights } from '../../statistics/weights.ts'

/** Few units that are alike are chance where weights have few values. */
const share = 0.5

export const symmetricUnits: DiagnosisRule = {
  code: 'symmetric-units',
  basis: ['graph'],
  statistic: 'How many units of each hidden weight differ from each other in their first values.',
  threshold:
    'At most half of them, in a weight that is not all 0 (that is zero-init) and not the last (whose units have targets of their own). An error where the weight behind is one number throughout: units with the same inputs and the same outputs get the same gradient for ever, unless chance (dropout) tells them apart; else a warning.',
  source:
    "Goodfellow, Bengio and Courville 2016, section 8.4, 'break symmetry'; CS231n notes, 'Neural networks part 2'",
  judge(run) {
    const all = weights(run)
    const [worst] = all
      .filter(isAlike)
      .sort((a, b) => Number(isConstantBehind(all, b)) - Number(isConstantBehind(all, a)))
    if (worst === undefined) return undefined
    const { units = 0, distinctUnits = 0 } = worst.initial
    const forEver = isConstantBehind(all, worst) && !hasChance(run)
    const deviation = usualDeviation(run, worst)
    const groups = distinctUnits === 1 ? 'all alike' : `only ${distinctUnits} different ones`
    return {
      severity: forEver ? 'error' : 'warning',
      confidence: forEver ? 0.97 : 0.75,
      where: worst.name,
      words: `The ${units} units of ${worst.name} begin as ${groups}: ${forEver ? 'they get the same gradient and stay alike, so that the layer can do no more than that many units' : 'what tells them apart is only what stands behind them'}.`,
      evidence: { units, distinctUnits, deviation: worst.initial.deviation, mean: worst.initial.mean },
      advice: `Draw its first values at random, with a deviation of about ${number(deviation, 2)} (init.he() or init.glorot()).`,
      suggestion: {
        what: 'initDeviation',
        value: Number(deviation.toPrecision(2)),
        instead: worst.initial.deviation,
      },
      basis: 'graph',
    }
  },
}

function isAlike({ isLast, initial: { min, max, units, distinctUnits } }: Weight): boolean {
  if (isLast || units === undefined || distinctUnits === undefined || (min === 0 && max === 0)) return false
  return distinctUnits <= share * units
}

function isConstantBehind(all: readonly Weight[], weight: Weight): boolean {
  const next = all[all.indexOf(weight) + 1]
  return next !== undefined && next.initial.min === next.initial.max
}

const hasChance = (run: History) => (run.start?.layers ?? []).some(({ kind }) => kind === 'dropout')
