/** @file The digest sees every change of a word, wherever it is, and does not care where the bytes lie. */
import { expect, test } from 'vitest'
import { digest } from '../../src/base/digest.ts'
import { RandomStream } from '../../src/base/random.ts'

const stream = new RandomStream(1, 'digest')
const bytes = Uint8Array.from({ length: 403 }, () => stream.integer(256))

test('every single byte, and every swap of two words, changes it', () => {
  const seen = new Set([digest(bytes)])
  for (let i = 0; i < bytes.length; i++) {
    const other = bytes.slice()
    other[i] ^= 1 << stream.integer(8)
    seen.add(digest(other))
  }
  for (let i = 4; i < 400; i += 4) {
    const other = bytes.slice()
    other.copyWithin(0, i, i + 4)
    other.set(bytes.subarray(0, 4), i)
    seen.add(digest(other))
  }
  expect(seen.size).toBe(1 + 403 + 99)
})

test('the length counts: zeros at the end are not nothing', () => {
  const digests = [0, 1, 2, 3, 4, 5, 8].map((length) => digest(new Uint8Array(length)))
  expect(new Set(digests).size).toBe(7)
})

test('16 digits, the same wherever the bytes lie', () => {
  expect(digest(bytes)).toMatch(/^[\da-f]{16}$/)
  for (const offset of [1, 2, 3, 4]) {
    const room = new Uint8Array(bytes.length + offset)
    room.set(bytes, offset)
    expect(digest(room.subarray(offset))).toBe(digest(bytes))
  }
})
