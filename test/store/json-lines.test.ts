/** @file Files of JSON lines: whole, cut, long lines, other ends of lines; and JSON with the numbers for which it has no word. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseJson } from '../../src/store/json.ts'
import { jsonLines } from '../../src/store/json-lines.ts'
import type { Plain } from '../../src/store/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'rappel-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'a.jsonl')

async function linesOf(content: string | Uint8Array): Promise<(readonly [number, Plain | 'cut'])[]> {
  writeFileSync(file, content)
  const found: (readonly [number, Plain | 'cut'])[] = []
  for await (const line of jsonLines(file)) found.push([line.line, line.type === 'cut' ? 'cut' : line.value])
  return found
}

describe('lines', () => {
  test('are numbered as an editor does; empty ones are skipped', async () =>
    expect(await linesOf('{"a":1}\n\n  \n{"a":2}\n')).toEqual([
      [1, { a: 1 }],
      [4, { a: 2 }],
    ]))
  test('with the line ends of Windows, a mark at the start, and no end at the end', async () =>
    expect(await linesOf('\uFEFF{"a":1}\r\n{"a":2}')).toEqual([
      [1, { a: 1 }],
      [2, { a: 2 }],
    ]))
  test('longer than what is read at once, with characters of several bytes', async () => {
    const long = 'ä€😀'.repeat(200_000)
    expect(await linesOf(`${JSON.stringify({ long })}\n{"a":2}\n`)).toEqual([
      [1, { long }],
      [2, { a: 2 }],
    ])
  })
  test('an empty file has none', async () => expect(await linesOf('')).toEqual([]))

  test('one that is cut off at the end is told, at whatever byte', async () => {
    const whole = '{"a":1}\n{"b":"é"}'
    const bytes = new TextEncoder().encode(whole)
    for (let cut = 9; cut < bytes.length; cut++)
      expect(await linesOf(bytes.slice(0, cut))).toEqual([
        [1, { a: 1 }],
        [2, 'cut'],
      ])
  })
  test('one that is wrong and not the last is named', async () => {
    await expect(linesOf('{"a":1}\n{"a":\n{"a":3}\n')).rejects.toThrow(`${file}:2: the line is no JSON`)
    await expect(linesOf('{"a":1}\nloss 0.3\n')).rejects.toThrow(`${file}:2: the line is no JSON`)
  })
})

describe('JSON', () => {
  test.each([
    ['[NaN, -Infinity, Infinity]', [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
    ['["NaN", "-Infinity", "Infinity"]', [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
    ['{"NaN": NaN, "a": "NaN \\" NaN"}', { NaN: Number.NaN, a: 'NaN " NaN' }],
    ['{"a": null}', { a: null }],
  ])('%s', (text, value) => expect(parseJson(text)).toEqual(value))
  test.each(['nan', '[Infinite]', '{"a": NaNs}', '--Infinity', ''])('is none: %s', (text) =>
    expect(() => parseJson(text)).toThrow(SyntaxError),
  )
})
