/** @file Tensors: a dtype, a shape and a typed array, and the arena that places them where the runtime wants them. */
import { RappelError, show } from './errors.ts'

/** The typed array that holds each dtype. A bool is a byte, 0 or 1, as in ONNX. */
export interface DataOf {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  int64: BigInt64Array
  uint8: Uint8Array
  bool: Uint8Array
}

export type DType = keyof DataOf
export type Shape = readonly number[]

/** A dense tensor in row-major order. `data.length` is the product of `shape`; a scalar has shape `[]`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D
  readonly shape: Shape
  readonly data: DataOf[D]
}

type ArrayConstructor<D extends DType> = {
  new (length: number): DataOf[D]
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): DataOf[D]
  readonly BYTES_PER_ELEMENT: number
}

const constructors: { [D in DType]: ArrayConstructor<D> } = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}

export const dtypes = Object.keys(constructors) as DType[]

/** Bytes that one element takes. */
export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const dim of shape) size *= dim
  return size
}

export function isFloat(dtype: DType): dtype is 'float32' | 'float64' {
  return dtype === 'float32' || dtype === 'float64'
}

/** `float32[2,3]`, as shapes stand in messages. */
export function typeText(type: { readonly dtype: DType; readonly shape: Shape }): string {
  return `${type.dtype}[${type.shape.join(',')}]`
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/**
 * Makes a tensor. Numbers are converted to the dtype (float32 rounds; int64 takes safe integers); a typed array of the
 * right kind is kept, not copied; without data it is filled with zeros.
 *
 * @throws RappelError 'shape' when the number of values is not the product of the shape
 */
export function tensor<D extends DType>(
  dtype: D,
  shape: Shape,
  data?: DataOf[D] | readonly number[] | number,
): Tensor<D> {
  const size = sizeOf(shape)
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    throw new RappelError('shape', `a tensor's shape is ${show(shape)}, expected whole numbers from 0 up`)
  if (data === undefined) return { dtype, shape, data: new constructors[dtype](size) }
  const values = typeof data === 'number' ? [data] : data
  if (values.length !== size)
    throw new RappelError('shape', `a tensor ${typeText({ dtype, shape })} needs ${size} values, got ${values.length}`)
  if (values instanceof constructors[dtype]) return { dtype, shape, data: values as DataOf[D] }
  const copy = new constructors[dtype](size)
  for (let i = 0; i < size; i++) {
    const value = (values as readonly number[])[i]
    if (dtype === 'int64' && !Number.isSafeInteger(value))
      throw new RappelError('shape', `value ${i} of an int64 tensor is ${value}, expected a whole number`)
    copy[i] = dtype === 'int64' ? BigInt(value) : value
    if (!isFloat(dtype) && Number(copy[i]) !== value)
      throw new RappelError('shape', `value ${i} of a tensor of ${dtype} is ${value}, which ${dtype} cannot hold`)
  }
  return { dtype, shape, data: copy }
}

/** A tensor's values as plain numbers, in row-major order (int64 beyond 2^53 loses its last digits). */
export function numbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number)
}

const alignment = 64
const arenaBuffers = new WeakSet<ArrayBufferLike>()

/** Whether a tensor lies in an arena, on a 64-byte boundary. */
export function isPlaced(t: Tensor): boolean {
  return arenaBuffers.has(t.data.buffer) && t.data.byteOffset % alignment === 0
}

/**
 * Places tensors in one `WebAssembly.Memory`, each on a 64-byte boundary. The memory starts on a page, so the alignment is
 * that of the address itself: the runtime's vectorised kernels then give the same bits in every process (DESIGN.md, traps),
 * and the generated update loops can work on the tensors where they lie. The size is fixed when it is made: growing would
 * detach every view.
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  #next = 0

  /** @param types every tensor that will be placed, in any order */
  constructor(types: readonly { readonly dtype: DType; readonly shape: Shape }[]) {
    const bytes = types.reduce((sum, type) => sum + paddedBytes(type), 0)
    const pages = Math.ceil(bytes / 65536)
    if (pages > 65536)
      throw new RappelError('shape', `the tensors need ${(bytes / 2 ** 30).toFixed(1)} GiB, one arena holds 4 GiB`)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    arenaBuffers.add(this.memory.buffer)
  }

  /** The next tensor, filled with zeros. */
  place<D extends DType>(dtype: D, shape: Shape): Tensor<D> {
    const size = sizeOf(shape)
    const offset = this.#next
    const end = offset + paddedBytes({ dtype, shape })
    if (end > this.memory.buffer.byteLength)
      throw new RappelError('shape', `the arena is full: ${typeText({ dtype, shape })} was not in its plan`)
    this.#next = end
    return { dtype, shape, data: new constructors[dtype](this.memory.buffer, offset, size) }
  }
}

function paddedBytes(type: { readonly dtype: DType; readonly shape: Shape }): number {
  return Math.ceil((sizeOf(type.shape) * bytesPerElement(type.dtype)) / alignment) * alignment
}

/** A copy of each tensor, on 64-byte boundaries, in one arena. */
export function placeTensors(tensors: readonly Tensor[]): Tensor[] {
  const arena = new Arena(tensors)
  return tensors.map((t) => {
    const placed = arena.place(t.dtype, t.shape)
    ;(placed.data as Float32Array).set(t.data as Float32Array)
    return placed
  })
}
