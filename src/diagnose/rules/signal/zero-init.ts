/** @file zero-init: a hidden weight begins with nothing but zeros. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { usualDeviation } from '../../statistics/usual-deviation.ts'
import { type Weight, weights } from '../../statistics/weights.ts'

/** Measurements after which a weight that has not moved is taken to be stuck. */
const enough = 5

export const zeroInit: DiagnosisRule = {
  code: 'zero-init',
  basis: ['graph', 'run'],
  statistic:
    'Weights of products, neither the last one nor the last of a residual branch, whose first values are all 0; whether the weight behind is 0 too; whether any update was not 0.',
  threshold:
    'One is enough. Where the weight behind is 0 too, the gradient of both is 0 or the same for all units: an error. So it is where no update moved it. One alone behind a random weight gets a gradient that differs from unit to unit, and recovers, late and needlessly: a warning.',
  source:
    "Goodfellow, Bengio and Courville 2016, section 8.4; CS231n notes, 'Neural networks part 2: weight initialization'. Zero at the end of a residual branch: Goyal et al. 2017, section 5.1",
  judge(run) {
    const all = weights(run)
    const found = all.filter((weight) => isHidden(weight) && isZero(weight))
    if (found.length === 0) return undefined
    const hopeless = found.filter((weight) => isZeroBehind(all, weight) && !hasRandomBias(run, weight))
    const stuck = found.filter(({ name }) => isStuck(run, name))
    const worst = hopeless[0] ?? stuck[0]
    if (worst !== undefined) return judgement(run, worst, found.length, worst === hopeless[0] ? 'behind' : 'stuck')
    // Layers of one's own may be residual without saying so; there only what does not move counts.
    const plain = found.find(({ layer }) => !layer?.includes('.'))
    return plain && judgement(run, plain, found.length, 'alone')
  },
}

const isHidden = ({ isLast, endsBranch, isRecurrent }: Weight) => !isLast && !endsBranch && !isRecurrent
const isZero = ({ initial: { min, max } }: Weight) => min === 0 && max === 0

function isZeroBehind(all: readonly Weight[], weight: Weight): boolean {
  const next = all[all.indexOf(weight) + 1]
  return next !== undefined && isZero(next)
}

/** Biases that differ make units that differ. */
function hasRandomBias(run: History, { layer }: Weight): boolean {
  return (run.start?.parameters ?? []).some(
    (parameter) =>
      parameter.layer === layer && parameter.fanIn === undefined && (parameter.initial?.deviation ?? 0) > 0,
  )
}

function isStuck(run: History, name: string): boolean {
  const updates = run.series(`norm:update/${name}`)?.values ?? []
  return updates.length >= enough && updates.every((norm) => norm === 0)
}

const why = {
  behind: 'The weight behind it is 0 as well, so that no unit gets a gradient of its own.',
  stuck: 'No update has moved it: nothing that comes through it can be told apart.',
  alone: 'Its units begin as copies of each other, and only what stands behind tells them apart.',
}

function judgement(run: History, weight: Weight, count: number, how: keyof typeof why): Judgement {
  const deviation = usualDeviation(run, weight)
  const others = count > 1 ? ` (and ${count - 1} more)` : ''
  return {
    severity: how === 'alone' ? 'warning' : 'error',
    confidence: how === 'alone' ? 0.65 : 0.97,
    where: weight.name,
    words: `All first values of ${weight.name}${others} are 0. ${why[how]}`,
    evidence: { weights: count, largest: 0, usualDeviation: deviation },
    advice: `Draw its first values at random, with a deviation of about ${number(deviation, 2)} (init.he() or init.glorot()); zeros are for biases, for the last layer, and for the last layer of a residual branch.`,
    suggestion: { what: 'initDeviation', value: Number(deviation.toPrecision(2)), instead: 0 },
    basis: how === 'stuck' ? 'run' : 'graph',
  }
}
