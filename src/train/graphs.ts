/** @file The graphs of a net: the one that trains, the one that measures, and the one that is shipped. */
import type { DType, Shape } from '../base/tensor.ts'
import { gradients } from '../graph/autodiff.ts'
import { Builder } from '../graph/graph.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import type { Graph, Operators, Value } from '../graph/types.ts'
import type { Constraint } from '../nn/constraint.ts'
import { correctCount, type Loss } from '../nn/loss.ts'
import {
  type Buffer,
  type BuiltLayer,
  type Layer,
  ModelContext,
  type Parameter,
  type RandomInput,
} from '../nn/model.ts'
import type { Penalty } from '../nn/penalty.ts'

/** What a net is, apart from its parameters' values. */
export interface NetDescription {
  readonly model: Layer
  readonly loss: Loss
  readonly penalty?: Penalty
  readonly constraint?: Constraint
  /** Shape of one example's inputs. */
  readonly featureShape: Shape
  /** Shape of one example's target, `[]` for a class number. */
  readonly targetShape: Shape
}

/** Names of the graph inputs and outputs that every step has; parameters stand under their own names. */
export const inputName = 'input'
export const targetName = 'target'
export const gradientName = (parameter: string) => `gradient/${parameter}`
/** Name of the output that holds what a buffer becomes, where it changes. */
export const nextBufferName = (buffer: string) => `next_buffer/${buffer}`

/** A graph and what the layers asked for while it was built. */
export interface NetGraph {
  readonly graph: Graph
  readonly parameters: readonly Parameter[]
  readonly buffers: readonly Buffer[]
  readonly randomInputs: readonly RandomInput[]
  readonly layers: readonly BuiltLayer[]
}

/** A net under construction. */
export interface Built {
  readonly builder: Builder
  readonly context: ModelContext
  readonly output: Value
}

/** Builds the layers, from the input on. @param table the operators; another table is for tests of what finds wrong rules */
export function buildNet(net: NetDescription, batch: number, training: boolean, table: Operators = operators): Built {
  const builder = new Builder(table)
  const context = new ModelContext(builder, training)
  const input = builder.input(inputName, 'float32', [batch, ...net.featureShape])
  return { builder, context, output: context.outermost(net.model, input) }
}

/** The input that holds a batch's targets. */
export function targetInput(net: NetDescription, builder: Builder, batch: number): Value {
  const dtype: DType = net.loss.task === 'classification' ? 'int32' : 'float32'
  return builder.input(targetName, dtype, [batch, ...net.targetShape])
}

/**
 * One training step without the update: from parameters, buffers and a batch to the gradients of the objective (mean loss
 * plus penalty), the buffers' next values, the batch's mean data loss and, for classification, the number of correct answers.
 */
export function trainingGraph(net: NetDescription, batch: number): NetGraph {
  const { builder, context, output, target, loss, objective } = buildObjective(net, batch)
  const slopes = gradients(
    objective,
    context.parameters.map(({ value }) => value),
  )
  const outputs: Record<string, Value> = { loss }
  if (net.loss.task === 'classification') outputs.correct = (net.loss.correct ?? correctCount)(output, target)
  context.parameters.forEach(({ name }, i) => {
    outputs[gradientName(name)] = slopes[i]
  })
  for (const { name, next } of context.buffers) if (next !== undefined) outputs[nextBufferName(name)] = next
  return { graph: builder.graph('training_step', outputs), ...context }
}

/** A net in training with what it learns by. */
export interface Objective extends Built {
  readonly target: Value
  /** The batch's mean data loss. */
  readonly loss: Value
  /** Loss plus penalty. */
  readonly objective: Value
}

/** Builds the layers as they train, and the objective. */
export function buildObjective(net: NetDescription, batch: number): Objective {
  const built = buildNet(net, batch, true)
  const target = targetInput(net, built.builder, batch)
  const loss = op.reduceMean(net.loss.perExample(built.output, target))
  const penalty = net.penalty?.of(built.context.parameters)
  return { ...built, target, loss, objective: penalty === undefined ? loss : op.add(loss, penalty) }
}

/** Sums over a batch, dropout off: `loss` (sum of the examples' losses) and, for classification, `correct`. */
export function measuringGraph(net: NetDescription, batch: number): NetGraph {
  const { builder, context, output } = buildNet(net, batch, false)
  const target = targetInput(net, builder, batch)
  const outputs: Record<string, Value> = { loss: op.reduceSum(net.loss.perExample(output, target)) }
  if (net.loss.task === 'classification') outputs.correct = (net.loss.correct ?? correctCount)(output, target)
  return { graph: builder.graph('measuring', outputs), ...context }
}

/** The penalty of the parameters alone; undefined where there is none. */
export function penaltyGraph(net: NetDescription): Graph | undefined {
  const { builder, context } = buildNet(net, 1, false)
  const penalty = net.penalty?.of(context.parameters)
  if (penalty === undefined) return undefined
  return builder.graph('penalty', { penalty }, { inputs: context.parameters.map(({ value }) => value) })
}

/** The net alone, dropout off: from inputs to outputs, with the parameters and buffers as inputs. */
export function forwardGraph(net: NetDescription, batch: number): NetGraph {
  const { builder, context, output } = buildNet(net, batch, false)
  return { graph: builder.graph('model', { output }), ...context }
}
