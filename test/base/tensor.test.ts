/** @file Tensors and the arena that places them. */
import { describe, expect, test } from 'vitest'
import {
  Arena,
  bytesPerElement,
  type DType,
  isFloat,
  isPlaced,
  numbers,
  placeTensors,
  sameShape,
  sizeOf,
  tensor,
  typeText,
} from '../../src/base/tensor.ts'
import { failure } from '../data/failure.ts'

describe('tensor', () => {
  test.each<[DType, number[], number[]]>([
    ['float32', [0.1, -2, 3e38], [Math.fround(0.1), -2, Math.fround(3e38)]],
    ['float64', [0.1, -2, 1e300], [0.1, -2, 1e300]],
    ['int32', [-1, 0, 2147483647], [-1, 0, 2147483647]],
    ['int64', [-1, 0, 2 ** 53 - 1], [-1, 0, 2 ** 53 - 1]],
    ['uint8', [0, 1, 255], [0, 1, 255]],
    ['bool', [0, 1, 1], [0, 1, 1]],
  ])('%s from plain numbers and back', (dtype, given, expected) => {
    const t = tensor(dtype, [3], given)
    expect(numbers(t)).toEqual(expected)
    expect(t.data.byteLength).toBe(3 * bytesPerElement(dtype))
  })
  test('int64 holds bigints', () => expect(tensor('int64', [2], [1, -2]).data).toEqual(BigInt64Array.of(1n, -2n)))
  test('a typed array of the right kind is kept, not copied', () => {
    const data = Float32Array.of(1, 2)
    expect(tensor('float32', [2], data).data).toBe(data)
  })
  test('one number for a scalar; zeros without data; no values for an empty shape', () => {
    expect(tensor('float32', [], 5)).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(5) })
    expect([...tensor('int32', [2, 2]).data]).toEqual([0, 0, 0, 0])
    expect(tensor('float64', [3, 0]).data.length).toBe(0)
  })
  test('what does not fit', async () => {
    expect(await failure(() => tensor('float32', [2, 3], [1, 2]))).toBe(
      'shape: a tensor float32[2,3] needs 6 values, got 2',
    )
    expect(await failure(() => tensor('float32', [2], 1))).toBe('shape: a tensor float32[2] needs 2 values, got 1')
    expect(await failure(() => tensor('float32', [-1, 2]))).toBe(
      "shape: a tensor's shape is [-1, 2], expected whole numbers from 0 up",
    )
    expect(await failure(() => tensor('float32', [1.5], [1]))).toBe(
      "shape: a tensor's shape is [1.5], expected whole numbers from 0 up",
    )
    expect(await failure(() => tensor('int64', [2], [1, 1.5]))).toBe(
      'shape: value 1 of an int64 tensor is 1.5, expected a whole number',
    )
    expect(await failure(() => tensor('int64', [1], [Number.NaN]))).toBe(
      'shape: value 0 of an int64 tensor is NaN, expected a whole number',
    )
    expect(await failure(() => tensor('int64', [1], [2 ** 53]))).toBe(
      'shape: value 0 of an int64 tensor is 9007199254740992, expected a whole number',
    )
  })
})

test('types in words, shapes compared, floats told from others', () => {
  expect(typeText({ dtype: 'float32', shape: [2, 3] })).toBe('float32[2,3]')
  expect(typeText(tensor('int64', [], 1))).toBe('int64[]')
  expect([sizeOf([]), sizeOf([2, 3]), sizeOf([4, 0])]).toEqual([1, 6, 0])
  expect([sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2]), sameShape([2], [2, 1])]).toEqual([true, false, false])
  expect([isFloat('float32'), isFloat('float64'), isFloat('int64'), isFloat('bool')]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

describe('the arena', () => {
  const types = [
    { dtype: 'float32', shape: [3] },
    { dtype: 'int64', shape: [9] },
    { dtype: 'bool', shape: [1] },
    { dtype: 'float64', shape: [] },
    { dtype: 'uint8', shape: [0] },
  ] as const

  test('every tensor starts on 64 bytes, in order, filled with zeros, none over another', () => {
    const arena = new Arena(types)
    const placed = types.map(({ dtype, shape }) => arena.place(dtype, shape))
    // 12, 72, 1 and 8 bytes, each rounded up to 64.
    expect(placed.map(({ data }) => data.byteOffset)).toEqual([0, 64, 192, 256, 320])
    expect(placed.every(({ data }) => data.buffer === arena.memory.buffer)).toBe(true)
    expect(placed.every(isPlaced)).toBe(true)
    expect(placed.flatMap(numbers).every((value) => value === 0)).toBe(true)
    placed.forEach(
      ({ data }, i) => void (data as Uint8Array).fill(data instanceof BigInt64Array ? (1n as never) : i + 1),
    )
    expect(placed.map((t) => [...new Set(numbers(t))])).toEqual([[1], [1], [3], [4], []])
  })

  test('full: one tensor more than planned, told with its type', async () => {
    const arena = new Arena([{ dtype: 'float32', shape: [16384] }]) // one page of 64 KiB to the last byte
    arena.place('float32', [16384])
    expect(await failure(() => arena.place('float32', [2, 1]))).toBe(
      'shape: the arena is full: float32[2,1] was not in its plan',
    )
  })
  test('a tensor that does not fit leaves room for those that do', async () => {
    const arena = new Arena([{ dtype: 'float32', shape: [16384] }])
    await failure(() => arena.place('float32', [16385]))
    expect(arena.place('float32', [16384]).data.length).toBe(16384)
  })
  test('more than one memory holds', async () => {
    expect(await failure(() => new Arena([{ dtype: 'float32', shape: [2 ** 30, 2] }]))).toBe(
      'shape: the tensors need 8.0 GiB, one arena holds 4 GiB',
    )
  })
  test('empty', () => expect(new Arena([]).place('float32', [0]).data.length).toBe(0))

  test('isPlaced: in an arena and on a boundary', () => {
    const { data } = new Arena([{ dtype: 'float32', shape: [32] }]).place('float32', [32])
    const at = (from: number) => tensor('float32', [8], data.subarray(from, from + 8))
    expect([isPlaced(at(0)), isPlaced(at(16)), isPlaced(at(4))]).toEqual([true, true, false])
    expect(isPlaced(tensor('float32', [2]))).toBe(false)
    const foreign = new WebAssembly.Memory({ initial: 1 })
    expect(isPlaced(tensor('float32', [2], new Float32Array(foreign.buffer, 0, 2)))).toBe(false)
  })

  test('placeTensors copies, one memory for all', () => {
    const given = [tensor('float32', [2], [1, 2]), tensor('int64', [1], [-5])]
    const placed = placeTensors(given)
    expect(placed.map(numbers)).toEqual([[1, 2], [-5]])
    expect(placed.every(isPlaced)).toBe(true)
    expect(placed[0].data.buffer).toBe(placed[1].data.buffer)
    placed[0].data[0] = 9
    expect(given[0].data[0]).toBe(1)
  })
})

test.each<[DType, number]>([
  ['int32', 1.7],
  ['int32', Number.NaN],
  ['int32', 3e9],
  ['uint8', 300],
])('a %s cannot hold %d, and nothing is cut off silently', (dtype, value) => {
  expect(() => tensor(dtype, [2], [0, value])).toThrow(
    `value 1 of a tensor of ${dtype} is ${value}, which ${dtype} cannot hold`,
  )
})
