/** @file Adam: steps scaled by running moments of the gradient. Kingma and Ba 2015, algorithm 1; AMSGrad: Reddi, Kale and Kumar 2018, algorithm 2. */
import { checkOptions } from '../base/errors.ts'
import { checkMoments, type MomentSettings, running, seen } from './moments.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'
import { type Decay, decayed } from './weight-decay.ts'

/** `epsilonHat`: ε beside √v as it is, not beside √v̂ (Kingma and Ba, end of section 2). */
const dialects = {
  pytorch: { epsilon: 1e-8, epsilonHat: false },
  keras: { epsilon: 1e-7, epsilonHat: true },
} as const

export interface AdamSettings extends MomentSettings {
  /** α > 0, a number or a schedule, default 0.001. */
  readonly learningRate?: Rate
  /** 'pytorch' (default) or 'keras'. */
  readonly dialect?: keyof typeof dialects
}

const known = ['learningRate', 'beta1', 'beta2', 'epsilon', 'dialect']

/**
 * Adam (Kingma and Ba 2015, algorithm 1), bias-corrected, ε outside the root, without weight decay:
 *
 *     m ← β1·m + (1 − β1)·g          v ← β2·v + (1 − β2)·g²
 *     x ← x − α · m̂ / (√v̂ + ε)      with m̂ = m / (1 − β1^t), v̂ = v / (1 − β2^t), t = 1, 2, …
 *
 * `dialect: 'pytorch'` (the default) is the paper's algorithm, as are the CS231n notes. `dialect: 'keras'` is the form at the end of the
 * paper's section 2: x ← x − α·√(1 − β2^t)/(1 − β1^t) · m / (√v + ε), with ε = 1e-7: early on its ε weighs up to 30 times more.
 *
 * @param settings α default 0.001, β1 0.9, β2 0.999, ε 1e-8 ('keras': 1e-7)
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adam(settings: AdamSettings = {}): Rule {
  return adamRule('adam', settings, false)
}

/**
 * AMSGrad: Adam that divides by the largest second moment so far, so that the step of an entry never grows (Reddi, Kale and Kumar 2018,
 * algorithm 2, with Adam's bias correction, as PyTorch and Keras have it): v_max ← max(v_max, v) stands for v.
 *
 * @param settings as Adam's
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function amsgrad(settings: AdamSettings = {}): Rule {
  return adamRule('amsgrad', settings, true)
}

/**
 * AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): x ← x − α·λ·x, then Adam's step. With a schedule of
 * the rate the decay follows it, as in PyTorch and Keras; the paper's own, which does not depend on α, is `by: 'schedule'` of `weightDecay`.
 *
 * @param settings as Adam's, and `decay` λ ≥ 0, default 0.01
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adamw({ decay = 0.01, ...settings }: AdamSettings & { readonly decay?: Rate } = {}): Rule {
  return decayed('adamw', adamRule('adamw', settings, false), { decay } satisfies Decay)
}

function adamRule(name: string, settings: AdamSettings, isLargest: boolean): Rule {
  const { dialect = 'pytorch', learningRate = 0.001, beta1 = 0.9, beta2 = 0.999 } = settings
  checkOptions(name, settings, name === 'adamw' ? [...known, 'decay'] : known)
  checkDialect(name, dialect, Object.keys(dialects))
  const { epsilonHat, epsilon: usual } = dialects[dialect]
  const { epsilon = usual } = settings
  checkMoments({ beta1, beta2, epsilon })
  return rule({
    name,
    dialect: dialect === 'pytorch' ? undefined : dialect,
    hyper: { learningRate: checkLearningRate(learningRate), beta1, beta2, epsilon },
    state: { m: 'zeros', v: 'zeros', vMax: isLargest ? 'zeros' : undefined },
    update: (op, { x, g, m: m0, v: v0, vMax: before }, { learningRate, beta1, beta2, epsilon, t }) => {
      const m = running(op, beta1, m0, g)
      const v = running(op, beta2, v0, op.square(g))
      const vMax = isLargest ? op.max(before, v) : undefined
      // End of the paper's section 2: with √(1 − β2^t) taken out of m̂ / (√v̂ + ε), both corrections are scalars.
      const root2 = op.sqrt(seen(op, beta2, t))
      const rate = op.div(op.mul(learningRate, root2), seen(op, beta1, t))
      const beside = epsilonHat ? epsilon : op.mul(epsilon, root2)
      const change = op.div(op.mul(rate, m), op.add(op.sqrt(vMax ?? v), beside))
      return { x: op.sub(x, change), m, v, vMax }
    },
  })
}
