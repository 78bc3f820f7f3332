/** @file How a run can be made again. */
import type { RunFacts } from '../../../documents.ts'

/** Quoted for a shell, where it must be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * The command that makes the run again; undefined of a run that Rappel did not make.
 *
 * @param kind of the run: 'demo' or 'train'
 */
export function commandOf({ facts }: Pick<RunFacts, 'facts'>, kind: string): string | undefined {
  const { configuration, seed, environment } = facts
  const { threads } = Object(environment) as { readonly threads?: unknown }
  if (kind !== 'demo' && (kind !== 'train' || typeof configuration !== 'string')) return undefined
  const words = ['rappel', kind]
  if (kind === 'train') words.push('--config', quoted(configuration as string))
  if (typeof seed === 'number') words.push('--seed', String(seed))
  if (typeof threads === 'number') words.push('--threads', String(threads))
  return words.join(' ')
}

/** Facts as a list of texts: objects by their fields, 'environment.node'. */
export function flat(value: unknown, name = ''): readonly (readonly [name: string, text: string])[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[name, String(value)]]
  if (Array.isArray(value)) {
    const isPlain = value.every((part) => typeof part !== 'object' || part === null)
    return [[name, isPlain ? value.join(', ') : JSON.stringify(value)]]
  }
  return Object.entries(value).flatMap(([field, inner]) => flat(inner, name === '' ? field : `${name}.${field}`))
}
