/** @file Convolutions of other exporters, said in ours: pads that are to be worked out become pads. (ONNX Conv-11, ConvTranspose-11.) */
import { suggestion } from '../base/errors.ts'
import type { ForeignNode } from './foreign.ts'
import { samePads, transposeLength } from './ops/windows.ts'
import type { ConvolutionKind, Value } from './types.ts'

const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']

/** Pads and output padding along one spatial dimension. */
interface Padding {
  readonly before: number
  readonly after: number
  readonly extra: number
}

/** Undefined when the node fits as it stands: it leaves the pads to nobody, and the kernel's shape to the kernel. */
export function convolution(foreign: ForeignNode): readonly Value[] | undefined {
  const kind = foreign.node.kind as ConvolutionKind
  checkKernelShape(foreign)
  const mode = autoPad(foreign)
  const asked = kind === 'ConvTranspose' ? foreign.ints('output_shape') : undefined
  const implied = ['kernel_shape', 'auto_pad', ...(kind === 'ConvTranspose' ? ['output_shape'] : [])]
  if (!implied.some((name) => foreign.attributes.has(name))) return undefined
  const attributes = foreign.attributesOf(kind, ...implied)
  if (mode === 'NOTSET' && asked === undefined) return foreign.give(kind, foreign.inputs, attributes)
  const paddings = foreign
    .input(0)
    .shape.slice(2)
    .map((length, i) =>
      kind === 'Conv' ? convPadding(foreign, mode, length, i) : transposePadding(foreign, mode, length, i),
    )
  const pads = [...paddings.map(({ before }) => before), ...paddings.map(({ after }) => after)]
  const extras = paddings.map(({ extra }) => extra)
  return foreign.give(kind, foreign.inputs, {
    ...attributes,
    ...(pads.some((amount) => amount !== 0) && { pads }),
    ...(extras.some((extra) => extra !== 0) && { output_padding: extras }),
  })
}

function autoPad(foreign: ForeignNode): string {
  const attribute = foreign.attributes.get('auto_pad')
  if (attribute === undefined) return 'NOTSET'
  if (attribute.type !== 'string')
    throw foreign.error(`has the attribute 'auto_pad' of type ${attribute.type}, expected string`)
  if (autoPads.includes(attribute.value)) return attribute.value
  throw foreign.error(`has auto_pad '${attribute.value}'`, suggestion(attribute.value, autoPads))
}

/** The shape that the kernel has anyway, for readers that do not infer shapes. */
function checkKernelShape(foreign: ForeignNode): void {
  const given = foreign.ints('kernel_shape')
  const kernel = foreign.input(1).shape.slice(2)
  if (given === undefined || (given.length === kernel.length && given.every((n, i) => n === kernel[i]))) return
  throw foreign.error(`has kernel_shape [${given}], but its kernel (input 1) is [${kernel}] long`)
}

/** What the attributes say of one dimension. Lists that are too short are refused by the operator itself. */
function windowAt(foreign: ForeignNode, i: number) {
  const at = (name: string, usual: number) => (foreign.ints(name) ?? [])[i] ?? usual
  const kernel = foreign.input(1).shape[i + 2] ?? 1
  return {
    kernel,
    stride: at('strides', 1),
    dilation: at('dilations', 1),
    extra: at('output_padding', 0),
    before: 0,
    after: 0,
  }
}

function convPadding(foreign: ForeignNode, mode: string, length: number, i: number): Padding {
  const { kernel, stride, dilation } = windowAt(foreign, i)
  if (mode === 'VALID') return { before: 0, after: 0, extra: 0 }
  const [less, more] = samePads(length, dilation * (kernel - 1) + 1, stride)
  return mode === 'SAME_UPPER' ? { before: less, after: more, extra: 0 } : { before: more, after: less, extra: 0 }
}

/** The length that is asked for, or length · stride, is got by cutting both ends, or by output padding where it is too short. */
function transposePadding(foreign: ForeignNode, mode: string, length: number, i: number): Padding {
  const window = windowAt(foreign, i)
  // Some exporters write batch and channels too.
  const asked = foreign.ints('output_shape')?.slice(2 - foreign.input(0).shape.length)[i]
  if (mode === 'VALID' && asked === undefined) return window
  const surplus = transposeLength(length, window) - (asked ?? length * window.stride)
  if (surplus < 0) return { before: 0, after: 0, extra: window.extra - surplus }
  const [less, more] = [Math.floor(surplus / 2), Math.ceil(surplus / 2)]
  return mode === 'SAME_UPPER'
    ? { before: less, after: more, extra: window.extra }
    : { before: more, after: less, extra: window.extra }
}
