/** @file frozen-layer: a weight that nothing changes while others learn. */
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { weights } from '../../statistics/weights.ts'

/** Measurements in each of which nothing moved. */
const enough = 5
/** Relative spread of ‖g‖/‖w‖ below which the gradient is the penalty's alone: a batch's part differs from batch to batch. */
const constant = 1e-4

export const frozenLayer: DiagnosisRule = {
  code: 'frozen-layer',
  basis: ['graph', 'run'],
  statistic:
    'Parameters on which the scores do not depend; weights whose gradient was exactly 0 at every measurement, or always the same share of the weights (a penalty alone), or whose update was exactly 0, while others moved.',
  threshold: `${enough} measurements without exception. Exactly 0: a gradient that only vanishes is not (see vanishing-gradient); layers behind which all units are dead are named there.`,
  source: "CS231n notes, 'Neural networks part 3: ratio of weights:updates'",
  judge(run) {
    return unused(run) ?? unmoved(run)
  },
}

function unused(run: History): Judgement | undefined {
  const names = run.start?.graph?.unused ?? []
  const [first] = names
  if (first === undefined) return undefined
  return {
    severity: 'warning',
    confidence: 0.95,
    where: first,
    words: `The scores do not depend on ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}: no gradient will ever reach ${names.length > 1 ? 'them' : 'it'}.`,
    evidence: { parameters: names.length },
    advice:
      'See whether what the layer gives is passed on, and whether a gradient can come back through what stands behind it; or take the layer out.',
    basis: 'graph',
  }
}

function unmoved(run: History): Judgement | undefined {
  const all = weights(run)
  const frozen = all.filter(({ name }) => isUnmoved(run, name))
  const [first] = frozen
  if (first === undefined) return undefined
  const hasGradient = run.series(`norm:gradient/${first.name}`)?.values.some((norm) => norm > 0) ?? false
  // Gradients everywhere and no update anywhere: that is the rate.
  if (frozen.length === all.length && hasGradient) return undefined
  return {
    severity: 'warning',
    confidence: 0.9,
    where: first.name,
    words: `${first.name}${frozen.length > 1 ? ` and ${frozen.length - 1} more weights` : ''} did not learn at all: ${hasGradient ? 'what the data say of it never came into an update' : 'its gradient was exactly 0 at every measurement'}.`,
    evidence: { weights: frozen.length, measurements: run.series(`norm:update/${first.name}`)?.values.length ?? 0 },
    advice:
      'Look at what stands between it and the loss: an operator without a slope (rounding, a sign, an arg max, a comparison), a product with 0, a cut; and at the update rule, whether it leaves the weight out.',
    basis: 'run',
  }
}

function isUnmoved(run: History, name: string): boolean {
  const [updates, gradients, norms] = ['update', 'gradient', 'weight'].map(
    (of) => run.series(`norm:${of}/${name}`)?.values ?? [],
  )
  if (updates.length < enough) return false
  if (updates.every((norm) => norm === 0) || gradients.every((norm) => norm === 0)) return true
  const ratios = gradients.map((norm, i) => norm / norms[i])
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return run.start?.penalty !== undefined && most > 0 && (most - least) / most < constant
}
