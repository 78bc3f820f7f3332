/** @file Making plain data of whatever people hand over. */
import type { Plain } from './store.ts'

/** Deeper than anything that is meant to be read. */
const deepest = 32

/**
 * Plain data of any value, for the record: what has no plain form becomes a word that says what stood there. Typed arrays become
 * arrays, dates and URLs their texts, functions `function name`, objects of a class their own fields.
 */
export function toPlain(value: unknown): Plain {
  return plainOf(value, [])
}

function plainOf(value: unknown, around: readonly object[]): Plain {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'function') return `function ${value.name}`.trim()
  if (typeof value !== 'object') return String(value)
  if (around.includes(value) || around.length >= deepest) return 'an object within itself'
  const deeper = [...around, value]
  if (Array.isArray(value)) return value.map((part) => plainOf(part, deeper))
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Uint8Array, Number)
  const withJson = value as { toJSON?: () => unknown }
  if (typeof withJson.toJSON === 'function') return plainOf(withJson.toJSON(), deeper)
  const fields = value instanceof Map ? [...value] : Object.entries(value)
  return Object.fromEntries(
    fields.flatMap(([name, part]) => (part === undefined ? [] : [[String(name), plainOf(part, deeper)]])),
  )
}
