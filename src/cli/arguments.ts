/** @file Reading what stands behind a command: every word is used or refused, nothing is silently ignored. */
import { parseArgs } from 'node:util'
import { suggestion, usageError } from '../base/errors.ts'

export interface Option {
  /** What stands for its value in the help, `<n>`; a switch has none. */
  readonly value?: string
  readonly help: string
}

/** What a command takes. */
export interface Shape {
  /** The words that it takes: `<folder>`, `[run]` where it may be left out, `<run> <run...>` for two or more. */
  readonly argument?: string
  readonly options: Readonly<Record<string, Option>>
}

export type Flags = Readonly<Record<string, string | true>>

/**
 * Values are texts, as they were typed; switches are true.
 *
 * @throws RappelError 'usage' for an option that does not exist (with the nearest that does), stands twice, lacks its value or
 *   has one too many, and for a word too many or too few
 */
export function readArguments(
  command: string,
  { argument, options }: Shape,
  given: readonly string[],
): { words: readonly string[]; flags: Flags } {
  const types = Object.entries(options).map(
    ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
  )
  const { tokens } = parseArgs({ args: [...given], options: Object.fromEntries(types), strict: false, tokens: true })
  const flags: Record<string, string | true> = {}
  const words: string[] = []
  const { least, most } = numberOfWords(argument)
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (words.length === most)
        throw usageError(`'${token.value}' is a word too many: ${usage(command, argument)}`, helpHint(command))
      words.push(token.value)
    } else if (token.kind === 'option') {
      const { name, rawName } = token
      if (!Object.hasOwn(options, name)) throw noOption(command, rawName, Object.keys(options))
      if (flags[name] !== undefined) throw usageError(`${rawName} stands there twice, expected once`)
      flags[name] = optionValue(rawName, options[name], token)
    }
  }
  if (words.length < least || words.includes(''))
    throw usageError(`expected: ${usage(command, argument)}`, helpHint(command))
  return { words, flags }
}

function numberOfWords(argument = ''): { least: number; most: number } {
  const parts = argument.split(' ').filter(Boolean)
  return {
    least: parts.filter((part) => part.startsWith('<')).length,
    most: parts.some((part) => part.includes('...')) ? Number.POSITIVE_INFINITY : parts.length,
  }
}

function optionValue(name: string, { value }: Option, given: { value?: string; inlineValue?: boolean }): string | true {
  if (value === undefined) {
    if (given.value === undefined) return true
    throw usageError(`${name} takes no value, got '${given.value}'`)
  }
  // The word behind it is its value, also with one dash (-1); with two it is the next option.
  if (given.value && (given.inlineValue || !given.value.startsWith('--'))) return given.value
  throw usageError(`${name} lacks its value, expected ${name} ${value}`)
}

function noOption(command: string, given: string, known: readonly string[]) {
  const names = known.map((name) => `--${name}`)
  return usageError(`${command} has no option '${given}'`, suggestion(given, names))
}

function helpHint(command: string): string {
  return `rappel ${command} --help tells more`
}

/** `rappel init <folder> [options]` */
export function usage(command: string, argument: string | undefined): string {
  return ['rappel', command, argument, '[options]'].filter(Boolean).join(' ')
}
