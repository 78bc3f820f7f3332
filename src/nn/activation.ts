/** @file Activations made of exponentials: ELU, GELU, softplus, LeCun's tanh. Those that come first in a net are in layers.ts. */
import { checkOptions, checkRange, show, suggestion, usageError } from '../base/errors.ts'
import * as op from '../graph/op.ts'
import { activation, type Named } from './layers.ts'
import type { Layer } from './model.ts'

/**
 * x where it is positive, alpha·(e^x − 1) elsewhere: the mean activation comes nearer to 0 than with ReLU. Clevert, Unterthiner and
 * Hochreiter 2016, section 3. At 0 the slope is alpha, as in PyTorch.
 *
 * @param options.alpha above 0, default 1; −alpha is the value far below 0; rounded to float32
 */
export function elu(options: Named & { alpha?: number } = {}): Layer {
  checkOptions('elu', options, ['name', 'alpha'])
  const alpha = checkRange('alpha', options.alpha ?? 1, { min: 0, open: 'min' })
  return { kind: 'elu', name: options.name, options: { alpha }, build: (x) => op.elu(x, alpha) }
}

/**
 * x·Φ(x) with the normal distribution Φ. Hendrycks and Gimpel 2016, section 2.
 *
 * @param options.approximate 'tanh' for ½x(1 + tanh(√(2/π)(x + 0.044715x³))), within 5e-4 of it, which GPT-2 has;
 *   default 'none'
 */
export function gelu(options: Named & { approximate?: 'none' | 'tanh' } = {}): Layer {
  checkOptions('gelu', options, ['name', 'approximate'])
  const { approximate = 'none' } = options
  if (approximate !== 'none' && approximate !== 'tanh')
    throw usageError(`gelu: approximate is ${show(approximate)}`, suggestion(String(approximate), ['none', 'tanh']))
  return { kind: 'gelu', name: options.name, options: { approximate }, build: (x) => op.gelu(x, approximate) }
}

/** log(1 + e^x), elementwise: a ReLU without its kink. Dugas et al. 2001; Glorot, Bordes and Bengio 2011, section 3. */
export const softplus = activation('softplus', op.softplus)

/**
 * 1.7159·tanh(2x/3), elementwise: ±1 go to ±1, where the curvature is greatest, so that targets of ±1 do not saturate it; for
 * inputs of variance 1 the output has about that too. LeCun, Bottou, Orr and Müller 1998, section 4.4. Both constants are
 * rounded to float32.
 */
export const leCunTanh = activation('leCunTanh', (x) => op.mul(op.tanh(op.mul(x, 2 / 3)), 1.7159))
