/** @file Residual blocks. He, Zhang, Ren and Sun 2016. */
import { checkOptions, RappelError, usageError } from '../base/errors.ts'
import { sameShape, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { checkLayers, type Named } from './layers.ts'
import type { Layer } from './model.ts'

export interface ResidualOptions extends Named {
  /** What the input passes through on its way round, where the layers change the shape; default: nothing. */
  readonly shortcut?: Layer
}

/**
 * x + f(x), where f is the layers one after the other (eq. 1 of the paper), or shortcut(x) + f(x) (eq. 2). Both must have the
 * same shape: nothing is broadcast. The shortcut's parameters stand under 'shortcut'.
 *
 * `nn.residual(nn.dense(64), nn.relu(), nn.dense(64))`, `nn.residual(nn.dense(32), nn.tanh(), { shortcut: nn.dense(32) })`
 *
 * @param parts the layers, and options last
 * @throws RappelError 'shape' when built, naming both shapes
 */
export function residual(...parts: readonly [...Layer[], ResidualOptions] | readonly Layer[]): Layer {
  const last = parts.at(-1)
  const given = last !== undefined && isOptions(last)
  const options: ResidualOptions = given ? (last as ResidualOptions) : {}
  const layers = (given ? parts.slice(0, -1) : parts) as readonly Layer[]
  checkOptions('residual', options, ['name', 'shortcut'])
  checkLayers('residual', layers)
  if (layers.length === 0) throw usageError('residual has no layers', 'nn.residual(nn.dense(64), nn.relu())')
  const { shortcut } = options
  if (shortcut !== undefined && typeof shortcut?.build !== 'function')
    throw usageError('the shortcut of residual is no layer', 'layers are made by a call: nn.dense(64)')
  return {
    kind: 'residual',
    name: options.name,
    build(x, context) {
      const branch = layers.reduce((value, layer) => context.apply(layer, value), x)
      const around = shortcut === undefined ? x : context.apply({ ...shortcut, name: shortcut.name ?? 'shortcut' }, x)
      if (!sameShape(branch.shape, around.shape)) throw misfit(branch, around, shortcut !== undefined)
      return op.add(around, branch)
    },
  }
}

/** Options are a plain object; what else is no layer is a layer whose call was forgotten. */
function isOptions(part: object): boolean {
  return typeof part === 'object' && part !== null && !('build' in part)
}

function misfit(branch: Value, around: Value, hasShortcut: boolean): RappelError {
  return new RappelError(
    'shape',
    `the layers of residual give ${typeText(branch)} and ${hasShortcut ? 'the shortcut gives' : 'the input is'} ${typeText(around)}, which cannot be added`,
    hasShortcut
      ? 'let the last layer and the shortcut give the same shape'
      : 'let the last layer keep the shape of the input, or give { shortcut: … } a layer that changes the input likewise',
  )
}
