/** @file Cuts the text form of graphs into words, numbers, quoted texts and marks, and knows where it is. */
import { show } from '../base/errors.ts'
import { modelError } from './document.ts'

const blank = /(?:\s|#[^\n]*)*/y
const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y
const numberPattern = /[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|inf(?:inity)?\b|nan\b)/y
const quotePattern = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y

/** Reads a text from the start; every method skips blanks and comments first. */
export class Scanner {
  readonly #text: string
  readonly #lineStarts: readonly number[]
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
    this.#skipBlank()
  }

  /** Whether the text is at its end. */
  get ended(): boolean {
    return this.#at === this.#text.length
  }

  /** Where the next thing begins, for `placeOf`. */
  get mark(): number {
    return this.#at
  }

  /** `line 3, column 5`: the place where the next thing begins. */
  get place(): string {
    return this.placeOf(this.#at)
  }

  placeOf(mark: number): string {
    let line = 0
    for (let high = this.#lineStarts.length; high - line > 1; ) {
      const middle = (line + high) >>> 1
      if (this.#lineStarts[middle] <= mark) line = middle
      else high = middle
    }
    return `line ${line + 1}, column ${mark - this.#lineStarts[line] + 1}`
  }

  /** An error at the present place: what stands there, and what was expected. */
  error(expected: string): Error {
    const rest = this.#text.slice(this.#at)
    const next = /^(?:[A-Za-z0-9_.+-]+|=>|.)/.exec(rest)?.[0]
    const line = this.#text.slice(this.#text.lastIndexOf('\n', this.#at - 1) + 1).split('\n', 1)[0]
    const hint = line.trim() === '' ? undefined : `the line is: ${line.trim().slice(0, 100)}`
    return modelError(
      this.place,
      `found ${next === undefined ? 'the end of the text' : show(next)}, expected ${expected}`,
      hint,
    )
  }

  /** Whether a mark comes next, without taking it. */
  sees(mark: string): boolean {
    return this.#text.startsWith(mark, this.#at)
  }

  /** Whether a plain word or a quoted text comes next. */
  get seesName(): boolean {
    return /["A-Za-z_]/.test(this.#text.charAt(this.#at))
  }

  /** Takes a mark if it comes next. */
  accepts(mark: string): boolean {
    if (!this.sees(mark)) return false
    this.#at += mark.length
    this.#skipBlank()
    return true
  }

  /** Takes a mark that must come next. */
  expect(mark: string): void {
    if (!this.accepts(mark)) throw this.error(`'${mark}'`)
  }

  /** The plain word that comes next, if one does. */
  word(): string | undefined {
    return this.#match(wordPattern)?.[0]
  }

  /** The number that comes next, as it is written, if one does. */
  number(): string | undefined {
    return this.#match(numberPattern)?.[0]
  }

  /** The quoted text that comes next, without its quotes, if one does. */
  quoted(): string | undefined {
    if (!this.sees('"')) return undefined
    const match = this.#match(quotePattern)
    if (match === undefined) throw this.error('a quoted text with its end')
    return match[1].replace(/\\([^])/g, '$1')
  }

  /** A name: a plain word, or a quoted text. */
  name(what: string): string {
    const found = this.quoted() ?? this.word()
    if (found === undefined) throw this.error(what)
    return found
  }

  /** Items with commas between them, up to a closing mark. */
  list<T>(end: string, item: () => T): T[] {
    const items: T[] = []
    if (this.accepts(end)) return items
    do items.push(item())
    while (this.accepts(','))
    if (!this.accepts(end)) throw this.error(`',' or '${end}'`)
    return items
  }

  /** Runs a reader that may find, further on, that what it reads is something else; then it is as if nothing was read. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const before = this.#at
    const found = read()
    if (found === undefined) this.#at = before
    return found
  }

  /** Runs a reader, and then it is as if nothing was read. */
  lookAhead<T>(read: () => T): T {
    const before = this.#at
    const found = read()
    this.#at = before
    return found
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at += match[0].length
    this.#skipBlank()
    return match
  }

  #skipBlank(): void {
    blank.lastIndex = this.#at
    this.#at += blank.exec(this.#text)?.[0].length ?? 0
  }
}
