/** @file A small WebAssembly assembler: one function that works in an imported memory. WebAssembly Core 2.0, chapter 5. */

export type Code = readonly number[]
export type LocalType = 'i32' | 'f32' | 'f64' | 'v128'

/** '\0asm', version 1. */
const preamble: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const typeBytes: Record<LocalType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** Instructions; names as in the specification, section 5.4. */
export const opcodes = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  select: [0x1b],
  i32_lt_u: [0x49],
  i32_add: [0x6a],
  f32_lt: [0x5d],
  f32_gt: [0x5e],
  f32_abs: [0x8b],
  f32_neg: [0x8c],
  f32_sqrt: [0x91],
  f32_add: [0x92],
  f32_sub: [0x93],
  f32_mul: [0x94],
  f32_div: [0x95],
  f32_min: [0x96],
  f32_max: [0x97],
  f64_add: [0xa0],
  v128_xor: simd(0x51),
  v128_bitselect: simd(0x52),
  i32x4_splat: simd(0x11),
  i32x4_shr_u: simd(0xad),
  i32x4_add: simd(0xae),
  i32x4_mul: simd(0xb5),
  f32x4_convert_i32x4_u: simd(0xfb),
  f32x4_splat: simd(0x13),
  f32x4_lt: simd(0x43),
  f32x4_gt: simd(0x44),
  f32x4_abs: simd(0xe0),
  f32x4_neg: simd(0xe1),
  f32x4_sqrt: simd(0xe3),
  f32x4_add: simd(0xe4),
  f32x4_sub: simd(0xe5),
  f32x4_mul: simd(0xe6),
  f32x4_div: simd(0xe7),
  f32x4_min: simd(0xe8),
  f32x4_max: simd(0xe9),
  f32x4_pmin: simd(0xea),
  f32x4_pmax: simd(0xeb),
  f64x2_splat: simd(0x14),
  f64x2_abs: simd(0xec),
  f64x2_add: simd(0xf0),
  f64x2_sub: simd(0xf1),
  f64x2_mul: simd(0xf2),
  /** The lower two of four float32 numbers. */
  f64x2_promote_low_f32x4: simd(0x5f),
} as const satisfies Record<string, Code>

export const localGet = (index: number): Code => [0x20, ...unsigned(index)]
export const localSet = (index: number): Code => [0x21, ...unsigned(index)]
export const i32Const = (value: number): Code => [0x41, ...signed(value)]
export const f32Const = (value: number): Code => [0x43, ...float32(value)]
/** Four 32-bit integers. */
export const i32x4Const = (values: readonly [number, number, number, number]): Code => [
  ...simd(0x0c),
  ...new Uint8Array(Int32Array.from(values).buffer),
]
/** Sixteen bytes out of the 32 of two vectors. */
export const i8x16Shuffle = (bytes: readonly number[]): Code => [...simd(0x0d), ...bytes]
export const f32x4ExtractLane = (lane: number): Code => [...simd(0x1f), lane]
export const f64x2ExtractLane = (lane: number): Code => [...simd(0x21), lane]
/** Jumps to the block or loop that lies `depth` around, if the top of the stack is not zero. */
export const branchIf = (depth: number): Code => [0x0d, ...unsigned(depth)]
export const branch = (depth: number): Code => [0x0c, ...unsigned(depth)]

// The alignment is a promise only: 4 bytes (2²) is what a Float32Array can promise.
const alignment = 2
export const f32Load = (offset: number): Code => [0x2a, alignment, ...unsigned(offset)]
export const f32Store = (offset: number): Code => [0x38, alignment, ...unsigned(offset)]
export const v128Load = (offset: number): Code => [...simd(0x00), alignment, ...unsigned(offset)]
export const v128Store = (offset: number): Code => [...simd(0x0b), alignment, ...unsigned(offset)]

/**
 * The bytes of a module that imports a memory as `host.memory` and exports one function under the name `run`.
 *
 * @param params types of its parameters, which are the first locals
 * @param results types of what it gives, none unless told; several come as an array
 * @param locals types of the further locals
 * @param shared whether the memory is shared between threads; its type is then another one
 */
export function assembleModule({
  params,
  results = [],
  locals,
  body,
  shared,
}: {
  params: readonly LocalType[]
  results?: readonly LocalType[]
  locals: readonly LocalType[]
  body: Code
  shared: boolean
}): Uint8Array<ArrayBuffer> {
  const typed = (types: readonly LocalType[]) => list(types.map((type) => [typeBytes[type]]))
  const functionType = [0x60, ...typed(params), ...typed(results)]
  // No least size, and the greatest possible: any memory fits.
  const limits = shared ? [0x03, 0x00, ...unsigned(65536)] : [0x00, 0x00]
  const memory = [...text('host'), ...text('memory'), 0x02, ...limits]
  const exported = [...text('run'), 0x00, 0x00]
  const declared = list(runs(locals).map(([type, count]) => [...unsigned(count), typeBytes[type]]))
  const code = [...declared, ...body, ...opcodes.end]
  return new Uint8Array([
    ...preamble,
    ...section(1, [functionType]),
    ...section(2, [memory]),
    ...section(3, [[0x00]]),
    ...section(7, [exported]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ])
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function text(value: string): Code {
  return list([...new TextEncoder().encode(value)].map((byte) => [byte]))
}

/** Neighbours of one type, counted. */
function runs(types: readonly LocalType[]): [LocalType, number][] {
  const found: [LocalType, number][] = []
  for (const type of types) {
    const last = found.at(-1)
    if (last?.[0] === type) last[1]++
    else found.push([type, 1])
  }
  return found
}

function simd(opcode: number): Code {
  return [0xfd, ...unsigned(opcode)]
}

/** LEB128: seven bits a byte, lowest first. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}

/** Signed LEB128: ends when what is left is only the sign, and the last byte shows that sign. */
function signed(value: number): number[] {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

function float32(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value, true)
  return [0, 1, 2, 3].map((i) => view.getUint8(i))
}
