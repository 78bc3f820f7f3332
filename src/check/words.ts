/** @file Numbers as they stand in sentences. */

/** Three digits, or more: 0.0123, 1.23e-7. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e5) return String(Number(value.toPrecision(digits)))
  return value
    .toExponential(digits - 1)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
}

/** Two numbers with as many digits as it takes to see that they differ. */
export function pair(a: number, b: number): [string, string] {
  for (let digits = 3; digits < 12; digits++) {
    if (number(a, digits) !== number(b, digits)) return [number(a, digits + 1), number(b, digits + 1)]
  }
  return [number(a, 12), number(b, 12)]
}

export function plural(count: number, word: string, more = `${word}s`): string {
  return `${count} ${count === 1 ? word : more}`
}
