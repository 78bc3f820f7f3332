/** @file Convolutions of other exporters, said in ours: pads that are to be worked out become pads. (ONNX Conv-11, ConvTranspose-11.) */
import { suggestion } from '../base/errors.ts'
import type { ForeignNode } from './foreign.ts'
import { reach, samePads, transposeLength, type Window, windowsOf } from './ops/windows.ts'
import type { ConvolutionKind, Value } from './types.ts'

const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']

/** Undefined when the node fits as it stands. */
export function convolution(foreign: ForeignNode): readonly Value[] | undefined {
  const kind = foreign.node.kind as ConvolutionKind
  const [x, w] = [foreign.input(0), foreign.input(1)]
  checkKernelShape(foreign, w.shape.slice(2))
  const mode = autoPad(foreign)
  const asked = kind === 'ConvTranspose' ? foreign.ints('output_shape') : undefined
  const implied = ['kernel_shape', 'auto_pad', ...(kind === 'ConvTranspose' ? ['output_shape'] : [])]
  const attributes = foreign.attributesOf(kind, ...implied)
  const windows = foreign.located(() => windowsOf(attributes, w))
  const lengths = x.shape.slice(2)
  // Another number of dimensions is refused by the operator itself.
  if (lengths.length !== windows.length) return undefined
  const padded = lengths.map((length, i) =>
    kind === 'Conv'
      ? convPadding(windows[i], mode, length)
      : // Some exporters write batch and channels too.
        transposePadding(windows[i], mode, length, asked?.slice(-lengths.length)[i]),
  )
  // Output padding beyond the stride, which the runtime does not take: each zero behind the input adds a stride.
  const behind = padded.map(({ extra, stride }) => Math.floor(extra / stride))
  const beyond = behind.some((n) => n > 0)
  if (!beyond && !implied.some((name) => foreign.attributes.has(name))) return undefined
  const zeros = lengths.map(() => 0)
  const input = beyond ? foreign.step('Pad', [x, foreign.integers([0, 0, ...zeros, 0, 0, ...behind])]) : x
  const lists = {
    pads: [...padded.map(({ before }) => before), ...padded.map(({ after }) => after)],
    output_padding: padded.map(({ extra, stride }) => extra % stride),
  }
  const changed = Object.entries(lists).filter(([name, list]) => name in attributes || list.some((n) => n !== 0))
  return foreign.give(kind, [input, ...foreign.inputs.slice(1)], { ...attributes, ...Object.fromEntries(changed) })
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
function checkKernelShape(foreign: ForeignNode, kernel: readonly number[]): void {
  const given = foreign.ints('kernel_shape')
  if (given === undefined || (given.length === kernel.length && given.every((n, i) => n === kernel[i]))) return
  throw foreign.error(`has kernel_shape [${given}], but its kernel (input 1) is [${kernel}] long`)
}

/** Less on the side that gets less when the sum is odd. */
function shared(window: Window, mode: string, [less, more]: readonly [number, number]): Window {
  return mode === 'SAME_UPPER' ? { ...window, before: less, after: more } : { ...window, before: more, after: less }
}

function convPadding(window: Window, mode: string, length: number): Window {
  if (mode === 'NOTSET') return window
  if (mode === 'VALID') return { ...window, before: 0, after: 0 }
  return shared(window, mode, samePads(length, reach(window), window.stride))
}

/** The length that is asked for, or length · stride, is got by cutting both ends, or by output padding where it is too short. */
function transposePadding(window: Window, mode: string, length: number, asked: number | undefined): Window {
  if (mode === 'NOTSET' && asked === undefined) return window
  const whole = { ...window, before: 0, after: 0 }
  if (mode === 'VALID' && asked === undefined) return whole
  const surplus = transposeLength(length, whole) - (asked ?? length * window.stride)
  if (surplus < 0) return { ...whole, extra: window.extra - surplus }
  return shared(window, mode, [Math.floor(surplus / 2), Math.ceil(surplus / 2)])
}
