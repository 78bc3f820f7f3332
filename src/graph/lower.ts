/** @file What is done to every graph before a runtime gets it: operators that it lacks, or computes badly, become others. */
import { rewrite } from './rewrite.ts'
import type { Graph, Operators } from './types.ts'

/**
 * The graph as a runtime gets it: each table entry's `lower` applied, in the bodies of Loops too. Gradient rules never see the
 * result: differentiate first, lower afterwards.
 *
 * @returns the very graph when nothing in it is to be lowered
 */
export function lowerForRuntime(graph: Graph, operators: Operators): Graph {
  if (!holdsLowered(graph, operators)) return graph
  return rewrite(graph, operators, (node, inputs) => operators[node.kind].lower?.(node, inputs))
}

function holdsLowered({ nodes }: Graph, operators: Operators): boolean {
  return nodes.some(
    ({ kind, attributes }) =>
      operators[kind].lower !== undefined ||
      Object.values(attributes).some(
        (value) => typeof value === 'object' && 'nodes' in value && holdsLowered(value, operators),
      ),
  )
}
