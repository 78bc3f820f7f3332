/** @file init-too-small: first values so small that no signal passes, and the run stands at chance. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { layerSignal } from '../../statistics/layer-signal.ts'
import { stall, waiting } from '../../statistics/stall.ts'
import { usualDeviation } from '../../statistics/usual-deviation.ts'
import { usualScale, type Weight, weights } from '../../statistics/weights.ts'

/** Root mean square of a hidden layer's outputs; of unit inputs and He's weights it is 1. */
const faint = 0.1

export const initTooSmall: DiagnosisRule = {
  code: 'init-too-small',
  basis: ['run'],
  statistic:
    "Each hidden weight's deviation times √fanIn; the faintest hidden layer's outputs at the start; how long the loss stands at chance.",
  threshold: `A hidden weight below ${usualScale.least} (He's is √2, PyTorch's default 0.58), outputs below ${faint} somewhere, and a third of the planned steps at chance: gradients are then products of small numbers. Small first values from which it learns sooner are a late start and healthy.`,
  source:
    'Glorot and Bengio 2010, section 4.2; Saxe, McClelland and Ganguli 2014: the plateau lasts the longer the smaller the first values are',
  judge(run) {
    const small = weights(run).filter(isSmall)
    const [least] = [...small].sort((a, b) => a.scale - b.scale)
    if (least === undefined) return undefined
    const outputs = layerSignal(run).map(({ output }) => output.start)
    const faintest = Math.min(...outputs.slice(0, -1))
    const stood = run.derive(stall)
    if (stood === undefined || faintest > faint) return undefined
    if (stood.state === 'learns') return waiting(run, stood)
    const deviation = usualDeviation(run, least)
    return {
      severity: 'warning',
      confidence: 0.88,
      where: least.name,
      words: `The first values of ${least.name} are too small: their deviation ${number(least.initial.deviation)} is ${number(deviation / least.initial.deviation, 2)} times below what suits ${least.fanIn} inputs${small.length > 1 ? `, as in ${small.length} weights,` : ','} and the loss stands at chance.`,
      evidence: {
        deviation: least.initial.deviation,
        usualDeviation: deviation,
        scale: least.scale,
        weights: small.length,
        ...(Number.isFinite(faintest) && { faintestOutputs: faintest }),
      },
      advice: `Take a deviation of about ${number(deviation, 2)} (init.he() for ReLUs, init.glorot() for tanh): signal and gradient then keep their size from layer to layer.`,
      suggestion: { what: 'initDeviation', value: Number(deviation.toPrecision(2)), instead: least.initial.deviation },
      basis: 'run',
    }
  },
}

function isSmall({ scale, isLast, endsBranch, isRecurrent, initial }: Weight): boolean {
  const hidden = !isLast && !endsBranch && !isRecurrent
  return hidden && scale < usualScale.least && initial.deviation > 0
}
