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
import { RandomStream } from './random.ts'

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
  const splat = (from: number, to: number): Code => [...localGet(from), ...opcodes.i32x4_splat, ...localSet(to)]
  const xorShift = (bits: number): Code => [
    ...[...localGet(x), ...localGet(x), ...i32Const(bits), ...opcodes.i32x4_shr_u, ...opcodes.v128_xor],
    ...localSet(x),
  ]
  const times = (factor: number): Code => [
    ...[...localGet(x), ...i32x4Const([factor, factor, factor, factor]), ...opcodes.i32x4_mul],
    ...localSet(x),
  ]
  const mixed = [...xorShift(16), ...times(multiplier1), ...xorShift(15), ...times(multiplier2), ...xorShift(16)]
  const increase = (local: number, amount: number): Code => [
    ...[...localGet(local), ...i32Const(amount), ...opcodes.i32_add],
    ...localSet(local),
  ]
  // 2^−24 as the bits of a float32.
  const scale = 0x33800000
  const body = [
    ...[...splat(key0, keys0), ...splat(key1, keys1)],
    ...[...localGet(start), ...opcodes.i32x4_splat, ...i32x4Const([0, 1, 2, 3]), ...opcodes.i32x4_add],
    ...localSet(counter),
    ...[...opcodes.block, ...opcodes.loop],
    ...[...localGet(left), ...i32Const(1), ...opcodes.i32_lt_u, ...branchIf(1)],
    ...[...localGet(counter), ...localGet(keys0), ...opcodes.v128_xor, ...localSet(x), ...mixed],
    ...[...localGet(x), ...localGet(keys1), ...opcodes.i32x4_add, ...localSet(x), ...mixed],
    ...[...localGet(address), ...localGet(x), ...i32Const(8), ...opcodes.i32x4_shr_u],
    ...[...opcodes.f32x4_convert_i32x4_u, ...i32x4Const([scale, scale, scale, scale]), ...opcodes.f32x4_mul],
    ...v128Store(0),
    ...[...localGet(counter), ...i32x4Const([4, 4, 4, 4]), ...opcodes.i32x4_add, ...localSet(counter)],
    ...[...increase(address, 16), ...increase(left, -1)],
    ...[...branch(0), ...opcodes.end, ...opcodes.end],
  ]
  return assembleModule({
    params: ['i32', 'i32', 'i32', 'i32', 'i32'],
    locals: ['v128', 'v128', 'v128', 'v128'],
    body,
    shared: false,
  })
}
