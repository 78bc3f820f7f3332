/** @file The two ways in which work can fail: bad input, and a run or check that failed. Both carry their remedy. */

/** What kind of failure it was. Stable: programs may match on it. */
export type ErrorCode =
  | 'usage' // a command, option, field or argument that does not exist or does not fit
  | 'data' // data that cannot be trained on: missing, broken, NaN, out of range
  | 'shape' // shapes or types that do not fit together
  | 'model' // a model file or graph that cannot be read or used
  | 'op' // an operator that is unknown or cannot do what was asked
  | 'runtime' // the execution runtime is missing, or lacks what was asked for
  | 'run' // training started and failed
  | 'store' // a record of runs that cannot be read or written

/**
 * A failure that a person can act on. `message` says what was got, what was expected and where; `hint` says what to do next.
 * The command line prints both and never a stack trace. Every code but 'run' and 'store' means bad input (exit
 * status 2).
 */
export class RappelError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RappelError'
    this.code = code
    this.hint = hint
  }
}

/** A command, option, field or argument that does not fit. */
export function usageError(message: string, hint?: string): RappelError {
  return new RappelError('usage', message, hint)
}

/**
 * Checks that a number lies in a range and returns it.
 *
 * @param bounds `min` and `max` are allowed values unless `open` names that end
 * @throws RappelError 'usage' naming the parameter, the value and the range; NaN and infinities never pass
 */
export function checkRange(
  name: string,
  value: number,
  bounds: { min?: number; max?: number; open?: 'min' | 'max' | 'both' },
): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, open } = bounds
  const openMin = open === 'min' || open === 'both'
  const openMax = open === 'max' || open === 'both'
  const fits =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (openMin ? value > min : value >= min) &&
    (openMax ? value < max : value <= max)
  if (fits) return value
  const below = max === Number.POSITIVE_INFINITY
  const above = min === Number.NEGATIVE_INFINITY
  const range =
    below && above
      ? 'a finite number'
      : below
        ? `a number ${openMin ? 'above' : 'from'} ${min}${openMin ? '' : ' up'}`
        : above
          ? `a number ${openMax ? 'below' : 'up to'} ${max}`
          : `a number in ${openMin ? '(' : '['}${min}, ${max}${openMax ? ')' : ']'}`
  throw usageError(`${name} is ${show(value)}, expected ${range}`)
}

/** Checks that a value is a whole number of at least `min` and returns it. */
export function checkInteger(name: string, value: number, min = 0): number {
  if (Number.isSafeInteger(value) && value >= min) return value
  throw usageError(`${name} is ${show(value)}, expected a whole number from ${min} up`)
}

/**
 * Refuses options that do not exist: a mistyped one would otherwise be without effect. (Configurations are run without a type
 * check.)
 *
 * @param given the options, or those that are left when the known ones are taken
 * @throws RappelError 'usage' with the nearest that exists
 */
export function checkOptions(name: string, given: object, known: readonly string[]): void {
  const odd = Object.keys(given).find((option) => !known.includes(option))
  if (odd !== undefined) throw usageError(`${name} has no option '${odd}'`, suggestion(odd, known))
}

/** A value as it should stand in a message: strings quoted, long things cut. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(show).join(', ')}${value.length > 8 ? ', ...' : ''}]`
  return `an object of ${value.constructor?.name ?? 'no class'}`
}

/**
 * The candidate nearest to a mistyped word, or undefined when none is near (more than a third of the letters differ).
 * Distance: optimal string alignment (insertions, deletions, substitutions, swaps of neighbours), without regard to case.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  const length = Math.max(word.length, best?.length ?? 0)
  return bestDistance <= Math.max(1, Math.floor(length / 3)) ? best : undefined
}

/** "did you mean 'x'?", or the list of what is possible when nothing is near. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const list = [...candidates]
  const near = nearest(word, list)
  return near === undefined ? `expected one of: ${list.join(', ')}` : `did you mean '${near}'?`
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) distance = Math.min(distance, beforeLast[j - 2] + 1)
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]
}
