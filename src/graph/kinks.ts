/** @file Kinks: recording which side, or which element, every kinked operator chose, and holding those choices fixed. */
import { Builder } from './graph.ts'
import { inline, namedAs } from './rewrite.ts'
import type { Graph, Node, Operators, Value } from './types.ts'

/** A kinked operator of a graph and the name of the output that tells its winners. */
export interface Winner {
  readonly kind: Node['kind']
  /** Name of the operator's own output. */
  readonly of: string
  /** Name of the output, or of the input, that holds the winners. */
  readonly name: string
}

function kinked(graph: Graph, operators: Operators): Map<Node, Winner> {
  const found = graph.nodes.filter((node) => operators[node.kind].kink !== 'smooth')
  return new Map(found.map((node, i) => [node, { kind: node.kind, of: node.outputs[0].name, name: `winner_${i}` }]))
}

/** The graph with one more output for each kinked operator: the identity of every winner (a sign, a side, a position). */
export function recordWinners(graph: Graph, operators: Operators): { graph: Graph; winners: readonly Winner[] } {
  const winners = kinked(graph, operators)
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const recorded: Record<string, Value> = {}
  const outputs = inline(graph, builder, inputs, {
    replace: (node, from) => {
      const { kink } = operators[node.kind]
      const winner = winners.get(node)
      if (kink !== 'smooth' && winner !== undefined) recorded[winner.name] = kink.winner(node, from)
      return undefined
    },
  })
  const all = [...namedAs(graph.outputs, outputs), ...Object.entries(recorded)]
  return { graph: builder.graph(graph.name, all), winners: [...winners.values()] }
}

/** The graph with every winner read from an input (as `recordWinners` names and types it): smooth around the recorded point. */
export function freezeWinners(graph: Graph, operators: Operators): Graph {
  const types = new Map(recordWinners(graph, operators).graph.outputs.map((output) => [output.name, output]))
  const winners = kinked(graph, operators)
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const outputs = inline(graph, builder, inputs, {
    replace: (node, from) => {
      const { kink } = operators[node.kind]
      const winner = winners.get(node)
      const type = winner && types.get(winner.name)
      if (kink === 'smooth' || winner === undefined || type === undefined) return undefined
      return kink.frozen(node, from, builder.input(winner.name, type.dtype, type.shape))
    },
  })
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}
