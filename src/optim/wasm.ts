/** @file The WebAssembly form: a rule's loop runs in place on tensors that lie in one memory. Float32. */
import { RappelError, show, usageError } from '../base/errors.ts'
import { loopModule } from './loop.ts'
import type { Program } from './program.ts'
import type { Rule } from './update-rule.ts'

/** A parameter with its gradient and state: `x`, `g` and the rule's state names, all of one length. */
export type UpdateTensors = Readonly<Record<string, Float32Array>>

/** A rule compiled for one memory. */
export interface CompiledUpdate {
  /**
   * One step, in place: x and state change, g does not.
   *
   * @param tensors float32 arrays that lie in the memory
   * @param scalars from `rule.scalars(at)`; rounded to float32
   * @throws RappelError 'usage' when an array is missing, lies elsewhere or has another length
   */
  (tensors: UpdateTensors, scalars: ArrayLike<number>): void
  /**
   * Checks many parameters at once and gives a function that steps all of them. Those that follow each other in memory, each
   * starting at the next 64-byte boundary in x, g and every state (as `Arena` places them), become one call. The bytes
   * between a tensor's end and that boundary are taken for padding and are overwritten.
   */
  over(groups: readonly UpdateTensors[]): (scalars: ArrayLike<number>) => void
}

type Run = (...addressesCountSlots: number[]) => void

/** A run of elements that one call does. */
interface Range {
  /** Byte offsets, in the order of `program.tensors`. */
  readonly addresses: number[]
  count: number
}

const boundary = 64

// Rules of one kind have the same code whatever their settings, which are arguments.
const modules = new Map<string, WebAssembly.Module>()
const compiled = new WeakMap<WebAssembly.Memory, WeakMap<Program, CompiledUpdate>>()

/**
 * Compiles a rule for the tensors of one memory (`Arena` in base). Plain float32 arithmetic without fused multiply-add: the
 * same bits on every machine, and the same as the typed-array form on Float32Arrays. Compiled once for each rule and memory.
 *
 * @throws RappelError 'runtime' when the host has no WebAssembly SIMD, or forbids compiling
 */
export function compileUpdate(rule: Rule, memory: WebAssembly.Memory): CompiledUpdate {
  const ofMemory = compiled.get(memory) ?? new WeakMap<Program, CompiledUpdate>()
  compiled.set(memory, ofMemory)
  const known = ofMemory.get(rule.program)
  if (known !== undefined) return known
  const update = bind(rule, memory)
  ofMemory.set(rule.program, update)
  return update
}

function bind(rule: Rule, memory: WebAssembly.Memory): CompiledUpdate {
  const run = instantiate(rule.program, memory)
  const { tensors: names, slots } = rule.program
  const over = (groups: readonly UpdateTensors[]) => {
    const ranges = merge(groups.map((group) => rangeOf(rule, memory, group)))
    const calls = ranges.map(({ addresses, count }) => [...addresses, count, ...slots.map(() => 0)])
    return (scalars: ArrayLike<number>) => {
      checkScalars(rule, scalars)
      for (const call of calls) {
        for (let i = 0; i < slots.length; i++) call[names.length + 1 + i] = scalars[i]
        run(...call)
      }
    }
  }
  const update = (tensors: UpdateTensors, scalars: ArrayLike<number>) => {
    const { addresses, count } = rangeOf(rule, memory, tensors)
    checkScalars(rule, scalars)
    run(...addresses, count, ...Array.from(scalars))
  }
  return Object.assign(update, { over })
}

function instantiate(program: Program, memory: WebAssembly.Memory): Run {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  const bytes = loopModule(program, shared)
  const key = bytes.join()
  try {
    const module = modules.get(key) ?? new WebAssembly.Module(bytes)
    modules.set(key, module)
    return new WebAssembly.Instance(module, { host: { memory } }).exports.run as Run
  } catch (cause) {
    throw new RappelError(
      'runtime',
      `this host does not run the generated WebAssembly loop: ${cause instanceof Error ? cause.message : String(cause)}`,
      "it needs WebAssembly SIMD and, on a page, 'wasm-unsafe-eval' in the content security policy",
      { cause },
    )
  }
}

function rangeOf(rule: Rule, memory: WebAssembly.Memory, tensors: UpdateTensors): Range {
  const { buffer } = memory
  const count = tensors.x?.length ?? 0
  const addresses = rule.program.tensors.map((name) => {
    const array = tensors[name]
    if (!(array instanceof Float32Array))
      throw usageError(
        `${rule.name}: the tensor '${name}' is ${show(array)}, expected a Float32Array`,
        `it takes ${rule.program.tensors.join(', ')}`,
      )
    if (array.length !== count)
      throw usageError(`${rule.name}: the tensor '${name}' has ${array.length} elements, expected ${count} like x`)
    if (array.buffer !== buffer)
      throw usageError(
        `${rule.name}: the tensor '${name}' does not lie in the memory that the rule was compiled for`,
        'place it with the Arena of that memory; a memory that grew detaches its arrays',
      )
    return array.byteOffset
  })
  return { addresses, count }
}

/** Joins ranges of which each begins, in every tensor, at the boundary after the one before. */
function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = []
  for (const { addresses, count } of ranges) {
    if (count === 0) continue
    const last = merged.at(-1)
    const padded = last === undefined ? 0 : Math.ceil((last.count * 4) / boundary) * boundary
    const follows = last?.addresses.every((address, i) => addresses[i] === address + padded)
    if (last !== undefined && follows) last.count = padded / 4 + count
    else merged.push({ addresses, count })
  }
  return merged
}

function checkScalars(rule: Rule, scalars: ArrayLike<number>): void {
  const { length } = rule.program.slots
  if (scalars.length === length) return
  throw usageError(
    `${rule.name}: got ${scalars.length} scalars, expected ${length}`,
    'they come from rule.scalars({ epoch, step })',
  )
}
