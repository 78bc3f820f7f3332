/** @file Nets of the scored half, and layers that people write themselves. */
import * as op from '../../../../src/graph/op.ts'
import type { Value } from '../../../../src/graph/types.ts'
import type { Initialiser } from '../../../../src/nn/init.ts'
import * as init from '../../../../src/nn/init.ts'
import type { Loss } from '../../../../src/nn/loss.ts'
import * as loss from '../../../../src/nn/loss.ts'
import type { Layer } from '../../../../src/nn/model.ts'
import * as nn from '../../../../src/nn/nn.ts'

export const softmax = loss.softmaxCrossEntropy()
export const squared = loss.squaredError()

/** Dense layers with an activation between them. @param widths of the hidden layers, and the number of outputs last */
export function mlp(
  widths: readonly number[],
  activation: () => Layer = () => nn.relu(),
  {
    first,
    inner,
    last,
    bias,
  }: { first?: Initialiser; inner?: Initialiser; last?: Initialiser; bias?: Initialiser } = {},
): Layer {
  const layers = widths.flatMap((units, i) => {
    const isLast = i === widths.length - 1
    const weights = isLast ? last : i === 0 ? (first ?? inner) : inner
    const options = { ...(weights && { init: weights }), ...(bias && !isLast && { bias }) }
    return isLast ? [nn.dense(units, options)] : [nn.dense(units, options), activation()]
  })
  return nn.sequential(...layers)
}

/** Images of 8×8 pixels to ten classes. */
export const lenet = (
  filters = 8,
  weights: Initialiser = init.he(),
  activation: () => Layer = () => nn.relu(),
): Layer =>
  nn.sequential(
    nn.conv2d(filters, 3, { padding: 'same', init: weights }),
    activation(),
    nn.maxPool(2),
    nn.conv2d(2 * filters, 3, { padding: 'same', init: weights }),
    activation(),
    nn.maxPool(2),
    nn.flatten(),
    nn.dense(10, { init: weights }),
  )

/** Another initialiser's values times a factor. */
export const times = (factor: number, of: Initialiser): Initialiser => ({
  name: `${factor} · ${of.name}`,
  draw: (shape, fans, stream) => of.draw(shape, fans, stream).map((value) => factor * value),
})

/** x as a number that no gradient passes, to 2^−16: what a framework's detach or stop_gradient does. */
export function detached(x: Value): Value {
  const steps = 2 ** 16
  return op.div(op.cast(op.cast(op.mul(x, steps), 'int32'), x.dtype), steps)
}

/** A function with a derivative of its own, that of `like`: an own operator whose backward part is another than its forward part. */
export const withSlopeOf = (kind: string, f: (x: Value) => Value, like: (x: Value) => Value): Layer =>
  nn.functional(kind, (x) => {
    const surrogate = like(x)
    return op.add(detached(f(x)), op.sub(surrogate, detached(surrogate)))
  })

/** The loss with something done to each example's. */
export const changed = (of: Loss, change: (each: Value, output: Value, target: Value) => Value): Loss => ({
  ...of,
  perExample: (output, target) => change(of.perExample(output, target), output, target),
})
