/** @file What the data of a run are like, as plain numbers. */
import type { RunData } from '../documents.ts'
import type { RunReader } from './run-reader.ts'

export function dataOf({ data }: Pick<RunReader, 'data'>): RunData {
  if (data === undefined) return { data: null }
  const { pictures = {}, ...told } = data
  const arrays = Object.entries(pictures).map(
    ([name, { shape, values }]) => [name, { shape, values: Array.from(values) }] as const,
  )
  return { data: { ...told, arrays: Object.fromEntries(arrays) } }
}
