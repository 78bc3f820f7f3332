/** @file vanishing-gradient: what the first layers get of the gradient is too little to learn from. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { layerSignal } from '../../statistics/layer-signal.ts'
import { type RelativeGradient, relativeGradients } from '../../statistics/relative-gradients.ts'
import { stall, waiting } from '../../statistics/stall.ts'
import { weights } from '../../statistics/weights.ts'

/** First layer's ‖g‖/‖w‖ in units of the last one's; healthy deep nets have 0.05 to 3. */
const vanished = 0.01
/** What is left of a gradient that goes back through all steps of a sequence. */
const forgotten = 1e-3

export const vanishingGradient: DiagnosisRule = {
  code: 'vanishing-gradient',
  basis: ['run'],
  statistic:
    "Each weight's ‖gradient‖/‖weight‖ beside that of the last one; of simple recurrent layers the factor by which a gradient shrinks at each step back, (deviation·√units)·(1 − mean square of the state), to the power of the length; how long the loss stands at chance.",
  threshold: `${vanished} somewhere in at least three weights (healthy deep nets: 0.05 and more; six sigmoids: 0.0003), or ${forgotten} over a sequence, and a third of the planned steps at chance. Deep nets that learn are none. A gradient of exactly 0 is cut, not vanished: see dead-units and frozen-layer.`,
  source:
    'Hochreiter 1991; Bengio, Simard and Frasconi 1994; Glorot and Bengio 2010, section 4.2.2; Pascanu, Mikolov and Bengio 2013, section 2.2',
  judge(run) {
    const found = throughLayers(run) ?? throughTime(run)
    if (found === undefined) return undefined
    const stood = run.derive(stall)
    if (stood === undefined) return undefined
    return stood.state === 'stalled' ? found : waiting(run, stood)
  },
}

function throughLayers(run: History): Judgement | undefined {
  const all = relativeGradients(run).filter(({ isRecurrent }) => !isRecurrent)
  const last = all.at(-1)
  if (all.length < 3 || last === undefined) return undefined
  const share = (gradient: RelativeGradient) => Math.min(gradient.start / last.start, gradient.usual / last.usual)
  const [least] = all.filter(({ start, usual }) => start > 0 && usual > 0).sort((a, b) => share(a) - share(b))
  if (least === undefined || least === last || !(share(least) < vanished)) return undefined
  const layers = all.length - 1 - all.indexOf(least)
  const perLayer = share(least) ** (1 / Math.max(1, layers))
  return {
    severity: 'warning',
    confidence: 0.88,
    where: least.name,
    words: `The gradient vanishes on its way back: relative to its weights, ${least.name} gets ${number(share(least), 2)} of what ${last.name} gets, a factor of ${number(perLayer, 2)} a layer, and the loss stands at chance.`,
    evidence: { share: share(least), perLayer, layers, first: least.usual, last: last.usual },
    advice:
      'Use ReLUs with init.he() instead of sigmoids, or tanh with init.glorot(); or put normalisation (nn.batchNorm(), nn.layerNorm()) or nn.residual() around the layers; or take fewer of them.',
    basis: 'run',
  }
}

function throughTime(run: History): Judgement | undefined {
  const length = run.start?.data.featureShape[0] ?? 1
  const weight = weights(run).find(({ kind, isRecurrent }) => isRecurrent && kind === 'recurrent')
  if (weight === undefined || (run.start?.data.featureShape.length ?? 0) < 2) return undefined
  const state = layerSignal(run).find(({ name }) => name === weight.layer)?.output.start ?? 0
  const perStep = weight.scale * (1 - Math.min(1, state ** 2))
  const share = perStep ** (length - 1)
  if (!(share < forgotten)) return undefined
  return {
    severity: 'warning',
    confidence: 0.7,
    where: weight.name,
    words: `The gradient vanishes on its way back through the ${length} steps of a sequence: ${weight.name} keeps about ${number(perStep, 2)} of it at each step, and the loss stands at chance.`,
    evidence: { perStep, length, share, scale: weight.scale },
    advice:
      'Take nn.lstm() or nn.gru(), whose memory carries the gradient; or an orthogonal recurrent weight (recurrentInit: init.orthogonal()), and shorter sequences.',
    basis: 'run',
  }
}
