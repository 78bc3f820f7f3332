/** @file Pooling as others write it: padding that is named and not counted, windows of `ceil_mode`, GlobalMaxPool. */
import type { ForeignNode } from './foreign.ts'
import { samePoolingPads, settledWindows } from './ops/pooling_windows.ts'
import type { OpKind, Value } from './types.ts'

type Rule = (foreign: ForeignNode) => readonly Value[] | undefined

/** `auto_pad` becomes pads (ONNX MaxPool-12), and `ceil_mode` stands only where it has an effect. */
const windows =
  (kind: OpKind): Rule =>
  (foreign) => {
    const x = foreign.input(0)
    const mode = foreign.attributes.get('auto_pad')?.value ?? 'NOTSET'
    const given = foreign.attributesOf(kind, 'auto_pad')
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
      // The number of windows is ⌈length / stride⌉ whatever else is said.
      const { ceil_mode: _, ...plain } = given
      return foreign.give(kind, foreign.inputs, { ...plain, pads: samePoolingPads(x, given, mode) })
    }
    if (mode !== 'NOTSET' && mode !== 'VALID')
      throw foreign.error(`has auto_pad '${mode}', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER`)
    const { pads: _, ...unpadded } = given
    return foreign.give(kind, foreign.inputs, settledWindows(x, mode === 'VALID' ? unpadded : given))
  }

/** The greatest element over all spatial axes. */
const globalMaxPool: Rule = (foreign) => {
  const x = foreign.input(0)
  return foreign.give('ReduceMax', [x, foreign.integers(x.shape.map((_, i) => i).slice(2))])
}

export const pooling: Readonly<Record<string, Rule>> = {
  MaxPool: windows('MaxPool'),
  AveragePool: windows('AveragePool'),
  GlobalMaxPool: globalMaxPool,
}
