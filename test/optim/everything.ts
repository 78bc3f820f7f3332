/** @file A rule that uses every operation and every kind of state, for comparing the forms. It optimises nothing. */
import { type Rule, rule } from '../../src/optim/index.ts'

export const everything: Rule = rule({
  name: 'everything',
  hyper: { alpha: 0.01, beta: 0.9 },
  state: { step: 0.1, last: 'zeros', average: 'parameter', greatest: 'zeros', kept: 'zeros', filled: 'zeros' },
  update: (op, { x, g, step, last, average, greatest, kept }, { alpha, beta, t }) => {
    // The step sizes of Rprop (Riedmiller and Braun 1993): they grow while the gradient keeps its sign.
    const agreement = op.mul(g, last)
    const grown = op.min(op.mul(step, 1.2), 50)
    const shrunk = op.max(op.mul(step, 0.5), 1e-6)
    const size = op.select(op.greater(agreement, 0), grown, op.select(op.less(agreement, 0), shrunk, step))
    const top = op.max(op.mul(op.exp(op.log(beta)), greatest), op.abs(g))
    const scaled = op.div(op.square(g), op.add(op.sqrt(top), alpha))
    const early = op.less(op.floor(op.div(t, 2)), 2)
    const change = op.select(early, scaled, op.neg(op.mul(op.sign(g), size)))
    const next = op.add(x, op.mul(op.pow(beta, t), change))
    return {
      x: next,
      step: size,
      last: g,
      average: op.add(average, op.div(op.sub(next, average), t)),
      greatest: top,
      kept,
      filled: op.add(alpha, t),
    }
  },
})
