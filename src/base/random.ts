/** @file Named, seeded random streams. One seed per run; each use of chance draws from its own stream, whose state can be kept. */
import { type xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { checkInteger, RappelError, show } from './errors.ts'

/** Four 32-bit integers: all that a stream is. */
export type RandomState = readonly [number, number, number, number]

/**
 * A stream of random numbers (xoroshiro128+, Blackman and Vigna 2018) named after its use: `new RandomStream(7, 'init/dense1.weight')`.
 * Streams of different names are independent, so that drawing more in one place changes nothing in another. The same seed and
 * name give the same numbers on every machine.
 */
export class RandomStream {
  #generator: ReturnType<typeof xoroshiro128plus>

  /** @param seed a whole number from 0 up. @param name what the numbers are for */
  constructor(seed: number, name: string) {
    checkInteger('seed', seed)
    this.#generator = xoroshiro128plusFromState(hash128(`${seed}/${name}`))
  }

  /** The state, to be kept in a checkpoint. */
  get state(): RandomState {
    const [a, b, c, d] = this.#generator.getState()
    return [a, b, c, d]
  }

  /** @throws RappelError 'data' when it is not a state (four 32-bit integers, not all zero) */
  set state(state: RandomState) {
    const valid =
      Array.isArray(state) && state.length === 4 && state.every((n) => (n | 0) === n) && state.some((n) => n !== 0)
    if (!valid)
      throw new RappelError('data', `a random state is ${show(state)}, expected four 32-bit integers, not all zero`)
    this.#generator = xoroshiro128plusFromState(state)
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    return this.#generator.next() >>> 0
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5
    const low = this.uint32() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  /** Fills an array with numbers in [0, 1): multiples of 2^−24, all exact in float32. One draw each. */
  fillUniform(out: Float32Array): void {
    for (let i = 0; i < out.length; i++) out[i] = (this.#generator.next() >>> 8) * 2 ** -24
  }

  /** A whole number in [0, n), without bias (Lemire 2019 needs 64-bit products; here: rejection). */
  integer(n: number): number {
    checkInteger('n', n, 1)
    const limit = 2 ** 32 - (2 ** 32 % n)
    for (;;) {
      const draw = this.uint32()
      if (draw < limit) return draw % n
    }
  }

  /** A standard normal number (Box and Muller 1958; the second of each pair is not kept, so the state is the whole state). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** The whole numbers from 0 to n − 1 in random order (Fisher and Yates, Durstenfeld's form). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const kept = order[i]
      order[i] = order[j]
      order[j] = kept
    }
    return order
  }
}

/** 128 bits from a text: four FNV-1a hashes with different offsets, each finished by MurmurHash3's mixer. */
function hash128(text: string): RandomState {
  const parts = [0x811c9dc5, 0x01234567, 0x89abcdef, 0x5bd1e995].map((offset) => {
    let hash = offset
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) | 0
  })
  // An all-zero state would stay zero for ever; one odd bit costs nothing.
  return [parts[0], parts[1], parts[2], parts[3] | 1]
}
