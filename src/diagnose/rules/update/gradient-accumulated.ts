/** @file gradient-accumulated: each step is the sum of all gradients since the start. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { isAdaptive } from '../../statistics/gain.ts'
import { type CarryingOn, carryingOn, momentumOf } from '../../statistics/memory.ts'

/** Momentum 0.9 has about 0.1, 0.95 half of it; 0.99 would have 0.01, and is declared. */
const none = 0.03
/** Watched steps: fewer tell nothing of a median. */
const enough = 10

export const gradientAccumulated: DiagnosisRule = {
  code: 'gradient-accumulated',
  basis: ['run'],
  statistic:
    'While gradients are large: the damping of the updates, from the balance of what a gradient adds to their length; the cosine of successive updates; their alignment with downhill, and how many go uphill.',
  threshold:
    'Successive updates that point the same way (cosine above 0.98) and hardly downhill (below 0.2): what carries them on is longer than the valley. And a damping below 0.03 for each step in a rule that declares no momentum (0.9 has 0.1); in one that divides by the size of gradients a quarter of the first steps uphill and hardly any alignment from then on (below 0.1), with a momentum of at most 0.95, and a loss that ends badly.',
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
    if (!goesOn || !(adaptive ? uphillFromTheStart(run) : seen.damping < none)) return undefined
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

/**
 * Adam goes on in one direction along the floor of a narrow valley too, and does well; and after a long time any rule does. With sums of gradients
 * it loses the slope within some steps, and ends badly.
 */
function uphillFromTheStart(run: History): boolean {
  const [ends, seen] = [run.derive(badEnds), run.derive(descents)]
  if (ends === undefined || seen === undefined) return false
  const isBad = ends.rising || ends.spiky || ends.jumpy || ends.worseThanGuessing || ends.thrown
  return isBad && seen.early.uphill >= 0.25 && Math.abs(seen.early.alignment) < 0.1
}

const wordsFor = ({ cosine, alignment, uphill }: CarryingOn) =>
  `Updates go on in one direction (cosine ${number(cosine)} from one to the next) though it is hardly downhill (cosine ${number(alignment, 2)}, ${number(100 * uphill, 2)}% of them uphill): each is the sum of all gradients so far.`
