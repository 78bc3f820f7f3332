/** @file What nets give before they learn anything: scores and losses of the same examples under several draws of the first values. */
import { type Tensor, tensor } from '../../base/tensor.ts'
import { allocate, type Engine } from '../../engine/engine.ts'
import { fastForms } from '../../graph/forms.ts'
import { operators } from '../../graph/ops/index.ts'
import type { OpKind, Value } from '../../graph/types.ts'
import type { LossFormula } from '../../nn/loss.ts'
import { initialValue } from '../../nn/model.ts'
import { buildNet, inputName, type NetDescription, targetInput, targetName } from '../../train/graphs.ts'
import { lossOf } from './formula.ts'
import { quietNet } from './quiet.ts'
import type { Sample } from './sample.ts'

/** One draw of the first values. */
export interface FirstScores {
  /** [rows, …], as the net gives them, without dropout. */
  readonly scores: Tensor<'float32'>
  /** Of each example. */
  readonly losses: Float32Array
}

export interface FirstLook {
  readonly draws: readonly FirstScores[]
  /** The operator that makes the scores, views of them left out; undefined where they are an input or a constant. */
  readonly last: OpKind | undefined
}

/** Operators that only show their input in another form. */
const views: readonly OpKind[] = ['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Concat', 'Slice', 'Cast']

/**
 * @param seeds of the first values, one for each draw
 * @param training with the batch's own statistics where the net has them
 */
export async function firstLook(
  described: NetDescription,
  engine: Engine,
  sample: Sample,
  seeds: readonly number[],
): Promise<FirstLook> {
  const net = quietNet(described)
  const batch = sample.rows.length
  const { builder, context, output } = buildNet(net, batch, true)
  const target = targetInput(net, builder, batch)
  const graph = fastForms(
    builder.graph('first_scores', { output, losses: net.loss.perExample(output, target) }),
    operators,
  )
  const executable = await engine.compile(graph)
  try {
    const { inputs, outputs } = allocate(graph)
    const set = (name: string, values: ArrayLike<number>) =>
      void (inputs[name]?.data as Float32Array | undefined)?.set(values)
    set(inputName, sample.inputs)
    set(targetName, sample.targets)
    for (const { name, initial } of context.buffers) (inputs[name]?.data as Float32Array | undefined)?.fill(initial)
    const call = executable.bind(inputs, outputs)
    const draws: FirstScores[] = []
    for (const seed of seeds) {
      for (const parameter of context.parameters) set(parameter.name, initialValue(parameter, seed).data)
      await call()
      draws.push({
        scores: tensor('float32', output.shape, (outputs.output.data as Float32Array).slice()),
        losses: (outputs.losses.data as Float32Array).slice(),
      })
    }
    return { draws, last: lastOperator(output) }
  } finally {
    await executable.release()
  }
}

function lastOperator(output: Value): OpKind | undefined {
  let { node } = output
  while (node !== undefined && views.includes(node.kind)) node = node.inputs[0]?.node
  return node?.kind
}

/** The loss of each example by the formula. @param targetOf another target than the example's own */
export function byFormula(
  formula: LossFormula,
  { scores }: FirstScores,
  sample: Sample,
  targetOf: (k: number) => number = (k) => k,
): Float64Array {
  const count = sample.rows.length
  const scoresLength = scores.data.length / count
  return Float64Array.from({ length: count }, (_, k) =>
    lossOf(formula, {
      scores: scores.data,
      scoresAt: k * scoresLength,
      scoresLength,
      targets: sample.targets,
      targetsAt: targetOf(k) * sample.targetWidth,
      targetsLength: sample.targetWidth,
    }),
  )
}

/** Whether every example has the same scores, in every draw: nothing of the inputs comes through. */
export function isDeaf({ draws }: FirstLook): boolean {
  return draws.every(({ scores: { data, shape } }) => {
    const width = data.length / shape[0]
    return data.every((score, i) => score === data[i % width])
  })
}
