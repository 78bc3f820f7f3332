/** @file gradient-accumulated: each step is the sum of all gradients since the start. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { isAdaptive } from './gain.ts'
import { type CarryingOn, carryingOn, momentumOf } from './memory.ts'

/** Momentum 0.9 has 0.1 and more, for noise adds to it; 0.99 would have 0.01, and is declared. */
const none = 0.05
/** Watched steps: fewer tell nothing of a median. */
const enough = 6

export const gradientAccumulated: DiagnosisRule = {
  code: 'gradient-accumulated',
  basis: ['run'],
  statistic:
    'While gradients are large: the damping of the updates, from the balance of what a gradient adds to their length; the cosine of successive updates; their alignment with downhill, and how many go uphill.',
  threshold:
    'Successive updates that point the same way (cosine above 0.98) and hardly downhill (below 0.2): what carries them on is longer than the valley. And a damping below 0.05 for each step in a rule that declares no momentum (0.9 has 0.1); in one that divides by the size of gradients a quarter of the steps uphill, with a momentum of at most 0.95.',
  source:
    'Polyak 1964, eq. 9 (the heavy ball without friction never comes to rest); PyTorch, Optimizer.zero_grad: gradients add up until they are cleared',
  judge(run) {
    const mu = momentumOf(run)
    const adaptive = isAdaptive(run)
    if (run.start === undefined || (mu !== undefined && (!adaptive || mu > 0.95))) return undefined
    const seen = run.derive(carryingOn)
    if (seen === undefined) return undefined
    if (seen.count < enough) return run.ended ? undefined : { tooEarly: Math.max(40, 2 * run.step) }
    const goesOn = seen.cosine > 0.98 && Math.abs(seen.alignment) < 0.2
    if (!goesOn || !(adaptive ? seen.uphill >= 0.25 : seen.damping < none)) return undefined
    return {
      severity: 'error',
      confidence: adaptive ? 0.75 : 0.85,
      words: wordsFor(seen),
      evidence: {
        cosine: seen.cosine,
        alignment: seen.alignment,
        uphill: seen.uphill,
        ...(!adaptive && { damping: seen.damping }),
      },
      advice:
        'Clear the gradients before each step, so that a step takes only its own; or let the sum decay: velocity ← 0.9 · velocity − rate · gradient.',
      basis: 'run',
    }
  },
}

const wordsFor = ({ cosine, alignment, uphill }: CarryingOn) =>
  `Updates go on in one direction (cosine ${number(cosine)} from one to the next) though it is hardly downhill (cosine ${number(alignment, 2)}, ${number(100 * uphill, 2)}% of them uphill): each is the sum of all gradients so far.`
