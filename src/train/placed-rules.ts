/** @file The rules of a training, each with the parameters that it updates and the places of its scalars. */
import { sizeOf } from '../base/tensor.ts'
import { Builder } from '../graph/graph.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import { inline } from '../graph/rewrite.ts'
import type { Graph, Value } from '../graph/types.ts'
import type { NormClip, Rule, UpdateRule } from '../optim/update-rule.ts'
import { gradientName } from './graphs.ts'

/** Parameters that one rule updates with the same scalars. */
export interface PlacedRule {
  readonly rule: Rule
  /** Places among the parameters, rising. */
  readonly members: readonly number[]
  /** Place of its first scalar among those of all rules. */
  readonly firstSlot: number
  /** Place among the factors that shorten gradients; absent where nothing does. */
  readonly factor?: number
}

/** In the order of the rules; where each tensor's gradient is shortened for itself, each tensor stands alone. */
export function placedRules(update: UpdateRule, names: readonly string[]): readonly PlacedRule[] {
  const { clip } = update
  let firstSlot = 0
  return update.parts(names).flatMap(({ rule, members }) => {
    const first = firstSlot
    firstSlot += rule.program.slots.length
    if (clip?.by === 'tensor') return members.map((i) => ({ rule, members: [i], firstSlot: first, factor: i }))
    return [{ rule, members, firstSlot: first, ...(clip && { factor: 0 }) }]
  })
}

/** How many scalars all rules have together. */
export const slotCount = (placed: readonly PlacedRule[]) =>
  Math.max(0, ...placed.map(({ firstSlot, rule }) => firstSlot + rule.program.slots.length))

/** Name of the output that holds the factors that shorten gradients: float32 [1], or [parameters]. */
export const factorsName = 'gradient/factors'

/** min(1, norm/‖g‖), of all gradients together or of each: scalars. */
export function clipFactors(gradients: readonly Value[], { norm, by }: NormClip): Value[] {
  // A product of a row and a column: one kernel, where squares and their sum are two.
  const squares = gradients.map((g) => {
    const size = sizeOf(g.shape)
    return op.reshape(op.matMul(op.reshape(g, [1, size]), op.reshape(g, [size, 1])), [])
  })
  const factorOf = (square: Value) => op.div(norm, op.maximum(norm, op.sqrt(square)))
  return by === 'tensor' ? squares.map(factorOf) : [factorOf(squares.reduce((sum, square) => op.add(sum, square)))]
}

/** The graph of loss and gradients with the factors as one more output. */
export function withClipFactors(graph: Graph, parameters: readonly string[], clip: NormClip): Graph {
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const results = inline(graph, builder, inputs)
  const outputs = Object.fromEntries(graph.outputs.map(({ name }, i) => [name, results[i]]))
  const factors = clipFactors(
    parameters.map((name) => outputs[gradientName(name)]),
    clip,
  )
  const flat = factors.map((factor) => op.reshape(factor, [1]))
  return builder.graph(graph.name, { ...outputs, [factorsName]: op.concat(flat, 0) })
}
