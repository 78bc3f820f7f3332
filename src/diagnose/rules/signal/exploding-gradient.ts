/** @file exploding-gradient: what goes back through layers or steps grows until one update throws the weights away. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { layerSignal } from '../../statistics/layer-signal.ts'
import { learning } from '../../statistics/learning.ts'
import { median } from '../../statistics/numbers.ts'
import { relativeGradients } from '../../statistics/relative-gradients.ts'
import { weights } from '../../statistics/weights.ts'

/** Recurrent layers' ‖g‖/‖w‖ in units of the last weight's; healthy ones have 0.5 to 5. */
const exploded = 30
/** And of its own weight: what is a third of it throws it away in a few steps. Healthy ones have up to 0.2. */
const large = 0.3
/** Largest outputs in units of the first layer's at the start; He's weights keep them at 1 to 3. */
const huge = 30
const fine = 0.9
/** A spike in units of the gradients around it, of those at the start, and of what the last weight's gradient rises by. */
const spike = { around: 30, start: 3, fewest: 2, last: 5 }

export const explodingGradient: DiagnosisRule = {
  code: 'exploding-gradient',
  basis: ['run'],
  statistic:
    "‖gradient‖/‖weight‖ of each weight: a recurrent layer's beside the last weight's, the growth of the outputs from layer to layer at the start; spikes of a recurrent net's gradient over the nine measurements around.",
  threshold: `A recurrent layer ${exploded} times the last one (healthy: up to 5) and ${large} of its weight, outputs that grow by ${huge} where a gradient is as large as its weight (where the first values are the reason, that is init-too-large), or ${spike.fewest} spikes of ${spike.around} times what is around and ${spike.start} times the start, ${large} of the weight, and ${spike.last} times as high as those of the last weight, in a run that is short of ${100 * fine}% of the way.`,
  source: 'Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013, section 2.2 and 3.2 (clipping)',
  judge(run) {
    return throughTime(run) ?? spikes(run) ?? throughLayers(run)
  },
}

function throughTime(run: History): Judgement | undefined {
  const all = relativeGradients(run)
  const last = all.at(-1)
  const layers = recurrentLayers(run)
  if (last === undefined || layers.size === 0) return undefined
  const times = (g: (typeof all)[number]) => Math.max(g.start / last.start, g.usual / last.usual)
  const [worst] = all.filter(({ name }) => layers.has(name) && name !== last.name).sort((a, b) => times(b) - times(a))
  if (worst === undefined || !(times(worst) >= exploded && Math.max(worst.start, worst.usual) >= large))
    return undefined
  const weight = weights(run).find(({ isRecurrent }) => isRecurrent)
  return {
    severity: 'warning',
    confidence: 0.85,
    where: worst.name,
    words: `The gradient explodes on its way back through the steps of a sequence: relative to its weights, ${worst.name} gets ${number(times(worst), 2)} times what ${last.name} gets.`,
    evidence: { times: times(worst), first: worst.start, most: worst.most, scale: weight?.scale ?? Number.NaN },
    advice: advice(weight?.scale),
    basis: 'run',
  }
}

const advice = (scale: number | undefined) =>
  `${scale !== undefined && scale > 1.2 ? `Take an orthogonal recurrent weight (recurrentInit: init.orthogonal()): this one enlarges the state about ${number(scale, 2)} times at each step. ` : ''}Clip the gradient's norm, or take nn.lstm() or nn.gru().`

/** Weights of recurrent layers. */
function recurrentLayers(run: History): ReadonlySet<string> {
  const all = weights(run)
  const layers = new Set(all.filter(({ isRecurrent }) => isRecurrent).map(({ layer }) => layer))
  return new Set(all.filter(({ layer }) => layers.has(layer)).map(({ name }) => name))
}

/** Of a recurrent weight's gradient; where that of the last weight rises as high, it is the loss that has jumped. */
function spikes(run: History): Judgement | undefined {
  const [name] = [...recurrentLayers(run)].filter((each) => each.endsWith('recurrentWeight'))
  const norms = run.series(`norm:gradient/${name}`)?.values ?? []
  const last = run.series(`norm:gradient/${weights(run).at(-1)?.name}`)?.values ?? []
  const own = run.series(`norm:weight/${name}`)?.values ?? []
  const start = median(norms.slice(0, 5))
  const over = (values: readonly number[]) =>
    values.map((norm, i) => norm / median(values.slice(Math.max(0, i - 4), i + 5)))
  const [heights, atLast] = [over(norms), over(last)]
  const found = heights.filter(
    (height, i) =>
      height >= spike.around &&
      norms[i] >= Math.max(spike.start * start, large * own[i]) &&
      !(height < spike.last * atLast[i]),
  )
  // What does well nevertheless bears them.
  const reached = run.derive(learning)?.reached ?? Number.NaN
  if (found.length < spike.fewest || reached >= fine) return undefined
  const most = Math.max(...found)
  return {
    severity: 'warning',
    confidence: 0.75,
    where: name,
    words: `The gradient of ${name} explodes now and then: ${found.length} of ${norms.length} measurements are up to ${number(most, 2)} times those around them.`,
    evidence: { spikes: found.length, measurements: norms.length, highest: most, start },
    advice: `Clip the gradient's norm at about ${number(3 * median(norms), 2)}, three times the usual one, so that one batch cannot throw the weights away.`,
    basis: 'run',
  }
}

function throughLayers(run: History): Judgement | undefined {
  const outputs = layerSignal(run).map(({ output }) => output.start)
  const grown = Math.max(...outputs) / outputs[0]
  const [worst] = [...relativeGradients(run)].sort((a, b) => b.start - a.start)
  if (worst === undefined || !(grown >= huge) || outputs.length < 3 || !(worst.start >= 1)) return undefined
  return {
    severity: 'warning',
    confidence: 0.75,
    where: worst.name,
    words: `Signal and gradient grow from layer to layer: the outputs ${number(grown, 2)} times over, and the gradient of ${worst.name} begins at ${number(worst.start, 2)} times the size of the weights themselves.`,
    evidence: { growth: grown, relativeGradient: worst.start },
    advice:
      'Take init.he() or init.glorot(); begin residual branches at 0 (init.zeros() in their last layer); or put normalisation (nn.batchNorm(), nn.layerNorm()) between the layers.',
    basis: 'run',
  }
}
