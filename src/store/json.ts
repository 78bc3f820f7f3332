/** @file JSON with the numbers for which it has no word. */
import type { Plain } from './store.ts'

/** Numbers that JSON has no word for, by the words for them. */
const spelt: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/**
 * Reads JSON in which NaN and infinities are spelt as texts (docs/json.md), or stand bare, as Python's json module writes them.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): Plain {
  const revive = (_name: string, value: unknown) => spelt.get(value) ?? value
  try {
    return JSON.parse(text, revive)
  } catch (error) {
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (word) =>
      word[0] === '"' ? word : `"${word}"`,
    )
    if (quoted === text) throw error
    return JSON.parse(quoted, revive)
  }
}
