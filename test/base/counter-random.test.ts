import { describe, expect, test } from 'vitest'
import { CounterStream, CounterStreams, compileFill } from '../../src/base/counter-random.ts'
import { Arena } from '../../src/base/tensor.ts'

const draw = (stream: CounterStream, count: number) => {
  const out = new Float32Array(count)
  stream.fill(out)
  return out
}

/** lowbias32 written out once more, with 64-bit integers, from the page on which it was published. */
function lowbias32(input: number): number {
  let x = BigInt(input >>> 0)
  x ^= x >> 16n
  x = (x * 0x7feb352dn) & 0xffffffffn
  x ^= x >> 15n
  x = (x * 0x846ca68bn) & 0xffffffffn
  x ^= x >> 16n
  return Number(x)
}

describe('the stream', () => {
  test('is the published mixer, twice, with half of the key each', () => {
    const stream = new CounterStream(1, 'dropout')
    const [a, b] = stream.key
    const expected = Array.from({ length: 1000 }, (_, i) => (lowbias32(lowbias32(i ^ a) + b) >>> 8) / 2 ** 24)
    expect(Array.from(draw(stream, 1000))).toEqual(expected)
  })

  test('goes on where a position says', () => {
    const whole = draw(new CounterStream(1, 'dropout'), 100)
    expect(draw(new CounterStream(1, 'dropout', 60), 40)).toEqual(whole.slice(60))
    const stream = new CounterStream(1, 'dropout')
    draw(stream, 60)
    expect(stream.position).toBe(60)
    expect(draw(stream, 40)).toEqual(whole.slice(60))
  })

  test('other seeds and names are other streams, not the same numbers in another order', () => {
    const sorted = (seed: number, name: string) => draw(new CounterStream(seed, name), 4096).sort().join()
    const all = [sorted(1, 'a'), sorted(2, 'a'), sorted(1, 'b'), sorted(1, 'a/epoch-1')]
    expect(new Set(all).size).toBe(4)
  })

  test('is uniform, and its neighbours are independent', () => {
    const n = 1 << 18
    const values = draw(new CounterStream(7, 'statistics'), n)
    const bins = new Float64Array(256)
    let products = 0
    for (let i = 0; i < n; i++) {
      bins[Math.floor(values[i] * 256)]++
      if (i > 0) products += (values[i] - 0.5) * (values[i - 1] - 0.5)
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - n / 256) ** 2 / (n / 256), 0)
    // Chi-square with 255 degrees of freedom: 0.1% beyond 330.5 and 0.1% below 190.9 (NIST tables, interpolated).
    expect(chiSquare).toBeGreaterThan(190.9)
    expect(chiSquare).toBeLessThan(330.5)
    // The correlation of n independent pairs has the deviation 1/√n; four of them.
    expect(Math.abs(products / n / (1 / 12))).toBeLessThan(4 / Math.sqrt(n))
  })
})

test('WebAssembly gives the same bits, at every length, and goes on from the same position', () => {
  for (const length of [1, 3, 4, 5, 63, 64, 1003]) {
    const arena = new Arena([
      { dtype: 'float32', shape: [length] },
      { dtype: 'float32', shape: [length] },
    ])
    const [first, second] = [arena.place('float32', [length]).data, arena.place('float32', [length]).data]
    const fill = compileFill(arena.memory)
    const stream = new CounterStream(5, 'mask')
    fill(stream, first)
    fill(stream, second)
    const reference = new CounterStream(5, 'mask')
    expect([first, second].map((values) => values.slice())).toEqual([draw(reference, length), draw(reference, length)])
  }
})

describe('many short streams', () => {
  const [seed, name] = [4, 'rows']
  const first = (index: number) => {
    const stream = new CounterStreams(seed, name).at(index)
    return [stream.uniform(), stream.uniform(), stream.uniform()]
  }
  test('each begins where its number says, whatever was drawn before', () => {
    const streams = new CounterStreams(seed, name)
    streams.at(3).uniform()
    streams.at(9)
    expect([streams.uniform(), streams.uniform(), streams.uniform()]).toEqual(first(9))
    expect(first(9)).not.toEqual(first(8))
  })
  test('no two of the first 2^16 begin alike, and their beginnings are uniform', () => {
    const streams = new CounterStreams(seed, name)
    const seen = new Set<string>()
    const bins = new Float64Array(256)
    for (let i = 0; i < 1 << 16; i++) {
      const value = streams.at(i).uniform()
      bins[Math.floor(value * 256)]++
      seen.add(`${value} ${streams.uniform()}`)
    }
    expect(seen.size).toBe(1 << 16)
    // Chi-square with 255 degrees of freedom, as above.
    const chiSquare = bins.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0)
    expect(chiSquare).toBeGreaterThan(190.9)
    expect(chiSquare).toBeLessThan(330.5)
  })
  test('whole numbers: each as likely as another', () => {
    const streams = new CounterStreams(seed, name).at(0)
    const counts = new Float64Array(5)
    for (let i = 0; i < 10_000; i++) counts[streams.integer(5)]++
    // 2,000 expected, deviation √(10000·0.2·0.8) = 40; five of them allowed.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200)
  })
})
