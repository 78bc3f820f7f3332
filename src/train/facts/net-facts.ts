/** @file What the first event says of a net: its layers, its parameters and how they start, its graph. */
import { initialValue, ownerOf, type Parameter } from '../../nn/model.ts'
import type { GraphFacts, LayerFacts, ParameterFacts } from '../events.ts'
import { buildNet, type NetDescription } from '../graphs.ts'
import { currentParameters, type TrainingState } from '../state.ts'
import { firstValues } from './first-values.ts'
import { graphFacts } from './graph-facts.ts'

export interface NetFacts {
  readonly parameters: readonly ParameterFacts[]
  readonly layers: readonly LayerFacts[]
  readonly graph: GraphFacts
}

/** @param state of a run that begins, or goes on: then the first values are drawn again from the seed */
export function netFacts(net: NetDescription, state: TrainingState, seed: number): NetFacts {
  const { builder, context, output } = buildNet(net, 1, false)
  const { layers } = context
  const { weights, ...graph } = graphFacts({ output, input: builder.inputs[0], parameters: context.parameters })
  const names = layers.map(({ name }) => name)
  // The outermost layer stands in no path.
  const outermost = layers.at(-1)?.output === output ? names.at(-1) : undefined
  const now = currentParameters(state)
  const describe = (parameter: Parameter): ParameterFacts => {
    const { name, value, fans } = parameter
    const layer = ownerOf(parameter, names) ?? (name.includes('.') ? undefined : outermost)
    const first = state.step === 0 ? now[name].data : initialValue(parameter, seed).data
    return {
      name,
      shape: value.shape,
      ...(weights.has(name) && parameter.penalised && fans),
      ...(layer !== undefined && { layer }),
      initial: firstValues(parameter, first),
    }
  }
  return {
    parameters: state.parameters.map(describe),
    layers: layers.map(({ name, kind, options, output }) => ({
      name,
      kind,
      shape: output.shape.slice(1),
      ...(options && { options }),
    })),
    graph,
  }
}
