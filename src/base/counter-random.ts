/**
 * @file Uniform random numbers by counter: number i of a stream is a function of the stream's key and i. Fast enough for a mask a
 * step (dropout), where a generator with a state would cost a third of the step.
 */
import {
  assembleModule,
  branch,
  branchIf,
  type Code,
  i32Const,
  i32x4Const,
  localGet,
  localSet,
  opcodes,
  v128Store,
} from './assembler.ts'
import { checkInteger } from './errors.ts'
import { type RandomState, RandomStream } from './random.ts'
import { zigguratNormal } from './ziggurat.ts'

/** Wellons 2018, "Prospecting for hash functions": the 32-bit mixer with the least bias found, 'lowbias32'. */
const [multiplier1, multiplier2] = [0x7feb352d, 0x846ca68b]

function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), multiplier1)
  h = Math.imul(h ^ (h >>> 15), multiplier2)
  return h ^ (h >>> 16)
}

/**
 * A stream of numbers in [0, 1), multiples of 2^−24, all exact in float32. Its state is its position. The mixer runs twice with
 * half of the key each: once would make the streams of different keys the same numbers in another order.
 */
export class CounterStream {
  readonly key: readonly [number, number]
  #position: number

  /** @param name what the numbers are for. @param position how many were drawn before */
  constructor(seed: number, name: string, position = 0) {
    const [a, b] = new RandomStream(seed, name).state
    this.key = [a, b]
    this.#position = checkInteger('position', position)
  }

  /** Numbers drawn so far; they repeat after 2^32. */
  get position(): number {
    return this.#position
  }

  /** Moves on without drawing. @returns the position before */
  skip(count: number): number {
    const before = this.#position
    this.#position += count
    return before
  }

  /** The next numbers: the reference for `compileFill`, which gives the same bits in less time. */
  fill(out: Float32Array): void {
    const start = this.skip(out.length)
    for (let i = 0; i < out.length; i++) {
      const hash = mix(mix((start + i) ^ this.key[0]) + this.key[1])
      out[i] = (hash >>> 8) * 2 ** -24
    }
  }
}

/**
 * A short stream for each of many things (the rows of an epoch), to be drawn from in any order of the things: where each of them
 * begins depends on its number alone, and going there costs nanoseconds.
 */
export class CounterStreams {
  readonly #key: RandomState
  #a = 0
  #b = 0
  #position = 0

  /** @param name what the numbers are for */
  constructor(seed: number, name: string) {
    this.#key = new RandomStream(seed, name).state
  }

  /** Goes to the beginning of stream `index`, a whole number below 2^32. */
  at(index: number): this {
    const [a, b, c, d] = this.#key
    this.#a = mix(mix(index ^ a) + b)
    this.#b = mix(mix(index ^ c) + d)
    this.#position = 0
    return this
  }

  /** The next 32 bits. */
  next(): number {
    return mix(mix(this.#position++ ^ this.#a) + this.#b)
  }

  /** The next number in [0, 1), a multiple of 2^−24. */
  uniform(): number {
    return (this.next() >>> 8) * 2 ** -24
  }

  /** The next number as a whole one in [0, n), n up to 2^16: no value is likelier than another by more than n/2^32 of it. */
  integer(n: number): number {
    return Math.floor((this.next() >>> 0) * (n * 2 ** -32))
  }

  /** A standard normal number. */
  normal(): number {
    return zigguratNormal(this)
  }
}

/** Fills an array that lies in the memory and starts on a 64-byte boundary. */
export type Fill = (stream: CounterStream, out: Float32Array) => void

let module: WebAssembly.Module | undefined

/** The same stream filled by WebAssembly, four numbers at once. The padding behind the array is overwritten. */
export function compileFill(memory: WebAssembly.Memory): Fill {
  module ??= new WebAssembly.Module(fillModule())
  const run = new WebAssembly.Instance(module, { host: { memory } }).exports.run as (...args: number[]) => void
  return (stream, out) => {
    const start = stream.skip(out.length)
    run(out.byteOffset, Math.ceil(out.length / 4), stream.key[0], stream.key[1], start | 0)
  }
}

/** run(address, number of vectors, key, key, start) */
function fillModule(): Uint8Array<ArrayBuffer> {
  const [address, left, key0, key1, start, counter, x, keys0, keys1] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const four = (value: number) => i32x4Const([value, value, value, value])
  // 2^−24 as the bits of a float32.
  const scale = four(0x33800000)
  const body = code(
    code(localGet(key0), opcodes.i32x4_splat, localSet(keys0)),
    code(localGet(key1), opcodes.i32x4_splat, localSet(keys1)),
    code(localGet(start), opcodes.i32x4_splat, i32x4Const([0, 1, 2, 3]), opcodes.i32x4_add, localSet(counter)),
    code(opcodes.block, opcodes.loop),
    code(localGet(left), i32Const(1), opcodes.i32_lt_u, branchIf(1)),
    code(localGet(counter), localGet(keys0), opcodes.v128_xor, localSet(x), mixVector(x)),
    code(localGet(x), localGet(keys1), opcodes.i32x4_add, localSet(x), mixVector(x)),
    code(localGet(address), localGet(x), i32Const(8), opcodes.i32x4_shr_u),
    code(opcodes.f32x4_convert_i32x4_u, scale, opcodes.f32x4_mul, v128Store(0)),
    code(localGet(counter), four(4), opcodes.i32x4_add, localSet(counter)),
    code(localGet(address), i32Const(16), opcodes.i32_add, localSet(address)),
    code(localGet(left), i32Const(-1), opcodes.i32_add, localSet(left)),
    code(branch(0), opcodes.end, opcodes.end),
  )
  return assembleModule({
    params: ['i32', 'i32', 'i32', 'i32', 'i32'],
    locals: ['v128', 'v128', 'v128', 'v128'],
    body,
    shared: false,
  })
}

/** `mix` on four integers in a local. */
function mixVector(x: number): Code {
  const xorShift = (bits: number) =>
    code(localGet(x), localGet(x), i32Const(bits), opcodes.i32x4_shr_u, opcodes.v128_xor, localSet(x))
  const times = (factor: number) =>
    code(localGet(x), i32x4Const([factor, factor, factor, factor]), opcodes.i32x4_mul, localSet(x))
  return code(xorShift(16), times(multiplier1), xorShift(15), times(multiplier2), xorShift(16))
}

function code(...parts: readonly Code[]): Code {
  return parts.flat()
}
