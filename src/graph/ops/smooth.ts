/** @file Activations made of exponentials: Erf, Gelu, Softplus, Elu. */
import { RappelError } from '../../base/errors.ts'
import * as op from '../op.ts'
import type { KinkRule, Node, OpDefinition, SmoothKind, Value } from '../types.ts'
import { activation, sameFloat } from './activation.ts'
import { required } from './shapes.ts'
import { erf, exactConstant, expm1, log1p, normalTail } from './special.ts'

/** √(2/π) and 0.044715: Hendrycks and Gimpel 2016, section 2. */
const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715]

/** Φ(x) + x·φ(x). */
function geluSlope(x: Value): Value {
  const below = op.mul(op.add(op.erf(op.mul(x, exactConstant(x, Math.SQRT1_2))), 1), 0.5)
  const density = op.mul(op.exp(op.mul(op.square(x), -0.5)), exactConstant(x, 1 / Math.sqrt(2 * Math.PI)))
  return op.add(below, op.mul(x, density))
}

/** The derivative of ½x(1 + tanh u), u = √(2/π)·(x + 0.044715x³). */
function tanhGeluSlope(x: Value): Value {
  const squared = op.square(x)
  const u = op.mul(x, op.add(op.mul(squared, exactConstant(x, root * cubic)), exactConstant(x, root)))
  const du = op.add(op.mul(squared, exactConstant(x, 3 * root * cubic)), exactConstant(x, root))
  const t = op.tanh(u)
  const curved = op.mul(op.mul(x, op.sub(1, op.square(t))), du)
  return op.mul(op.add(op.add(t, 1), curved), 0.5)
}

const isTanh = (node: Node) => node.attributes.approximate === 'tanh'

/** max(x, 0) − |x|·Φ(−|x|), in which nothing cancels; or x/(1 + e^(−2u)) for ½x(1 + tanh u). */
function exactGelu(node: Node, x: Value): Value {
  if (isTanh(node)) {
    const twice = op.mul(x, op.add(op.mul(op.square(x), 2 * root * cubic), 2 * root))
    return op.div(x, op.add(op.exp(op.neg(twice)), 1))
  }
  // From 39 on the tail is 0 in float64; an infinity would become ∞·0.
  const size = op.minimum(op.abs(x), 60)
  return op.sub(op.maximum(x, 0), op.mul(size, normalTail(size)))
}

const alphaOf = (node: Node) => (node.attributes.alpha as number | undefined) ?? 1

/**
 * The winner is the side of 0; frozen, each side is its own smooth function. With alpha 1 the slope is continuous, but the
 * curvature is not, and that too shifts a centred difference (by h/4): the side is recorded for every alpha.
 */
const eluKink: KinkRule = {
  winner: (_node, inputs) => op.greater(required(inputs, 0), 0),
  frozen: (node, inputs, winner) => {
    const x = required(inputs, 0)
    // Without the inner choice a large x would be ∞ in the branch not taken, and NaN in its gradient.
    return [op.where(winner, x, op.mul(expm1(op.where(winner, 0, x)), alphaOf(node)))]
  },
}

export const smoothActivations: Record<SmoothKind, OpDefinition> = {
  Erf: activation(
    (dy, x) => op.mul(dy, op.mul(op.exp(op.neg(op.square(x))), exactConstant(x, 2 / Math.sqrt(Math.PI)))),
    { float64: (_node, inputs) => [erf(required(inputs, 0))] },
  ),
  Gelu: activation((dy, x, _y, node) => op.mul(dy, isTanh(node) ? tanhGeluSlope(x) : geluSlope(x)), {
    attributes: { approximate: 'string' },
    shape: (inputs, attributes) => {
      const { approximate = 'none' } = attributes
      if (approximate !== 'none' && approximate !== 'tanh')
        throw new RappelError('op', `approximate is '${approximate}', expected 'none' or 'tanh'`)
      return sameFloat(inputs, attributes)
    },
    float64: (node, inputs) => [exactGelu(node, required(inputs, 0))],
  }),
  Softplus: activation((dy, x) => op.mul(dy, op.sigmoid(x)), {
    // log(1 + e^x) = max(x, 0) + log(1 + e^−|x|): e^x may overflow, e^−|x| cannot.
    float64: (_node, inputs) => {
      const x = required(inputs, 0)
      return [op.add(op.maximum(x, 0), log1p(op.exp(op.neg(op.abs(x)))))]
    },
  }),
  // At 0 the slope is that of the side below, alpha, as in PyTorch. Below, alpha·e^x = y + alpha.
  Elu: activation((dy, x, y, node) => op.where(op.greater(x, 0), dy, op.mul(dy, op.add(y, alphaOf(node)))), {
    attributes: { alpha: 'float' },
    kink: eluKink,
    float64: (node, inputs) => {
      const x = required(inputs, 0)
      return [op.where(op.greater(x, 0), x, op.mul(expm1(op.minimum(x, 0)), alphaOf(node)))]
    },
  }),
}
