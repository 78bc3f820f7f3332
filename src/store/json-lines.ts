/** @file Reads files of JSON lines: one line after the other, however large the file. */
import { createReadStream } from 'node:fs'
import { RappelError } from '../base/errors.ts'
import { parseJson } from './json.ts'
import type { Plain } from './store.ts'

/** A line and what stands there; or that the last one is cut off. */
export type JsonLine =
  | { readonly type: 'line'; readonly line: number; readonly value: Plain }
  | { readonly type: 'cut'; readonly line: number }

/** Characters. A longer line is none that was written as one. */
const longestLine = 2 ** 28

/**
 * The values of a file, in order. Empty lines are skipped. A last line that does not end and is no JSON was cut off while it was
 * written: it is told as such.
 *
 * @throws RappelError 'data' with `FILE:LINE:` for a line that is no JSON; the system's error when the file cannot be read
 */
export async function* jsonLines(path: string): AsyncGenerator<JsonLine> {
  let line = 0
  let rest = ''
  for await (const part of createReadStream(path, { encoding: 'utf8', highWaterMark: 2 ** 18 })) {
    // Only what is new is searched: a line may come in many parts.
    const whole = part.includes('\n') ? (rest + part).split('\n') : [rest + part]
    rest = whole.pop() ?? ''
    if (rest.length > longestLine) throw lineError(path, line + 1, 'is longer than 256 MB')
    for (const text of whole) {
      line++
      const value = valueOf(text, line)
      if (value === undefined) continue
      if (value instanceof Error) throw lineError(path, line, `is no JSON (${value.message})`)
      yield { type: 'line', line, value: value.json }
    }
  }
  const last = valueOf(rest, line + 1)
  if (last instanceof Error) yield { type: 'cut', line: line + 1 }
  else if (last !== undefined) yield { type: 'line', line: line + 1, value: last.json }
}

/** Undefined for an empty line. */
function valueOf(text: string, line: number): { json: Plain } | Error | undefined {
  const content = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim()
  if (content === '') return undefined
  try {
    return { json: parseJson(content) }
  } catch (error) {
    return error as SyntaxError
  }
}

function lineError(path: string, line: number, what: string): RappelError {
  return new RappelError(
    'data',
    `${path}:${line}: the line ${what}`,
    'every line is one JSON object: see docs/record.md',
  )
}
