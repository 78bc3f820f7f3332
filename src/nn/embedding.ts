/** @file Embeddings: numbers of words, or of whatever is counted, to vectors that are learnt. */
import { checkInteger, checkOptions, usageError } from '../base/errors.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { type Initialiser, normal } from './init.ts'
import type { Named } from './layers.ts'
import type { Layer } from './model.ts'

/** Up to here float32 holds every whole number. */
const mostRows = 2 ** 24

/**
 * The row of a table for each number: takes whole numbers [batch] or [batch, length] (or more dimensions), as float32, which is
 * how data sets hold them, and gives [batch, dimensions] or [batch, length, dimensions]. Parameter: `weight` [size, dimensions]. A
 * row that is read several times gets the sum of what flows back. The inputs must not be standardised: `standardise: false` in the
 * configuration.
 *
 * A number that is no row (negative, `size` and above, not whole) is never read: on the CPU the run stops with an error; CUDA,
 * which cannot raise one, gives zeros and no gradient.
 *
 * @param size rows of the table: inputs are from 0 to size − 1
 * @param dimensions of each row
 * @param options.init of the table; default normal with deviation 1, as in PyTorch
 */
export function embedding(size: number, dimensions: number, options: Named & { init?: Initialiser } = {}): Layer {
  checkInteger('size', size, 1)
  checkInteger('dimensions', dimensions, 1)
  checkOptions('embedding', options, ['name', 'init'])
  if (size > mostRows)
    throw usageError(`size is ${size}, expected at most ${mostRows}: float32 inputs tell no more rows apart`)
  const init = options.init ?? normal(1)
  return {
    kind: 'embedding',
    name: options.name,
    options: { size, dimensions, init: init.name },
    build(x, context) {
      const fans = { fanIn: size, fanOut: dimensions }
      const weight = context.parameter('weight', [size, dimensions], { init, fans, penalised: true, unitAxis: 0 })
      return op.gather(weight, rowNumbers(x, size))
    },
  }
}

/** Whole numbers as integers. All others become `size`, which no provider reads: Gather would count negative ones from the back. */
function rowNumbers(x: Value, size: number): Value {
  const number = op.cast(x, 'int32')
  const isRow = op.and(op.equal(op.cast(number, x.dtype), x), op.greaterOrEqual(x, 0))
  return op.where(isRow, number, size)
}
