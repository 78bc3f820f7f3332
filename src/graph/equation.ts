/** @file Equations of Einsum: which letters an operand's dimensions have, which are summed over. */
import { RappelError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import type { ValueType } from './types.ts'

/** An equation with a letter for every dimension: those under an ellipsis get letters of their own. */
export interface Contraction {
  /** The letters of each operand. */
  readonly terms: readonly string[]
  /** The letters of the result, each once. */
  readonly output: string
  /** What a letter runs over. Those of an ellipsis broadcast: an operand may have length 1 there. */
  readonly lengths: ReadonlyMap<string, number>
}

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ellipsis = '...'

const problem = (equation: string, message: string) => new RappelError('shape', `the equation '${equation}' ${message}`)

/** So many letters that are not among those in use. */
export function freeLetters(used: string, count: number): string {
  const free = [...alphabet].filter((letter) => !used.includes(letter)).slice(0, count)
  if (free.length === count) return free.join('')
  throw new RappelError('op', `an equation needs more than the ${alphabet.length} letters that there are`)
}

/**
 * The equation with its result written out: without an arrow that is the ellipsis, then the letters that occur once, in
 * alphabetical order, capitals first (numpy's order; the runtime refuses capitals in a result that it has to find itself).
 */
export function explicitEquation(equation: string): string {
  const text = equation.replaceAll(' ', '')
  if (text.includes('->')) return text
  const letters = text.replace(/[^A-Za-z]/g, '')
  const once = [...letters].filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter))
  return `${text}->${text.includes(ellipsis) ? ellipsis : ''}${once.sort().join('')}`
}

/** @throws RappelError 'shape' that quotes the equation, when it cannot be read or does not fit the operands */
export function contractionOf(equation: string, values: readonly ValueType[]): Contraction {
  const [left, right, ...more] = explicitEquation(equation).split('->')
  const written = left.split(',')
  if (more.length > 0) throw problem(equation, "has more than one '->'")
  if (written.length !== values.length)
    throw problem(equation, `has ${written.length} terms for ${values.length} operands`)
  for (const term of [...written, right])
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term))
      throw problem(equation, `has the term '${term}', expected letters and at most one '...'`)
  const dots = written.some((term) => term.includes(ellipsis))
  if (dots !== right.includes(ellipsis))
    throw problem(
      equation,
      `has '...' in ${dots ? 'an operand, but not in the result' : 'the result, but in no operand'}`,
    )
  const hidden = freeLetters(equation, hiddenDimensions(equation, written, values))
  const terms = written.map((term) => term.replace(ellipsis, hidden))
  const output = right.replace(ellipsis, hidden)
  const lengths = lengthsOf(equation, terms, hidden, values)
  for (const letter of output) {
    if (!lengths.has(letter)) throw problem(equation, `has '${letter}' in the result, but in no operand`)
    if (output.indexOf(letter) !== output.lastIndexOf(letter))
      throw problem(equation, `has '${letter}' twice in the result`)
  }
  return { terms, output, lengths }
}

/** How many dimensions an ellipsis stands for: as many in each term that has one (ONNX Einsum-12). */
function hiddenDimensions(equation: string, written: readonly string[], values: readonly ValueType[]): number {
  let hidden: number | undefined
  written.forEach((term, i) => {
    const named = term.replace(ellipsis, '').length
    const rest = values[i].shape.length - named
    const has = term !== term.replace(ellipsis, '')
    if (has ? rest < 0 : rest !== 0)
      throw problem(equation, `names ${named} dimensions in '${term}', but operand ${i} is ${typeText(values[i])}`)
    if (!has) return
    if (hidden !== undefined && hidden !== rest)
      throw problem(equation, `has '...' for ${hidden} dimensions and for ${rest}, expected the same everywhere`)
    hidden = rest
  })
  return hidden ?? 0
}

/** A letter has one length; what stands under an ellipsis broadcasts. */
function lengthsOf(
  equation: string,
  terms: readonly string[],
  hidden: string,
  values: readonly ValueType[],
): Map<string, number> {
  const lengths = new Map<string, number>()
  terms.forEach((term, i) => {
    for (const [axis, letter] of [...term].entries()) {
      const dim = values[i].shape[axis]
      const known = lengths.get(letter)
      const broadcasts = hidden.includes(letter) && (known === 1 || dim === 1)
      if (known !== undefined && known !== dim && !broadcasts)
        throw problem(
          equation,
          hidden.includes(letter)
            ? `has '...' over lengths ${known} and ${dim}, which do not broadcast`
            : `has '${letter}' of length ${known} and of length ${dim}`,
        )
      lengths.set(letter, known === undefined || known === 1 ? dim : known)
    }
  })
  return lengths
}
