/** @file init-too-large: first values so large that the net begins saturated, or sure of what it does not know. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { firstLoss, highFirstLoss } from '../../statistics/first-loss.ts'
import { layerSignal } from '../../statistics/layer-signal.ts'
import { startsSaturated } from '../../statistics/saturated-layers.ts'
import { usualDeviation } from '../../statistics/usual-deviation.ts'
import { usualScale, type Weight, weights } from '../../statistics/weights.ts'

/** From the first layer's outputs to the largest: what He's weights keep at 1. */
const growth = 10

export const initTooLarge: DiagnosisRule = {
  code: 'init-too-large',
  basis: ['graph', 'run'],
  statistic:
    "Each weight's deviation times √fanIn, and what it does at the start: the share of tanh and sigmoid outputs beyond 0.97 of their range, the first loss in units of that at chance, the growth of the outputs from layer to layer.",
  threshold: `A weight above ${usualScale.most} (Glorot's is 1, He's √2, with tanh's gain 5/3), and damage: half of a hidden layer's outputs saturated (of a unit normal signal 3.6% are), a first loss of 4 times chance (10 times for squares), or outputs that grow by ${growth}. Large weights behind a normalisation do no damage and are none.`,
  source: 'Glorot and Bengio 2010, sections 3 and 4.2; He et al. 2015, section 2.2; LeCun et al. 1998, section 4.6',
  judge(run) {
    const overflow = run.check?.sanity?.findings.find(({ code }) => code === 'init-too-large')
    if (overflow !== undefined)
      return {
        severity: 'error',
        confidence: 0.95,
        words: `Before the first step: ${overflow.got}.`,
        evidence: overflow.evidence,
        advice: overflow.words,
        basis: 'graph',
      }
    const [largest] = weights(run)
      .filter(({ scale }) => scale > usualScale.most)
      .sort((a, b) => b.scale - a.scale)
    return largest && judged(run, largest)
  },
}

function judged(run: History, largest: Weight): Judgement | undefined {
  const damage = damageOf(run)
  if (damage === undefined) return undefined
  const deviation = usualDeviation(run, largest)
  const times = largest.initial.deviation / deviation
  return {
    severity: 'warning',
    confidence: times > 2.5 ? 0.92 : 0.75,
    where: largest.name,
    words: `The first values of ${largest.name} are too large: their deviation ${number(largest.initial.deviation)} is ${number(times, 2)} times what suits ${largest.fanIn} inputs, and ${damage.words}.`,
    evidence: {
      deviation: largest.initial.deviation,
      usualDeviation: deviation,
      scale: largest.scale,
      ...damage.evidence,
    },
    advice: `Take a deviation of about ${number(deviation, 2)} (init.he() for ReLUs, init.glorot() for tanh and sigmoids): each layer then keeps the size of its signal.`,
    suggestion: {
      what: 'initDeviation',
      value: Number(deviation.toPrecision(2)),
      instead: largest.initial.deviation,
    },
    basis: damage.basis,
  }
}

function damageOf(run: History): Pick<Judgement, 'evidence' | 'basis' | 'words'> | undefined {
  const loss = firstLoss(run)
  if (loss !== undefined && loss.times >= highFirstLoss(run))
    return {
      words: `the loss begins at ${number(loss.times, 2)} times that of equal scores`,
      evidence: { firstLoss: loss.value, timesChance: loss.times },
      basis: loss.basis,
    }
  const [saturated] = startsSaturated(run)
  if (saturated !== undefined)
    return {
      words: `${number(100 * saturated.start, 2)}% of ${saturated.name}'s outputs begin at the ends of their range`,
      evidence: { saturation: saturated.start },
      basis: 'run',
    }
  const outputs = layerSignal(run).map(({ output }) => output.start)
  const grown = Math.max(...outputs) / outputs[0]
  if (!(grown >= growth)) return undefined
  return { words: `the signal grows ${number(grown, 2)} times on its way`, evidence: { growth: grown }, basis: 'run' }
}
