/**
 * @file TensorBoard's event files against what TensorBoard's own reader finds in them, and damaged copies. Fixtures:
 * test/fixtures/make_tensorboard.py.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { TensorboardDecoder, type TensorboardEvent } from '../../src/store/tensorboard.ts'
import { crc32c, isTfRecord, maskedCrc32c, tfRecords } from '../../src/store/tfrecord.ts'

const fixtures = fileURLToPath(new URL('../fixtures/tensorboard/', import.meta.url))
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'rappel-tensorboard-'))
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (run: string) => join(fixtures, run, 'events.out.tfevents.1')

async function eventsOf(run: string): Promise<TensorboardEvent[]> {
  const decoder = new TensorboardDecoder()
  const events: TensorboardEvent[] = []
  for await (const record of tfRecords(fileOf(run))) {
    if (record.type !== 'record') throw new Error(`${record.type} at ${record.at}`)
    events.push(decoder.decode(record.bytes))
  }
  return events
}

/** Every record of a file with these bytes: its length, or what is wrong and where. */
async function readBytes(bytes: Uint8Array): Promise<(number | string)[]> {
  const file = join(folder, 'damaged')
  writeFileSync(file, bytes)
  const found: (number | string)[] = []
  for await (const record of tfRecords(file))
    found.push(record.type === 'record' ? record.bytes.length : `${record.type} ${record.at}`)
  return found
}

describe('the checksum', () => {
  // RFC 3720, appendix B.4.
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])('of %s', (_name, bytes, crc) => expect(crc32c(bytes)).toBe(crc))

  test('is masked as TFRecord has it', () => {
    // ((crc >> 15) | (crc << 17)) + 0xa282ead8 by hand for 0x8a9136aa: 0x00011522 | 0x6d540000 = 0x6d551522.
    expect(maskedCrc32c(new Uint8Array(32))).toBe(0x0fd7fffa)
  })
})

describe("what TensorBoard's own reader finds", () => {
  test.each(['classic', 'tensors', 'hyper', 'hyper/one'])('%s', async (run) => {
    const found: Record<string, [number, number, number][]> = {}
    for (const { scalars, step, wallTime } of await eventsOf(run))
      for (const [tag, value] of Object.entries(scalars)) {
        found[tag] ??= []
        found[tag].push([step, wallTime, value])
      }
    const number = (value: number) => (Number.isFinite(value) ? value : String(value))
    const spelt = Object.entries(found).map(([tag, points]) => [tag, points.map((point) => point.map(number))])
    expect(Object.fromEntries(spelt)).toEqual(expected[run])
  })

  test('hyperparameters', async () => {
    const told = (await eventsOf('hyper/one')).flatMap(({ hyper }) => hyper ?? [])
    expect(told).toEqual([{ rate: 0.1, rule: 'adam', nesterov: true }])
  })

  test('a histogram: its exact moments, and where each number lies', async () => {
    const [{ weights }] = (await eventsOf('classic')).map(({ histograms }) => histograms).filter((all) => all.weights)
    const { count, sum, sumOfSquares } = weights.moments ?? { count: 0, sum: 0, sumOfSquares: 0 }
    expect(count).toBe(1000)
    expect(sum / count).toBeCloseTo(expected.values.mean, 6)
    expect(Math.sqrt(sumOfSquares / count - (sum / count) ** 2)).toBeCloseTo(expected.values.deviation, 6)
    expect(weights.counts.reduce((total, part) => total + part, 0)).toBe(1000)
    expect(weights.edges).toHaveLength(weights.counts.length + 1)
    expect([...weights.edges].sort((a, b) => a - b)).toEqual(weights.edges)
    expect(weights.edges[0]).toBeCloseTo(expected.values.min, 5)
    expect(weights.edges.at(-1)).toBeCloseTo(expected.values.max, 5)
  })

  test("a histogram in TensorFlow 2's form", async () => {
    const [{ weights }] = (await eventsOf('tensors')).map(({ histograms }) => histograms).filter((all) => all.weights)
    expect(weights.counts.reduce((total, part) => total + part, 0)).toBe(1000)
    expect(weights.edges).toHaveLength(11)
    expect(weights.edges[0]).toBeCloseTo(expected.values.min, 5)
    expect(weights.edges[10]).toBeCloseTo(expected.values.max, 5)
  })

  test('names what it leaves out', async () => {
    const left = (await eventsOf('classic')).flatMap(({ others }) => others)
    expect(left).toEqual(['note/text_summary', 'picture'])
  })
})

describe('damaged files', () => {
  const bytes = new Uint8Array(readFileSync(fileOf('tensors')))
  const lengths = async () => readBytes(bytes)

  test('cut at any byte: every whole record before it comes', async () => {
    const whole = (await lengths()) as number[]
    const ends = whole.map((_, i) => whole.slice(0, i + 1).reduce((sum, length) => sum + length + 16, 0))
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      const found = await readBytes(bytes.slice(0, cut))
      const before = ends.filter((end) => end <= cut).length
      const at = before === 0 ? 0 : ends[before - 1]
      expect(found).toEqual([...whole.slice(0, before), ...(at === cut ? [] : [`cut ${at}`])])
    }
  })

  test('a bit that turned in the content: that record alone is lost', async () => {
    const whole = await lengths()
    const damaged = bytes.slice()
    damaged[12 + (whole[0] as number) + 4 + 12 + 3] ^= 16
    expect(await readBytes(damaged)).toEqual([whole[0], `damaged ${(whole[0] as number) + 16}`, ...whole.slice(2)])
  })

  test('a length that is damaged, however large, ends the reading', async () => {
    const damaged = bytes.slice()
    damaged[7] = 0x70
    expect(await readBytes(damaged)).toEqual(['cut 0'])
    // Its checksum fits, and it promises more than there is.
    const promising = new Uint8Array(12)
    promising[5] = 1
    new DataView(promising.buffer).setUint32(8, maskedCrc32c(promising.subarray(0, 8)), true)
    expect(isTfRecord(promising)).toBe(true)
    expect(await readBytes(promising)).toEqual(['cut 0'])
  })

  test('any content is decoded or refused with an error, never without an end', () => {
    const random = new RandomStream(3, 'contents')
    const decoder = new TensorboardDecoder()
    const content = bytes.subarray(12 + 24 + 16, 500)
    for (let i = 0; i < 2000; i++) {
      const changed = content.slice(0, 1 + random.integer(content.length))
      changed[random.integer(changed.length)] = random.integer(256)
      try {
        decoder.decode(changed)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
  })
})
