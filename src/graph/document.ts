/** @file A graph as it stands in a file, before it is checked: what the text form and the protobuf form have in common. */
import { RappelError } from '../base/errors.ts'
import type { DType, Tensor } from '../base/tensor.ts'

/** Version of ONNX's file format that goes with the opset (ONNX 1.15). */
export const irVersion = 9

/** ONNX's name of each dtype in its text form. */
export const dtypeWords = {
  float32: 'float',
  float64: 'double',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  bool: 'bool',
} as const satisfies Record<DType, string>

/** A length, the name of a length that is open (`batch`), or undefined when the file says nothing. */
export type Dimension = number | string | undefined

export interface ValueDocument {
  readonly name: string
  readonly dtype: DType | undefined
  /** undefined when not even the rank is said. */
  readonly dimensions: readonly Dimension[] | undefined
  readonly at: string
}

export interface ConstantDocument {
  readonly name: string
  readonly data: Tensor
  readonly at: string
}

/** Every kind of attribute that a file can hold; an operator of ours has fewer (`AttributeType`). */
export type AttributeDocument =
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'ints'; readonly value: readonly bigint[] }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: GraphDocument }

export interface NodeDocument {
  readonly kind: string
  /** '' is ONNX's own domain. */
  readonly domain: string
  /** How messages call it: `node 'conv1'`. */
  readonly label: string
  /** '' stands for an optional input or output that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, AttributeDocument>
  readonly at: string
}

/** `at` is where to look, for messages: the file, or line and column. */
export interface GraphDocument {
  readonly name: string
  readonly inputs: readonly ValueDocument[]
  readonly outputs: readonly ValueDocument[]
  readonly constants: readonly ConstantDocument[]
  readonly nodes: readonly NodeDocument[]
  readonly at: string
}

export interface ModelDocument {
  readonly opset: number
  readonly graph: GraphDocument
}

/** How messages call a node: by its own name, or by what it gives. */
export function nodeLabel(name: string, outputs: readonly string[]): string {
  if (name !== '') return `node '${name}'`
  const given = outputs.find((output) => output !== '')
  return given === undefined ? 'a node without outputs' : `the node that gives '${given}'`
}

/** An error at a place of the file. */
export function modelError(at: string, message: string, hint?: string): RappelError {
  return new RappelError('model', at === '' ? message : `${at}: ${message}`, hint)
}

/** Runs a step, and adds the place to the message of an error that it throws. */
export function locate<T>(at: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof RappelError) || at === '') throw error
    throw new RappelError(error.code, `${at}: ${error.message}`, error.hint, { cause: error })
  }
}
