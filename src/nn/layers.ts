/** @file Layers of dense nets. */
import { checkInteger, checkOptions, checkRange, RappelError, show, usageError } from '../base/errors.ts'
import { sizeOf, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { he, type Initialiser, zeros } from './init.ts'
import type { Layer, LayerContext } from './model.ts'

/** What every layer takes. */
export interface Named {
  /** Name of the layer, and prefix of its parameters; default: the kind and a number, 'dense1'. */
  readonly name?: string
}

/**
 * A fully connected layer: x·W + b. Takes [batch, features], gives [batch, units]; of a sequence [batch, length, features] each step
 * by itself, [batch, length, units]. Parameters: `weight` [features, units] and `bias` [units].
 *
 * @param units number of outputs
 * @param options.init of the weight; default He. `options.bias`: initialiser of the bias, or false for none; default zeros
 */
export function dense(units: number, options: Named & { init?: Initialiser; bias?: Initialiser | false } = {}): Layer {
  checkInteger('units', units, 1)
  checkOptions('dense', options, ['name', 'init', 'bias'])
  const init = options.init ?? he()
  return {
    kind: 'dense',
    name: options.name,
    options: { units, init: init.name, bias: options.bias !== false },
    build(x, context) {
      if (x.shape.length !== 2 && x.shape.length !== 3)
        throw new RappelError(
          'shape',
          `dense takes [batch, features] or [batch, length, features], got ${typeText(x)}`,
          'put nn.flatten() in front of it',
        )
      const features = x.shape[x.shape.length - 1]
      const fans = { fanIn: features, fanOut: units }
      const weight = context.parameter('weight', [features, units], { init, fans, penalised: true, unitAxis: 1 })
      if (options.bias === false) return op.matMul(x, weight)
      const bias = context.parameter('bias', [units], { init: options.bias ?? zeros(), fans, penalised: false })
      return op.reshape(op.gemm(op.reshape(x, [-1, features]), weight, bias), [...x.shape.slice(0, -1), units])
    },
  }
}

/** A layer that applies an operator without options of its own to each element. */
export function activation(kind: string, apply: (x: Value) => Value): (options?: Named) => Layer {
  return (options = {}) => {
    checkOptions(kind, options, ['name'])
    return { kind, name: options.name, build: apply }
  }
}

/** max(0, x), elementwise. Nair and Hinton 2010. */
export const relu = activation('relu', op.relu)
/** tanh(x), elementwise. */
export const tanh = activation('tanh', op.tanh)
/** 1 / (1 + e^−x), elementwise. */
export const sigmoid = activation('sigmoid', op.sigmoid)

/**
 * x where it is positive, slope·x elsewhere. Maas, Hannun and Ng 2013.
 *
 * @param options.slope in [0, 1), default 0.01; rounded to float32
 */
export function leakyRelu(options: Named & { slope?: number } = {}): Layer {
  checkOptions('leakyRelu', options, ['name', 'slope'])
  const slope = checkRange('slope', options.slope ?? 0.01, { min: 0, max: 1, open: 'max' })
  return { kind: 'leakyRelu', name: options.name, options: { slope }, build: (x) => op.leakyRelu(x, slope) }
}

/**
 * Inverted dropout: in training each element is kept with probability 1 − rate and divided by it, so that nothing changes
 * when it is off. Srivastava et al. 2014; the inverted form is that of the CS231n notes.
 *
 * @param rate probability of dropping an element, in [0, 1)
 */
export function dropout(rate: number, options: Named = {}): Layer {
  checkRange('rate', rate, { min: 0, max: 1, open: 'max' })
  checkOptions('dropout', options, ['name'])
  return {
    kind: 'dropout',
    name: options.name,
    options: { rate },
    build(x, context) {
      if (!context.training || rate === 0) return x
      const kept = op.greaterOrEqual(context.uniform('uniform', x.shape), rate)
      return op.mul(x, op.mul(op.cast(kept, x.dtype), 1 / (1 - rate)))
    },
  }
}

/** All dimensions but the first become one: [batch, ...] to [batch, features]. */
export function flatten(options: Named = {}): Layer {
  checkOptions('flatten', options, ['name'])
  return {
    kind: 'flatten',
    name: options.name,
    build: (x) => op.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]),
  }
}

/** Layers one after the other. */
export function sequential(...layers: readonly Layer[]): Layer {
  checkLayers('sequential', layers)
  return {
    kind: 'sequential',
    build: (x, context) => layers.reduce((value, layer) => context.apply(layer, value), x),
  }
}

/**
 * A layer from a function: the graph is whatever the function builds, with `context.apply(nn.dense(10), x)` for layers and
 * `op` of `rappel/graph` for operators.
 *
 * @param kind names the layer, in small letters
 */
export function functional(kind: string, build: (x: Value, context: LayerContext) => Value): Layer {
  return { kind, build }
}

/** @throws RappelError 'usage' naming the first that is no layer: the call was forgotten */
export function checkLayers(kind: string, layers: readonly Layer[]): void {
  const odd = layers.findIndex((layer) => typeof layer?.build !== 'function')
  if (odd < 0) return
  throw usageError(
    `layer ${odd + 1} of ${kind} is ${show(layers[odd])}, expected a layer`,
    'layers are made by a call: nn.relu()',
  )
}
