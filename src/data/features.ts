/** @file Features: their names, and whether all their values are numbers to train on. */
import { type Shape, sizeOf } from '../base/tensor.ts'
import { dataError } from './error.ts'

export function checkFeatureNames(name: string, names: readonly string[] | undefined, shape: Shape) {
  const features = sizeOf(shape)
  if (names !== undefined && names.length !== features)
    throw dataError(`${name}: featureNames holds ${names.length} names, expected one for each of ${features} features`)
  return names
}

/** How messages name a feature: by its name where it has one, and by its place. */
export function featureText(feature: number, names?: readonly string[]): string {
  return names === undefined ? `feature ${feature}` : `feature '${names[feature]}' (${feature})`
}

/** Looks for values that are NaN or infinite, row by row. */
export class FiniteCheck {
  readonly #what: string
  readonly #place: (column: number) => string
  #count = 0
  #first = ''

  /** @param place how messages name a value's place in its row */
  constructor(what: string, place: (column: number) => string) {
    this.#what = what
    this.#place = place
  }

  /** Looks at the `count` values from `at` on. */
  row(row: number, values: ArrayLike<number>, at: number, count: number): void {
    for (let i = 0; i < count; i++) {
      if (Number.isFinite(values[at + i])) continue
      if (this.#count === 0) this.#first = `${values[at + i]} at row ${row}, ${this.#place(i)}`
      this.#count++
    }
  }

  /** @throws RappelError 'data' that names the first of them, by row and place in the row, and says how many there are */
  done(): void {
    if (this.#count === 0) return
    throw dataError(
      this.#count === 1
        ? `${this.#what} hold one value that is not finite in float32: ${this.#first}`
        : `${this.#what} hold ${this.#count} values that are not finite in float32, the first is ${this.#first}`,
      'leave out the rows that lack a value, or fill the gaps before making the data set',
    )
  }
}
