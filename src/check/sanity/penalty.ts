/** @file The penalty: it raises the objective, it pulls the weights towards 0, and it leaves the data something to say. */
import { RandomStream } from '../../base/random.ts'
import { type Tensor, tensor } from '../../base/tensor.ts'
import { type Engine, evaluate } from '../../engine/engine.ts'
import { gradients } from '../../graph/autodiff.ts'
import { toFloat64 } from '../../graph/float64.ts'
import { operators } from '../../graph/ops/index.ts'
import { initialValue } from '../../nn/model.ts'
import {
  buildNet,
  gradientName,
  inputName,
  type NetDescription,
  targetName,
  trainingGraph,
} from '../../train/graphs.ts'
import { number } from '../words.ts'
import { quietNet } from './quiet.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import type { Sample } from './sample.ts'

const { fail, warning, pass, skipped } = speaker('penalty')

/** Gradients' norms from which on the penalty has the say. */
const swamping = 10
/** Added to the first values, so that what begins at 0 has a penalty too. */
const away = 0.1

/**
 * The objective is data loss + strength × penalty, so that more strength raises it just where the penalty is above 0; and a penalty
 * that should keep weights small must rise along them. Both at the first values, moved a little.
 */
export async function checkPenalty(
  net: NetDescription,
  engine: Engine,
  sample: Sample,
  options: { readonly seed: number },
): Promise<Findings> {
  if (net.penalty === undefined) return [skipped('The net has no penalty.')]
  const { name } = net.penalty
  const values = firstValues(net, options.seed)
  const measured = await measure(net, engine, values)
  const expected = `${name} is above 0 and rises with the weights`
  if (measured === undefined || (measured.penalty === 0 && measured.norm === 0))
    return [withoutEffect(name, expected, measured === undefined)]
  const { penalty, along, norm } = measured
  const ofData = await dataNorm(net, engine, sample, values)
  const evidence = {
    penalty,
    slopeAlongWeights: along,
    gradientNorm: norm,
    dataGradientNorm: ofData,
    ratio: norm / ofData,
  }
  const got = `${number(penalty)}; its slope along the weights is ${number(along)}, its gradient ${number(evidence.ratio)} times that of the data loss`
  const found = { expected, got, evidence }
  // Written so that NaN fails.
  if (!(penalty > 0) || !(along > 0))
    return [
      fail({
        ...found,
        code: 'wrong-sign',
        words: `A stronger penalty ${penalty > 0 ? 'does not rise with the weights: it drives them away from 0' : 'lowers the objective: training would make the weights as large as they can be'}. What is added to the loss is plus strength times a sum that grows with the weights.`,
      }),
    ]
  if (norm > swamping * ofData)
    return [
      warning({
        ...found,
        code: 'regularisation-too-strong',
        words: `The penalty has the say from the first step on: its gradient is ${number(evidence.ratio)} times that of the data, so that the weights shrink before they learn. Take a strength of at most ${number(1 / evidence.ratio, 1)} times this one.`,
      }),
    ]
  return [pass({ ...found, words: 'More penalty raises the objective.' })]
}

function withoutEffect(name: string, expected: string, onNothing: boolean): SanityFinding {
  const found = {
    expected,
    got: onNothing ? 'it is on no parameter of the net' : 'it is 0, and so is its slope, at weights that are not',
    evidence: { penalty: 0 },
  }
  // Who writes l2(0) has switched it off.
  if (/\(0(, 0)*\)$/.test(name)) return pass({ ...found, words: 'The penalty has the strength 0.' })
  return warning({
    ...found,
    words: `${name} has no effect. Does it name the weights that it is for, and is its strength above 0?`,
  })
}

type Named = Readonly<Record<string, Tensor>>

/** The first values, each moved by a tenth of its tensor's size, or by 0.1 where it is all 0. */
function firstValues(net: NetDescription, seed: number): Named {
  const { context } = buildNet(net, 2, true)
  const parameters = context.parameters.map((parameter): [string, Tensor] => {
    const { data, shape } = initialValue(parameter, seed)
    const size = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length) || 1
    const random = new RandomStream(seed, `sanity/penalty/${parameter.name}`)
    return [
      parameter.name,
      tensor(
        'float32',
        shape,
        data.map((x) => x + away * size * random.normal()),
      ),
    ]
  })
  const buffers = context.buffers.map(({ name, value, initial }): [string, Tensor] => {
    const filled = tensor('float32', value.shape)
    filled.data.fill(initial)
    return [name, filled]
  })
  return Object.fromEntries([...parameters, ...buffers])
}

/** In float64; undefined where the penalty is on nothing. */
async function measure(net: NetDescription, engine: Engine, values: Named) {
  const { builder, context } = buildNet(net, 1, false)
  const penalty = net.penalty?.of(context.parameters)
  if (penalty === undefined) return undefined
  const wrt = context.parameters.map(({ value }) => value)
  const slopes = gradients(penalty, wrt)
  const outputs = context.parameters.map(({ name }, i) => [gradientName(name), slopes[i]] as const)
  const graph = toFloat64(builder.graph('penalty', [['penalty', penalty], ...outputs], { inputs: wrt }), operators)
  const feeds = graph.inputs.map(({ name, shape }) => [
    name,
    tensor('float64', shape, Float64Array.from(values[name].data as Float32Array)),
  ])
  const results = await evaluate(engine, graph, Object.fromEntries(feeds))
  let [along, squares] = [0, 0]
  for (const { name } of context.parameters) {
    const slope = results[gradientName(name)].data as Float64Array
    const value = values[name].data as Float32Array
    for (let i = 0; i < slope.length; i++) {
      along += slope[i] * value[i]
      squares += slope[i] ** 2
    }
  }
  return { penalty: results.penalty.data[0] as number, along, norm: Math.sqrt(squares) }
}

/** The norm of the data loss's gradient over all parameters. */
async function dataNorm(net: NetDescription, engine: Engine, sample: Sample, values: Named): Promise<number> {
  const { graph, parameters } = trainingGraph(quietNet(net), sample.rows.length)
  const examples = {
    [inputName]: tensor('float32', [sample.rows.length, ...net.featureShape], sample.inputs),
    [targetName]:
      sample.targets instanceof Int32Array
        ? tensor('int32', [sample.rows.length, ...net.targetShape], sample.targets)
        : tensor('float32', [sample.rows.length, ...net.targetShape], sample.targets),
  }
  const given: Named = { ...values, ...examples }
  const feeds = graph.inputs.map(({ name }) => [name, given[name]])
  const results = await evaluate(engine, graph, Object.fromEntries(feeds))
  const squares = parameters.map(({ name }) =>
    (results[gradientName(name)].data as Float32Array).reduce((sum, slope) => sum + slope * slope, 0),
  )
  return Math.sqrt(squares.reduce((a, b) => a + b, 0))
}
