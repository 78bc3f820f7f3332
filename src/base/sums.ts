/** @file Sums over many float32 numbers, in float64, by WebAssembly where they lie: what norms, means and deviations are made of. */
import {
  assembleModule,
  branch,
  branchIf,
  type Code,
  f32Const,
  f32x4ExtractLane,
  f64x2ExtractLane,
  i8x16Shuffle,
  i32Const,
  type LocalType,
  localGet,
  localSet,
  opcodes,
  v128Load,
} from './assembler.ts'

/** Sums over the finite numbers among many. */
export interface Sums {
  /** All numbers, the others included. */
  readonly count: number
  /** How many are NaN or infinite. */
  readonly nonFinite: number
  /** Σ|x|; about a centre c: Σ(x − c) */
  readonly first: number
  /** Σx²; about a centre c: Σ(x − c)² */
  readonly second: number
  /** Infinity where no number is finite. */
  readonly min: number
  /** −Infinity where no number is finite. */
  readonly max: number
}

/** What the angle between two arrays is made of: Σxy, Σx² and Σy². */
export type Products = readonly [both: number, x: number, y: number]

/** Over arrays of one memory. */
export interface CompiledSums {
  /** Σ|x|, Σx² and the range. */
  magnitudes(x: Float32Array): Sums
  /** The same of x − y, each difference rounded to float32. */
  ofDifference(x: Float32Array, y: Float32Array): Sums
  /** Σ(x − c) and Σ(x − c)²: with c near the mean, mean and deviation without cancellation. */
  about(x: Float32Array, centre: number): Sums
  /** Σxy, Σx² and Σy²; NaN or infinite where a number is. */
  products(x: Float32Array, y: Float32Array): Products
}

/** The plain loop: for arrays that lie elsewhere, the last few numbers, and wherever a number is NaN or infinite. */
export function plainSums(x: Float32Array, { minus, about }: { minus?: Float32Array; about?: number } = {}): Sums {
  let [nonFinite, first, second] = [0, 0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < x.length; i++) {
    const value = minus === undefined ? x[i] : Math.fround(x[i] - minus[i])
    if (value - value !== 0) {
      nonFinite++
      continue
    }
    const from = about === undefined ? value : value - about
    first += about === undefined ? Math.abs(from) : from
    second += from * from
    if (value < min) min = value
    if (value > max) max = value
  }
  return { count: x.length, nonFinite, first, second, min, max }
}

/** The plain loop. */
export function plainProducts(x: Float32Array, y: Float32Array): Products {
  let [both, ofX, ofY] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    both += x[i] * y[i]
    ofX += x[i] * x[i]
    ofY += y[i] * y[i]
  }
  return [both, ofX, ofY]
}

type Kind = 'magnitudes' | 'difference' | 'about' | 'product'
type Run = (x: number, y: number, vectors: number, centre: number) => readonly [number, number, number, number]

const modules = new Map<Kind, WebAssembly.Module>()
const compiled = new WeakMap<WebAssembly.Memory, CompiledSums>()

/**
 * Compiles the sums for one memory. Float64 accumulation: the squares of float32 numbers neither overflow nor vanish.
 *
 * @param memory in which every array given later lies
 */
export function compileSums(memory: WebAssembly.Memory): CompiledSums {
  const known = compiled.get(memory)
  if (known !== undefined) return known
  const instance = (kind: Kind): Run => {
    const module = modules.get(kind) ?? new WebAssembly.Module(sumsModule(kind))
    modules.set(kind, module)
    return new WebAssembly.Instance(module, { host: { memory } }).exports.run as Run
  }
  const [magnitudes, difference, about, product] = (['magnitudes', 'difference', 'about', 'product'] as const).map(
    instance,
  )
  const sums = (run: Run, x: Float32Array, minus?: Float32Array, centre?: number): Sums => {
    const whole = x.length - (x.length % 4)
    const [first, second, min, max] = run(x.byteOffset, minus?.byteOffset ?? 0, whole / 4, centre ?? 0)
    // A float64 sum of squares of float32 numbers is finite as long as they are.
    if (!Number.isFinite(second)) return plainSums(x, { minus, about: centre })
    const rest = plainSums(x.subarray(whole), { minus: minus?.subarray(whole), about: centre })
    return {
      count: x.length,
      nonFinite: rest.nonFinite,
      first: first + rest.first,
      second: second + rest.second,
      min: Math.min(min, rest.min),
      max: Math.max(max, rest.max),
    }
  }
  const made: CompiledSums = {
    magnitudes: (x) => sums(magnitudes, x),
    ofDifference: (x, y) => sums(difference, x, y),
    about: (x, centre) => sums(about, x, undefined, centre),
    products(x, y) {
      const whole = x.length - (x.length % 4)
      const [both, ofX, ofY] = product(x.byteOffset, y.byteOffset, whole / 4, 0)
      const rest = plainProducts(x.subarray(whole), y.subarray(whole))
      return [both + rest[0], ofX + rest[1], ofY + rest[2]]
    },
  }
  compiled.set(memory, made)
  return made
}

// Locals of the loop, the parameters first.
const [X, Y, LEFT, CENTRE, VALUE, OTHER, HALF, CENTRES, FIRST, FIRST_UPPER, SECOND, SECOND_UPPER, MIN, MAX] =
  Array.from({ length: 14 }, (_, i) => i)
// The products need no range and no centre.
const [THIRD, THIRD_UPPER, OTHER_HALF] = [MIN, MAX, CENTRES]
const lines = (...parts: readonly Code[]): Code => parts.flat()
const lowerHalf = opcodes.f64x2_promote_low_f32x4
const upperHalf = lines(i8x16Shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]), lowerHalf)

/** run(address of x, of y, number of vectors, centre) → first, second, min, max; of products Σxy, Σx², Σy² */
function sumsModule(kind: Kind): Uint8Array<ArrayBuffer> {
  const locals: LocalType[] = Array.from({ length: 10 }, () => 'v128')
  const next = (pointer: number) => lines(localGet(pointer), i32Const(16), opcodes.i32_add, localSet(pointer))
  const body = lines(
    kind === 'product' ? [] : begin(),
    lines(opcodes.block, opcodes.loop),
    lines(localGet(LEFT), i32Const(1), opcodes.i32_lt_u, branchIf(1)),
    kind === 'product' ? products() : fourNumbers(kind),
    lines(next(X), next(Y), localGet(LEFT), i32Const(-1), opcodes.i32_add, localSet(LEFT)),
    lines(branch(0), opcodes.end, opcodes.end),
    lines(total(FIRST, FIRST_UPPER), total(SECOND, SECOND_UPPER)),
    kind === 'product' ? total(THIRD, THIRD_UPPER) : lines(extreme('min', MIN), extreme('max', MAX)),
  )
  return assembleModule({
    params: ['i32', 'i32', 'i32', 'f64'],
    results: kind === 'product' ? ['f64', 'f64', 'f64'] : ['f64', 'f64', 'f32', 'f32'],
    locals,
    body,
    shared: false,
  })
}

function begin(): Code {
  const set = (value: number, local: number) => lines(f32Const(value), opcodes.f32x4_splat, localSet(local))
  return lines(
    lines(set(Number.POSITIVE_INFINITY, MIN), set(Number.NEGATIVE_INFINITY, MAX)),
    lines(localGet(CENTRE), opcodes.f64x2_splat, localSet(CENTRES)),
  )
}

function fourNumbers(kind: Kind): Code {
  const minus = kind === 'difference' ? lines(localGet(Y), v128Load(0), opcodes.f32x4_sub) : []
  return lines(
    lines(localGet(X), v128Load(0), minus, localSet(VALUE)),
    lines(localGet(MIN), localGet(VALUE), opcodes.f32x4_pmin, localSet(MIN)),
    lines(localGet(MAX), localGet(VALUE), opcodes.f32x4_pmax, localSet(MAX)),
    lines(localGet(VALUE), lowerHalf, twoNumbers(kind, FIRST, SECOND)),
    lines(localGet(VALUE), localGet(VALUE), upperHalf, twoNumbers(kind, FIRST_UPPER, SECOND_UPPER)),
  )
}

function twoNumbers(kind: Kind, first: number, second: number): Code {
  const from = kind === 'about' ? lines(localGet(CENTRES), opcodes.f64x2_sub) : []
  const sized = kind === 'about' ? [] : opcodes.f64x2_abs
  return lines(
    lines(from, localSet(HALF)),
    lines(localGet(first), localGet(HALF), sized, opcodes.f64x2_add, localSet(first)),
    lines(localGet(second), localGet(HALF), localGet(HALF), opcodes.f64x2_mul, opcodes.f64x2_add, localSet(second)),
  )
}

function products(): Code {
  const both = (local: number, upper: boolean) =>
    upper ? lines(localGet(local), localGet(local), upperHalf) : lines(localGet(local), lowerHalf)
  const add = (sum: number, one: number, other: number) =>
    lines(localGet(sum), localGet(one), localGet(other), opcodes.f64x2_mul, opcodes.f64x2_add, localSet(sum))
  const half = (upper: boolean, ofBoth: number, ofX: number, ofY: number) =>
    lines(
      lines(both(VALUE, upper), localSet(HALF), both(OTHER, upper), localSet(OTHER_HALF)),
      lines(add(ofBoth, HALF, OTHER_HALF), add(ofX, HALF, HALF), add(ofY, OTHER_HALF, OTHER_HALF)),
    )
  return lines(
    lines(localGet(X), v128Load(0), localSet(VALUE), localGet(Y), v128Load(0), localSet(OTHER)),
    lines(half(false, FIRST, SECOND, THIRD), half(true, FIRST_UPPER, SECOND_UPPER, THIRD_UPPER)),
  )
}

/** The sum of two vectors of two numbers each. */
function total(lower: number, upper: number): Code {
  return lines(
    lines(localGet(lower), localGet(upper), opcodes.f64x2_add, localSet(lower)),
    lines(localGet(lower), f64x2ExtractLane(0), localGet(lower), f64x2ExtractLane(1), opcodes.f64_add),
  )
}

/** The least, or the greatest, of four numbers. */
function extreme(which: 'min' | 'max', local: number): Code {
  const lane = (i: number) => lines(localGet(local), f32x4ExtractLane(i))
  const operation = which === 'min' ? opcodes.f32_min : opcodes.f32_max
  return lines(lane(0), lane(1), operation, lane(2), operation, lane(3), operation)
}
