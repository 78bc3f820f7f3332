/** @file Numbers as they stand in sentences. */

/** Three digits: 0.0123, 1.23e-7. */
export function number(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e5) return String(Number(value.toPrecision(3)))
  return value
    .toExponential(2)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
}

export function plural(count: number, word: string, more = `${word}s`): string {
  return `${count} ${count === 1 ? word : more}`
}
