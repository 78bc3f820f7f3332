/** @file The order in which a net's tensors and layers are shown: that of the net, then the alphabet. */
import type { RunReader } from './run-reader.ts'

export function orderOf({ start }: Pick<RunReader, 'start'>): { sort(names: readonly string[]): string[] } {
  const places = new Map<string, number>()
  const names = [...(start?.layers ?? []), ...(start?.parameters ?? [])].map(({ name }) => name)
  for (const name of names) if (!places.has(name)) places.set(name, places.size)
  const place = (name: string) => places.get(name) ?? Number.POSITIVE_INFINITY
  const numeric = new Intl.Collator('en', { numeric: true })
  return { sort: (all) => [...all].sort((a, b) => Math.sign(place(a) - place(b)) || numeric.compare(a, b)) }
}
