/** @file NAdam: Adam with Nesterov's look-ahead and a momentum that rises. Dozat 2016, algorithm 2 (the technical report's algorithm 8). */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkMoments, type MomentSettings, running, seen } from './moments.ts'
import { checkLearningRate, type Rate, type Schedule } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = {
  pytorch: { learningRate: 0.002, epsilon: 1e-8, warming: 0.004 },
  keras: { learningRate: 0.001, epsilon: 1e-7, warming: 1 },
} as const

/**
 * NAdam (Dozat 2016): with μ_t = β1·(1 − ½·0.96^(ψ·t)) and P_t = μ_1·…·μ_t,
 *
 *     m ← β1·m + (1 − β1)·g          v ← β2·v + (1 − β2)·g²
 *     x ← x − α · ((1 − μ_t)/(1 − P_t)·g + μ_(t+1)/(1 − P_(t+1))·m) / (√(v/(1 − β2^t)) + ε)
 *
 * `dialect: 'pytorch'` (the default; torch.optim.NAdam, Dozat's ψ = 0.004) and `'keras'` (ψ = 1, ε = 1e-7) differ in ψ and the defaults.
 * PyTorch 1.13 counted μ twice; later ones do not.
 *
 * @param learningRate α > 0, a number or a schedule, default 0.002 ('keras': 0.001)
 * @param beta1 β1 in [0, 1), default 0.9
 * @param beta2 β2 in [0, 1), default 0.999
 * @param epsilon ε > 0, default 1e-8 ('keras': 1e-7)
 * @param warming ψ ≥ 0: how fast the momentum rises from ½·β1, default 0.004 ('keras': 1)
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function nadam({
  dialect = 'pytorch',
  learningRate = dialects[dialect]?.learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = dialects[dialect]?.epsilon,
  warming = dialects[dialect]?.warming,
  ...others
}: MomentSettings & {
  readonly learningRate?: Rate
  readonly warming?: number
  readonly dialect?: keyof typeof dialects
} = {}): Rule {
  checkOptions('nadam', others, ['learningRate', 'beta1', 'beta2', 'epsilon', 'warming', 'dialect'])
  checkDialect('nadam', dialect, Object.keys(dialects))
  checkMoments({ beta1, beta2, epsilon })
  checkRange('warming', warming, { min: 0 })
  const mu = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (warming * t))
  const product = products(mu)
  const atStep = (of: (t: number) => number): Schedule =>
    Object.assign(({ step }: { step: number }) => of(step + 1), { description: 'of the step' })
  return rule({
    name: 'nadam',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      beta2,
      epsilon,
      ofGradient: atStep((t) => (1 - mu(t)) / (1 - product(t))),
      ofMean: atStep((t) => mu(t + 1) / (1 - product(t + 1))),
      beta1,
    },
    state: { m: 'zeros', v: 'zeros' },
    update: (op, { x, g, m: m0, v: v0 }, { learningRate, beta1, beta2, epsilon, ofGradient, ofMean, t }) => {
      const m = running(op, beta1, m0, g)
      const v = running(op, beta2, v0, op.square(g))
      const ahead = op.add(op.mul(op.mul(learningRate, ofGradient), g), op.mul(op.mul(learningRate, ofMean), m))
      const divisor = op.add(op.div(op.sqrt(v), op.sqrt(seen(op, beta2, t))), epsilon)
      return { x: op.sub(x, op.div(ahead, divisor)), m, v }
    },
  })
}

/** f(1)·…·f(t): steps come in their order, or from a checkpoint on, so what was worked out once is kept. */
function products(f: (t: number) => number): (t: number) => number {
  const known = [1]
  return (t) => {
    while (known.length <= t) known.push(known[known.length - 1] * f(known.length))
    return known[t]
  }
}
