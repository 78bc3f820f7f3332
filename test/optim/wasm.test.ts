/** @file The WebAssembly form: bit for bit the typed-array form on Float32Arrays; memory, lengths and neighbours. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { opcodes } from '../../src/base/assembler.ts'
import { Arena } from '../../src/base/tensor.ts'
import { compileUpdate, momentum, type Rule, sgd } from '../../src/optim/index.ts'
import { loopModule } from '../../src/optim/loop.ts'
import { allRules, smoothValue } from './all-rules.ts'

type Group = Record<string, Float32Array>

/** Groups of tensors in one arena, all x first, then all g, and so on, filled by `value`. */
function place(rule: Rule, lengths: number[], value: (i: number, name: string) => number) {
  const names = rule.program.tensors
  const types = names.flatMap(() => lengths.map((n) => ({ dtype: 'float32' as const, shape: [n] })))
  const arena = new Arena(types)
  const groups: Group[] = lengths.map(() => ({}))
  for (const name of names)
    lengths.forEach((n, k) => {
      groups[k][name] = arena.place('float32', [n]).data
      groups[k][name].forEach((_, i, array) => (array[i] = value(i + 100 * k, name)))
    })
  return { memory: arena.memory, groups }
}

const copyOf = (group: Group) => Object.fromEntries(Object.entries(group).map(([name, array]) => [name, array.slice()]))
const smooth = smoothValue
const bits = (array: Float32Array) => [...new Uint32Array(array.slice().buffer)].map((word) => word.toString(16))

/** The same steps by the typed-array form, as the reference. */
function reference(rule: Rule, group: Group, steps: number): Group {
  const { x, g, ...tensors } = copyOf(group)
  const state = { step: 0, tensors }
  for (let i = 0; i < steps; i++) rule.update(x, g, state)
  return { x, g, ...tensors }
}

describe.each(allRules)('%s', (_, rule) => {
  test('lengths 0 to 70, three steps: the bits of the typed-array form', () => {
    for (let n = 0; n <= 70; n++) {
      const { memory, groups } = place(rule, [n], smooth)
      const expected = reference(rule, groups[0], 3)
      const update = compileUpdate(rule, memory)
      for (let step = 0; step < 3; step++) update(groups[0], rule.scalars({ epoch: 0, step }))
      for (const name of rule.program.tensors)
        expect(bits(groups[0][name]), `${name}, n = ${n}`).toEqual(bits(expected[name]))
    }
  })

  test('any numbers, NaN, infinities and the smallest ones included: the bits of the typed-array form', () => {
    // NaNs are compared as NaN: which NaN an operation gives is left open by WebAssembly and by JavaScript.
    const entry = fc.float({ noNaN: false })
    const arrays = fc.array(fc.array(entry, { minLength: 9, maxLength: 9 }), {
      minLength: rule.program.tensors.length,
      maxLength: rule.program.tensors.length,
    })
    fc.assert(
      fc.property(arrays, (values) => {
        const { memory, groups } = place(rule, [9], (i, name) => values[rule.program.tensors.indexOf(name)][i])
        const expected = reference(rule, groups[0], 1)
        compileUpdate(rule, memory)(groups[0], rule.scalars({ epoch: 0, step: 0 }))
        for (const name of rule.program.tensors) expect([...groups[0][name]]).toEqual([...expected[name]])
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  test('many tensors at once', () => {
    const lengths = [5, 16, 0, 1, 33, 64]
    const { memory, groups } = place(rule, lengths, smooth)
    const expected = groups.map((group) => reference(rule, group, 2))
    const update = compileUpdate(rule, memory).over(groups)
    for (let step = 0; step < 2; step++) update(rule.scalars({ epoch: 0, step }))
    groups.forEach((group, k) => {
      for (const name of rule.program.tensors) expect(bits(group[name])).toEqual(bits(expected[k][name]))
    })
  })
})

describe('memory', () => {
  const rule = momentum({ learningRate: 0.1 })
  const scalars = rule.scalars({ epoch: 0, step: 0 })

  test('neighbours are left alone: nothing before the first and after the last element changes', () => {
    for (let n = 0; n <= 20; n++) {
      const memory = new WebAssembly.Memory({ initial: 1 })
      const all = new Float32Array(memory.buffer).fill(7)
      // Not on 64 bytes, not even on 16: the loop does not need it.
      const tensors = Object.fromEntries(
        ['x', 'g', 'velocity'].map((name, i) => [name, new Float32Array(memory.buffer, 4 + 400 * i, n)]),
      )
      compileUpdate(rule, memory)(tensors, scalars)
      const changed = [...all.keys()].filter((i) => all[i] !== 7)
      const inside = (start: number) => Array.from({ length: n }, (_, i) => start + i)
      expect(changed).toEqual([...inside(1), ...inside(201)])
    }
  })
  test('tensors apart from each other are stepped apart', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const all = new Float32Array(memory.buffer).fill(7)
    const at = (offset: number) => new Float32Array(memory.buffer, offset, 4)
    const groups = [0, 1].map((k) => ({ x: at(128 * k), g: at(1024 + 64 * k), velocity: at(2048 + 64 * k) }))
    compileUpdate(rule, memory).over(groups)(scalars)
    const changed = [...all.keys()].filter((i) => all[i] !== 7)
    expect(changed).toEqual([0, 1, 2, 3, 32, 33, 34, 35, 512, 513, 514, 515, 528, 529, 530, 531])
  })
  test('beyond 2 GiB addresses are still right', () => {
    const memory = new WebAssembly.Memory({ initial: 40_000 })
    const tensors = Object.fromEntries(
      ['x', 'g', 'velocity'].map((name, i) => [name, new Float32Array(memory.buffer, 2.4e9 + 4096 * i, 21).fill(1)]),
    )
    compileUpdate(rule, memory)(tensors, scalars)
    expect(tensors.velocity[20]).toBeCloseTo(0.8, 6)
    expect(tensors.x[20]).toBeCloseTo(1.8, 6)
  })
  test('shared memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
    const at = (offset: number) => new Float32Array(memory.buffer, offset, 5).fill(1)
    const tensors = { x: at(0), g: at(64), velocity: at(128) }
    compileUpdate(rule, memory)(tensors, scalars)
    expect(tensors.x[4]).toBeCloseTo(1.8, 6)
  })
  test('compiled once for each rule and memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    expect(compileUpdate(rule, memory)).toBe(compileUpdate(rule, memory))
    expect(compileUpdate(rule, memory)).not.toBe(compileUpdate(sgd({ learningRate: 1 }), memory))
    expect(compileUpdate(rule, memory)).not.toBe(compileUpdate(rule, new WebAssembly.Memory({ initial: 1 })))
  })
})

describe('what does not fit is refused by name, and nothing changes', () => {
  const rule = momentum({ learningRate: 0.1 })
  const scalars = rule.scalars({ epoch: 0, step: 0 })
  const { memory, groups } = place(rule, [8], () => 1)
  const [good] = groups
  const update = compileUpdate(rule, memory)
  const { velocity: _, ...without } = good

  test.each([
    ['a missing state', without, "momentum: the tensor 'velocity' is undefined, expected a Float32Array"],
    ['another memory', { ...good, g: new Float32Array(8) }, "momentum: the tensor 'g' does not lie in the memory"],
    ['a length', { ...good, g: good.g.subarray(1) }, "momentum: the tensor 'g' has 7 elements, expected 8 like x"],
    [
      'an element type',
      { ...good, g: new Float64Array(8) as unknown as Float32Array },
      "the tensor 'g' is an object of Float64Array",
    ],
  ])('%s', (_name, tensors, message) => {
    expect(() => update(tensors, scalars)).toThrow(message)
    expect(() => update.over([tensors])).toThrow(message)
    expect([...good.x]).toEqual(Array(8).fill(1))
  })
  test('scalars', () => {
    expect(() => update(good, [0.1])).toThrow('momentum: got 1 scalars, expected 2')
    expect(() => update.over([good])([])).toThrow('momentum: got 0 scalars, expected 2')
  })
  test('a memory that grew', () => {
    const grown = place(rule, [8], () => 1)
    const growing = new WebAssembly.Memory({ initial: 1, maximum: 2 })
    const at = (offset: number) => new Float32Array(growing.buffer, offset, 4)
    const tensors = { x: at(0), g: at(64), velocity: at(128) }
    const step = compileUpdate(rule, growing)
    growing.grow(1)
    expect(() => step(tensors, scalars)).toThrow('does not lie in the memory')
    expect(() => compileUpdate(rule, grown.memory)(grown.groups[0], scalars)).not.toThrow()
  })
})

test('modules are small and valid', () => {
  for (const [, rule] of allRules) {
    const bytes = loopModule(rule.program, false)
    expect(WebAssembly.validate(bytes)).toBe(true)
    expect(bytes.length).toBeLessThan(4096) // Larger ones a browser refuses to compile at once.
  }
  expect(opcodes.f32x4_add).toEqual([0xfd, 0xe4, 0x01]) // WebAssembly Core 2.0, section 5.4.8: 228, in LEB128
})
