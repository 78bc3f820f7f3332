/** @file gradient-accumulated: each step is the sum of all gradients since the start. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { descents } from '../../statistics/descent.ts'
import { gains, isAdaptive } from './gain.ts'
import { damping, momentumOf, successive } from './memory.ts'

/** A momentum of 0.99 has a damping of 0.01; less than a third of that, and nobody said so. */
const none = 0.004

export const gradientAccumulated: DiagnosisRule = {
  code: 'gradient-accumulated',
  basis: ['run'],
  statistic:
    'The damping of the updates, from the balance of what a gradient adds to their length; the cosine of successive updates; their alignment with downhill.',
  threshold:
    'A damping below 0.004 for each step (momentum 0.9 has 0.1, 0.99 has 0.01) with successive updates that point the same way (cosine above 0.97) and hardly downhill (below 0.3), in a rule that declares no momentum.',
  source:
    'Polyak 1964, eq. 9 (the heavy ball without friction never comes to rest); PyTorch, Optimizer.zero_grad: gradients add up until they are cleared',
  judge(run) {
    if (run.start === undefined || momentumOf(run) !== undefined || isAdaptive(run)) return undefined
    const seen = run.derive(descents)
    const [damped, cosine] = [damping(run), successive(run)]
    if (seen === undefined || !(damped < none && cosine > 0.97 && seen.late.alignment < 0.3)) return undefined
    const all = run.derive(gains)
    const grown = Math.max(...all.map(({ update, gradient }) => update / gradient)) / (all[0].update / all[0].gradient)
    return {
      severity: 'error',
      confidence: 0.85,
      words: `Updates go on in the same direction (cosine ${number(cosine)} from one to the next) though it is not downhill any more (${number(seen.late.alignment, 2)}): each is the sum of all gradients so far, up to ${number(grown, 2)} times its own.`,
      evidence: { damping: damped, cosine, alignment: seen.late.alignment, grown },
      advice:
        'Clear the gradients before each step, so that a step takes only its own; or let the sum decay: velocity ← 0.9 · velocity − rate · gradient.',
      basis: 'run',
    }
  },
}
