/** @file A net without chance and without what holds it back: for checks that look at the bare function. */
import { full } from '../../graph/op.ts'
import type { Layer, LayerContext } from '../../nn/model.ts'
import type { NetDescription } from '../../train/graphs.ts'

/** The net without penalty, constraint and dropout; what else its layers draw at random is always ½. */
export function quietNet(net: NetDescription): NetDescription {
  return { ...net, model: quiet(net.model), penalty: undefined, constraint: undefined }
}

function quiet(layer: Layer): Layer {
  const { kind, name } = layer
  if (kind === 'dropout') return { kind, name, build: (x) => x }
  return { kind, name, build: (x, context) => layer.build(x, quietContext(context)) }
}

/** The same context, in which layers within layers are quiet too. */
function quietContext(context: LayerContext): LayerContext {
  return {
    builder: context.builder,
    training: context.training,
    apply: (layer, x) => context.apply(quiet(layer), x),
    parameter: (name, shape, options) => context.parameter(name, shape, options),
    buffer: (name, shape, initial) => context.buffer(name, shape, initial),
    setBuffer: (buffer, next) => context.setBuffer(buffer, next),
    uniform: (_name, shape) => {
      const { builder } = context
      return full(builder, { dtype: 'float32', shape }, 0.5)
    },
  }
}
