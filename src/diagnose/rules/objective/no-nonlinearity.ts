/** @file no-nonlinearity: layers one after the other that are no more than one linear layer. */
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'
import { type Weight, weights } from '../../statistics/weights.ts'

/** Of the way from knowing nothing to a perfect answer: below it a missing nonlinearity may be why. */
const fine = 0.7

export const noNonlinearity: DiagnosisRule = {
  code: 'no-nonlinearity',
  basis: ['graph', 'run'],
  statistic:
    'Pairs of weights with nothing but linear operators between them; whether any operator of the net, the loss aside, is not linear.',
  threshold: `A warning where nothing is nonlinear in a net of two weights or more; for one pair within a nonlinear net only where the run is short of ${100 * fine}% of the way, else information. None where the layer between is narrower than both sides (a bottleneck is a choice), for tables of embeddings, and inside blocks (residual branches add up, and end, linearly).`,
  source:
    'Cybenko 1989; Goodfellow, Bengio and Courville 2016, section 6.1; Saxe, McClelland and Ganguli 2014 for what deep linear nets do',
  judge(run) {
    const { graph } = run.start ?? {}
    if (graph === undefined || graph.linear.length === 0) return undefined
    const all = new Map(weights(run).map((weight) => [weight.name, weight]))
    const needless = graph.linear.find(([first, second]) => isNeedless(all.get(first), all.get(second)))
    if (needless === undefined) return undefined
    if (graph.nonlinear.length === 0) return everywhere(graph.linear.length, needless)
    return onePair(run, needless, graph.linear.length)
  },
}

/** The pair could be one layer, and that one would have no more numbers. */
function isNeedless(first: Weight | undefined, second: Weight | undefined): boolean {
  if (first === undefined || second === undefined) return false
  const isInside = [first, second].some(({ layer }) => layer?.includes('.'))
  const isDense = [first, second].every(({ kind }) => kind === 'dense' || kind === 'conv2d' || kind === undefined)
  const between = Math.min(first.fanOut ?? 0, second.fanIn)
  return isDense && !isInside && between >= Math.min(first.fanIn, second.fanOut ?? Number.POSITIVE_INFINITY)
}

const advice =
  'Put an activation (nn.relu() or nn.tanh()) behind every layer but the last; or leave out the second layer, which then costs time and adds nothing.'

function everywhere(pairs: number, [first, second]: readonly [string, string]): Judgement {
  return {
    severity: 'warning',
    confidence: 0.93,
    where: first,
    words: `Nothing in the net is nonlinear: ${first} and ${second}${pairs > 1 ? ' and the rest' : ''} can do no more than a single layer.`,
    evidence: { linearPairs: pairs },
    advice,
    basis: 'graph',
  }
}

function onePair(run: History, [first, second]: readonly [string, string], pairs: number): Judgement {
  const learnt = run.derive(learning)
  const isShort = learnt !== undefined && learnt.done >= 0.5 && learnt.reached < fine
  return {
    severity: isShort ? 'warning' : 'info',
    confidence: isShort ? 0.65 : 0.8,
    where: second,
    words: `There is nothing nonlinear between ${first} and ${second}: together they can do no more than one layer.`,
    evidence: { linearPairs: pairs, ...(learnt && Number.isFinite(learnt.reached) && { reached: learnt.reached }) },
    advice,
    basis: 'graph',
  }
}
