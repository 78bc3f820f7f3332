/** @file Maxout: units that learn their own activation. Goodfellow, Warde-Farley, Mirza, Courville and Bengio 2013. */
import { checkInteger, checkOptions, RappelError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import { he, type Initialiser, zeros } from './init.ts'
import type { Named } from './layers.ts'
import type { Layer } from './model.ts'

/**
 * A fully connected layer whose units are each the greatest of several linear pieces: max over p of x·Wₚ + bₚ (section 2 of the
 * paper). It needs no activation behind it. Takes [batch, features], gives [batch, units]. Parameters: `weight` [features, pieces·units]
 * and `bias` [pieces·units], one piece of all units after the other. Pieces that are equally great share the gradient, as in
 * PyTorch's amax.
 *
 * @param units number of outputs
 * @param options.pieces of each unit, at least 2, default 2; the weights grow by this factor
 * @param options.init of the weight; default He. `options.bias`: initialiser of the bias, or false for none; default zeros
 */
export function maxout(
  units: number,
  options: Named & { pieces?: number; init?: Initialiser; bias?: Initialiser | false } = {},
): Layer {
  checkInteger('units', units, 1)
  checkOptions('maxout', options, ['name', 'pieces', 'init', 'bias'])
  const pieces = checkInteger('pieces', options.pieces ?? 2, 2)
  const init = options.init ?? he()
  return {
    kind: 'maxout',
    name: options.name,
    options: { units, pieces, init: init.name, bias: options.bias !== false },
    build(x, context) {
      if (x.shape.length !== 2)
        throw new RappelError(
          'shape',
          `maxout takes [batch, features], got ${typeText(x)}`,
          'put nn.flatten() in front of it',
        )
      const [batch, features] = x.shape
      const fans = { fanIn: features, fanOut: units }
      const weight = context.parameter('weight', [features, pieces * units], {
        init,
        fans,
        penalised: true,
        unitAxis: 1,
      })
      const bias =
        options.bias === false
          ? undefined
          : context.parameter('bias', [pieces * units], { init: options.bias ?? zeros(), fans, penalised: false })
      const linear = op.reshape(op.gemm(x, weight, bias), [batch, pieces, units])
      return op.reduceMax(linear, { axes: [1] })
    },
  }
}
