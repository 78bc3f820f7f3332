/** @file Rprop: a step size for each weight, by the sign of its gradient alone; for full batches. Riedmiller and Braun 1993. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = ['pytorch', 'paper'] as const

/**
 * Rprop: where the gradient keeps its sign the step size grows (times `increase`), where it turns it shrinks (times `decrease`), and every
 * weight moves against the sign of its gradient by its size. What happens where it turns is the difference:
 *
 * - `dialect: 'pytorch'` (the default): the weight stands still for one step (Rprop−, torch.optim.Rprop; iRprop− of Igel and Hüsken 2003);
 * - `dialect: 'paper'`: its last change is taken back (Riedmiller and Braun 1993, eq. 5-6).
 *
 * Signs of small batches are chance: it is a rule for full batches.
 *
 * @param learningRate the first step size, > 0, default 0.01
 * @param decrease η− in (0, 1), default 0.5
 * @param increase η+ > 1, default 1.2
 * @param least, most bounds of the step sizes, default 1e-6 and 50
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function rprop({
  dialect = 'pytorch',
  learningRate = 0.01,
  decrease = 0.5,
  increase = 1.2,
  least = 1e-6,
  most = 50,
  ...others
}: {
  learningRate?: number
  decrease?: number
  increase?: number
  least?: number
  most?: number
  dialect?: (typeof dialects)[number]
} = {}): Rule {
  checkOptions('rprop', others, ['learningRate', 'decrease', 'increase', 'least', 'most', 'dialect'])
  checkDialect('rprop', dialect, dialects)
  checkRange('learningRate', learningRate, { min: 0, open: 'min' })
  checkRange('decrease', decrease, { min: 0, max: 1, open: 'both' })
  checkRange('increase', increase, { min: 1, open: 'min' })
  checkRange('least', least, { min: 0 })
  checkRange('most', most, { min: least })
  const isPaper = dialect === 'paper'
  return rule({
    name: 'rprop',
    dialect,
    hyper: { decrease, increase, least, most },
    state: { size: learningRate, previous: 'zeros', change: isPaper ? 'zeros' : undefined },
    update: (op, { x, g, size: s0, previous: g0, change: before }, { decrease, increase, least, most }) => {
      const agreement = op.mul(op.sign(g), op.sign(g0))
      const turns = op.less(agreement, 0)
      const factor = op.select(op.greater(agreement, 0), increase, op.select(turns, decrease, 1))
      const size = op.min(op.max(op.mul(s0, factor), least), most) // eq. 4
      const previous = op.select(turns, 0, g)
      const forward = op.mul(op.neg(op.sign(previous)), size) // eq. 5
      const change = isPaper ? op.select(turns, op.neg(before), forward) : forward // eq. 6
      return { x: op.add(x, change), size, previous, change: isPaper ? change : undefined }
    },
  })
}
