/** @file Pooling as others write it: padding that is named and not counted, windows of `ceil_mode`, GlobalMaxPool. */
import type { ForeignNode } from './foreign.ts'
import { samePads, settledWindows } from './ops/pooling_windows.ts'
import type { Attributes, OpKind, Value } from './types.ts'

type Rule = (foreign: ForeignNode) => readonly Value[] | undefined

/** `auto_pad` becomes pads (ONNX MaxPool-12), and `ceil_mode` stands only where it has an effect. */
const windows =
  (kind: OpKind): Rule =>
  (foreign) => {
    const x = foreign.input(0)
    const given = foreign.attributesOf(kind, 'auto_pad')
    return foreign.give(kind, foreign.inputs, settledWindows(x, { ...given, ...autoPads(foreign, x, given) }))
  }

function autoPads(foreign: ForeignNode, x: Value, given: Attributes): Attributes {
  const mode = foreign.attributes.get('auto_pad')
  const word = mode === undefined ? 'NOTSET' : mode.value
  if (word === 'NOTSET') return {}
  if (word === 'VALID') return { pads: x.shape.slice(2).flatMap(() => [0, 0]) }
  if (word === 'SAME_UPPER' || word === 'SAME_LOWER') return { pads: samePads(x, given, word), ceil_mode: 0 }
  throw foreign.error(`has auto_pad '${word}', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER`)
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
